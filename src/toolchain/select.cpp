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
    if (range.contains(util::Version::parse(version).value_or(util::Version{}))) found.push_back(version);
  if (!found.empty()) return found;
  return util::failure(fmt::format("no version is in the range '{}'", word),
                       {},
                       "there are: " + (candidates.empty() ? "none" : util::join(candidates, ", ")),
                       util::Blame::usage);
}

} // namespace

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
