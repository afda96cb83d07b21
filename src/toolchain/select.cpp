#include "toolchain/select.hpp"

#include "toolchain/sources.hpp"
#include "util/text.hpp"
#include "util/version_range.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::toolchain {
namespace {

const Recipe* recipe_named(const std::string& word) {
  const auto* kind = std::find_if(k_kinds.begin(), k_kinds.end(), [&](Kind one) { return recipe(one).name == word; });
  return kind == k_kinds.end() ? nullptr : &recipe(*kind);
}

util::Result<std::vector<std::string>> in_range(const std::string& word, const std::vector<std::string>& candidates) {
  CP_TRY_ASSIGN(const auto range, util::VersionRange::parse(word));
  std::vector<std::string> found;
  for (const auto& version : candidates)
    if (const auto parsed = util::Version::parse(version); parsed && range.contains(*parsed)) found.push_back(version);
  if (!found.empty()) return found;
  return util::failure(fmt::format("no version is in the range '{}'", word),
                       {},
                       "there are: " + (candidates.empty() ? "none" : util::join(candidates, ", ")),
                       util::Blame::usage);
}

std::vector<std::string> of_group(const std::string& word, Kind kind, std::vector<std::string> candidates) {
  const auto group = in_group(kind, word);
  std::erase_if(candidates, [&](const auto& version) {
    return word != k_all && std::find(group.begin(), group.end(), version) == group.end();
  });
  return candidates;
}

} // namespace

util::Result<std::vector<std::string>>
choose(Kind kind, const std::vector<std::string>& words, const std::optional<Options>& online) {
  std::vector<std::string> chosen;
  const auto add = [&](const std::string& version) {
    if (std::find(chosen.begin(), chosen.end(), version) == chosen.end()) chosen.push_back(version);
  };
  for (const auto& word : words) {
    const auto version = util::Version::parse(word);
    if (version || is_own(word)) {
      add(version ? version->to_text() : word);
    } else if (word == "latest") {
      if (!online)
        return util::failure(
            fmt::format("'latest' asks which {} was released, which is not allowed here", recipe(kind).title),
            "--offline",
            "name the version",
            util::Blame::usage);
      CP_TRY_ASSIGN(const auto versions, released(kind, *online));
      add(versions.front());
    } else if (is_group(word)) {
      const auto group = of_group(word, kind, pinned(kind));
      if (group.empty())
        return util::failure(fmt::format("no version of {} is in the group '{}'", recipe(kind).title, word),
                             {},
                             "there are: " + util::join(pinned(kind), ", "),
                             util::Blame::usage);
      for (const auto& each : group) add(each);
    } else if (util::VersionRange::looks_like(word)) {
      CP_TRY_ASSIGN(const auto versions, in_range(word, pinned(kind)));
      for (const auto& each : versions) add(each);
    } else {
      return util::failure(
          fmt::format("'{}' is no version of {}", word, recipe(kind).title),
          {},
          fmt::format(
              "one like {}, a range like '>=0.24', a group (smoke, nightly, all), latest, path:DIR or image:REF",
              default_version(kind)),
          util::Blame::usage);
    }
  }
  return chosen;
}

util::Status
find_own(Kind kind, std::vector<std::string>& versions, OwnKits& own, const std::optional<Options>& online) {
  for (auto& version : versions) {
    if (!is_own(version)) continue;
    CP_TRY_ASSIGN(const auto kit,
                  version.starts_with(k_path) ? from_path(kind, version.substr(k_path.size()))
                  : online                    ? install(kind, version, *online)
                                              : find(kind, version));
    if (std::find(versions.begin(), versions.end(), kit.version) != versions.end())
      return util::failure(fmt::format("--{} names {} twice", recipe(kind).name, kit.version),
                           kit.source,
                           "play the two builds of one version in two runs",
                           util::Blame::usage);
    own.emplace(std::pair(kind, kit.version), kit);
    version = kit.version;
  }
  return {};
}

std::string to_word(const Kit& own) {
  return is_image(own.source) ? own.source : std::string(k_path) + own.source;
}

util::Result<std::vector<Selected>> select(const std::vector<std::string>& words,
                                           const std::function<std::vector<std::string>(Kind)>& candidates) {
  std::vector<Selected> selected;
  const auto add = [&](Kind kind, const std::vector<std::string>& versions) {
    for (const auto& version : versions)
      if (const Selected one{kind, version}; std::find(selected.begin(), selected.end(), one) == selected.end())
        selected.push_back(one);
  };
  auto kind = Kind::buildkit;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (const auto* named = recipe_named(*word)) {
      kind = named->kind;
      if (word + 1 == words.end() || recipe_named(*(word + 1))) add(kind, candidates(kind));
    } else if (is_group(*word)) {
      add(kind, of_group(*word, kind, candidates(kind)));
    } else if (util::VersionRange::looks_like(*word)) {
      CP_TRY_ASSIGN(const auto versions, in_range(*word, candidates(kind)));
      add(kind, versions);
    } else {
      add(kind, {*word});
    }
  }
  return selected;
}

} // namespace cacheproof::toolchain
