#include "author/accept.hpp"

#include "author/alternatives.hpp"
#include "author/observed.hpp"
#include "author/yaml_text.hpp"
#include "scenario/yaml.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace cacheproof::author {
namespace {

using evidence::RoundEvidence;
using scenario::Node;

util::Error refusal(std::string what, std::string remedy = {}) {
  return {util::Blame::input, std::move(what), {}, std::move(remedy)};
}

std::optional<std::size_t> entry_of(const Node& map, std::string_view key) {
  for (std::size_t i = 0; i < map.entries() && map.is_map(); ++i)
    if (map.key(i).text == key) return i;
  return std::nullopt;
}

/// Of `exported.layers` it is `exported`.
std::string_view claim_of(const evidence::Finding& finding) {
  return std::string_view(finding.expectation).substr(0, finding.expectation.find('.'));
}

/// The one export that the claim is about; nullptr where that cannot be told.
const evidence::CacheContents* cache_of(const RoundEvidence& seen, const std::optional<scenario::Text>& of) {
  const evidence::CacheContents* found = nullptr;
  for (const auto& cache : seen.caches) {
    if (of && cache.ref != of->value && !cache.ref.ends_with("/" + of->value)) continue;
    if (found) return nullptr;
    found = &cache;
  }
  using enum evidence::CacheShape;
  return found && (found->shape == index || found->shape == image_manifest) ? found : nullptr;
}

std::optional<std::string> layers_of(const RoundEvidence& seen, const std::optional<scenario::Text>& of) {
  const auto* cache = cache_of(seen, of);
  return cache ? std::optional(std::to_string(cache->layers.size())) : std::nullopt;
}

using Parts = std::vector<std::string_view>;
constexpr std::string_view k_layers = "layers";
constexpr std::string_view k_media_type = "media_type";
constexpr std::string_view k_manifest = "manifest";

/// The keys of a claim that hold or not each for itself; an empty one is the whole.
Parts parts_of(const scenario::Exported& claim) {
  Parts parts;
  if (claim.layers) parts.push_back(k_layers);
  if (claim.media_type) parts.push_back(k_media_type);
  if (claim.manifest) parts.push_back(k_manifest);
  return parts;
}
template <class T> Parts parts_of(const T& /*claim*/) {
  return {std::string_view()};
}

// What a claim of each kind should say of a round; nothing for what cannot be written.

std::optional<std::string>
wish(std::string_view /*key*/, std::string_view /*part*/, const scenario::StepSet& /*old*/, const RoundEvidence& seen) {
  return rebuilt_claim(seen.record);
}

/// The references of the old claim that hold. An empty list: the claim goes.
std::optional<std::string> wish(std::string_view key,
                                std::string_view /*part*/,
                                const std::vector<scenario::StepReference>& old,
                                const RoundEvidence& seen) {
  std::vector<std::string> kept;
  for (const auto& reference : old) {
    bool some = false;
    bool all = true;
    for (const auto& step : seen.record.steps) {
      if (step.kind != evidence::StepKind::step) continue;
      const bool of_build = reference.build.empty() || reference.build == step.build;
      const bool named = of_build && std::any_of(step.places.begin(), step.places.end(), [&](const auto& place) {
                           return reference.of_platform(place.platform)
                                  && reference.matches(place.stage, place.number, place.instruction);
                         });
      some = some || named;
      all = all && (!named || to_text(step.outcome) == key);
    }
    if (some && all) kept.push_back(reference.text);
  }
  return yaml_list(kept);
}

std::optional<std::string> wish(std::string_view /*key*/,
                                std::string_view /*part*/,
                                const std::vector<scenario::Text>& /*old*/,
                                const RoundEvidence& seen) {
  return warnings_claim(seen.record);
}

std::optional<std::string>
wish(std::string_view /*key*/, std::string_view part, const scenario::Exported& old, const RoundEvidence& seen) {
  if (part == k_layers) return layers_of(seen, old.of);
  const auto* cache = cache_of(seen, old.of);
  if (!cache) return std::nullopt;
  if (part == k_media_type) return yaml_word(cache->media_type);
  return cache->shape == evidence::CacheShape::index ? "index" : "image";
}

std::optional<std::string> wish(std::string_view /*key*/,
                                std::string_view /*part*/,
                                const scenario::ExpectedImport& /*old*/,
                                const RoundEvidence& seen) {
  return imported_claim(seen.record);
}

/// Any other kind of claim.
template <class T>
std::optional<std::string>
wish(std::string_view /*key*/, std::string_view /*part*/, const T& /*old*/, const RoundEvidence& /*seen*/) {
  return std::nullopt;
}

/// The key under which an alternative holds the value.
std::string value_key(std::string_view claim, std::string_view part) {
  return claim == "rebuilt" ? "steps" : part.empty() ? "value" : std::string(part);
}

/// Writes what was seen into one scenario, round by round.
class Accepter {
public:
  Accepter(const scenario::Scenario& scenario, std::string_view text, Node root, const std::vector<Played>& cases)
      : scenario_(scenario),
        yaml_(text),
        root_(std::move(root)),
        cases_(cases) {}

  util::Result<std::string> accept() {
    const auto* rounds = root_.find("rounds");
    CP_TRY(yaml_.check(*rounds));
    std::size_t index = 0;
    for (std::size_t i = 0; i < scenario_.rounds.size(); ++i) {
      const auto& round = scenario_.rounds[i];
      const auto* parallel = rounds->children[i].find("parallel");
      if (parallel) CP_TRY(yaml_.check(*parallel));
      const auto builds = scenario::builds_of(round);
      for (std::size_t k = 0; k < builds.size(); ++k, ++index)
        if (auto done = build(parallel ? parallel->children[k] : rounds->children[i], builds[k], index); !done)
          return tl::unexpected(util::within(
              fmt::format("round {} ({})", i + 1, parallel ? builds[k].entry : round.name), std::move(done).error()));
    }
    return yaml_.text();
  }

private:
  /// `index`: of the build among those of all rounds, as its evidence stands.
  const RoundEvidence& seen(const Played& played, std::size_t index) const { return played.evidence->rounds[index]; }

  util::Status build(const Node& node, const scenario::Round& round, std::size_t index) {
    if (round.cancel) return {}; // it is not judged
    CP_TRY(yaml_.check(node));
    const auto* expect = node.find("expect");
    if (expect) CP_TRY(yaml_.check(*expect));
    std::set<std::string> claims; // that the build will have
    util::Status done;
    scenario::for_each_claim(round.expect, [&](const char* key, const auto& claim) {
      if (!done) return;
      auto kept = rewrite(*expect, key, claim, index);
      if (!kept)
        done = tl::unexpected(std::move(kept).error());
      else if (*kept)
        claims.insert(key);
    });
    CP_TRY(done);
    CP_TRY(check_unclaimed(round, index));
    return add_claims(node, round, index, claims);
  }

  /// A failure where the scenario claims nothing: only a build that fails without saying so.
  util::Status check_unclaimed(const scenario::Round& round, std::size_t index) const {
    for (const auto& played : cases_)
      for (const auto& finding : seen(played, index).findings) {
        bool claimed = false;
        scenario::for_each_claim(round.expect,
                                 [&](const char* key, auto&&...) { claimed = claimed || key == claim_of(finding); });
        if (!claimed)
          return tl::unexpected(refusal(fmt::format("{}: {}", played.evidence->id, finding.summary),
                                        "if that is what you want, say so: `status: {fails: REGEX}`"));
      }
    return {};
  }

  bool fails(const Played& played, std::size_t index, const std::string& key, std::string_view part) const {
    const auto& findings = seen(played, index).findings;
    return std::any_of(findings.begin(), findings.end(), [&](const auto& finding) {
      return part.empty() ? claim_of(finding) == key
                          : finding.expectation == key || finding.expectation == fmt::format("{}.{}", key, part);
    });
  }

  /// Whether the claim stays.
  template <class T>
  util::Result<bool>
  rewrite(const Node& expect, const std::string& key, const scenario::Claim<T>& claim, std::size_t index) {
    const auto entry = *entry_of(expect, key);
    CP_TRY(yaml_.check(expect.value(entry)));
    bool stays = true;
    for (std::size_t k = 0; k < claim.alternatives.size(); ++k) {
      const auto& alternative = claim.alternatives[k];
      const bool conditional = claim.alternatives.size() > 1 || !alternative.when.empty();
      for (const auto part : parts_of(alternative.value)) {
        CP_TRY_ASSIGN(const auto wishes, wishes_of(key, part, claim, alternative, index));
        if (wishes.empty()) continue;
        CP_TRY_ASSIGN(stays,
                      conditional ? rewrite_alternative(expect.value(entry).children[k], key, part, wishes)
                                  : rewrite_whole(expect, entry, key, part, wishes));
      }
    }
    return stays;
  }

  /// What the cases of an alternative want; empty where it holds in all of them.
  template <class T>
  util::Result<std::vector<Wish>> wishes_of(const std::string& key,
                                            std::string_view part,
                                            const scenario::Claim<T>& claim,
                                            const scenario::Alternative<T>& alternative,
                                            std::size_t index) const {
    std::vector<Wish> wishes;
    bool failing = false;
    for (const auto& played : cases_) {
      if (claim.choose(played.worlds[index]) != &alternative) continue;
      const bool wrong = fails(played, index, key, part);
      failing = failing || wrong;
      auto value = wish(key, part, alternative.value, seen(played, index));
      if (!value && wrong)
        return tl::unexpected(refusal(fmt::format("line {}: the claim `{}` does not hold, and --accept cannot write it",
                                                  alternative.spot.line,
                                                  key),
                                      "change it by hand"));
      if (value) wishes.push_back({played.evidence, std::move(*value)});
    }
    return failing ? std::move(wishes) : std::vector<Wish>();
  }

  static bool agree(const std::vector<Wish>& wishes) {
    return std::all_of(
        wishes.begin(), wishes.end(), [&](const auto& one) { return one.value == wishes.front().value; });
  }

  static util::Error disagreement(const std::string& key, const std::vector<Wish>& wishes) {
    std::string seen;
    for (const auto& one : wishes) seen += fmt::format("\n    {} in {}", one.value, one.by->id);
    return refusal(fmt::format("the cases differ in what `{}` should say:{}", key, seen),
                   "write alternatives with `when` by hand, or choose fewer cases with --filter and --buildkit");
  }

  /// An alternative that is there already: the same for all of its cases, or nothing.
  util::Result<bool> rewrite_alternative(const Node& item,
                                         const std::string& key,
                                         std::string_view part,
                                         const std::vector<Wish>& wishes) {
    if (!agree(wishes) || (wishes.front().value == "[]" && key != "warnings"))
      return tl::unexpected(disagreement(key, wishes));
    CP_TRY(yaml_.check(item));
    const Node* map = &item;
    if (const auto* value = item.find("value"); value && value->is_map()) map = value; // {when: …, value: {layers: 3}}
    auto entry = entry_of(*map, value_key(key, part));
    if (!entry) entry = entry_of(*map, "value");
    if (!entry)
      return tl::unexpected(refusal(fmt::format("an alternative of `{}` has no `value`", key), "change it by hand"));
    CP_TRY(yaml_.replace(*map, *entry, wishes.front().value));
    return true;
  }

  util::Result<bool> rewrite_whole(const Node& expect,
                                   std::size_t entry,
                                   const std::string& key,
                                   std::string_view part,
                                   const std::vector<Wish>& wishes) {
    const auto& value = expect.value(entry);
    const auto inner = part.empty() ? std::nullopt : entry_of(value, part);
    if (agree(wishes)) {
      if (wishes.front().value == "[]" && key != "warnings") { // nothing is left of `cached` or `unneeded`
        CP_TRY(yaml_.remove(expect, entry));
        return false;
      }
      CP_TRY(inner ? yaml_.replace(value, *inner, wishes.front().value)
                   : yaml_.replace(expect, entry, wishes.front().value));
      return true;
    }
    const bool more = inner && value.entries() > 1; // than that part: they would be lost
    const bool gone = key != "warnings"
                      && std::any_of(wishes.begin(), wishes.end(), [](const auto& one) { return one.value == "[]"; });
    const auto text = more || gone ? std::nullopt : alternatives(scenario_, wishes, value_key(key, part));
    if (!text) return tl::unexpected(disagreement(key, wishes));
    CP_TRY(yaml_.replace(expect, entry, *text));
    return true;
  }

  /// What all cases want a new claim to say; empty where some wants none.
  template <class Ask> util::Result<std::string> ask(const std::string& key, std::size_t index, Ask value) const {
    std::vector<Wish> wishes;
    for (const auto& played : cases_) {
      auto wished = value(seen(played, index));
      if (!wished) return std::string();
      wishes.push_back({played.evidence, std::move(*wished)});
    }
    if (agree(wishes)) return key == "exported" ? "{layers: " + wishes.front().value + "}" : wishes.front().value;
    if (auto text = alternatives(scenario_, wishes, value_key(key, key == "exported" ? k_layers : "")))
      return std::move(*text);
    return tl::unexpected(disagreement(key, wishes));
  }

  /// A round that says nothing of its steps learns what ran; one that says nothing at all, also what BuildKit warned of
  /// and, where all was built, how many layers were exported: that number is not sure elsewhere (observed.hpp).
  util::Status
  add_claims(const Node& node, const scenario::Round& round, std::size_t index, const std::set<std::string>& claims) {
    std::vector<std::pair<std::string, std::string>> added;
    const auto add = [&](const char* key, util::Result<std::string> value) -> util::Status {
      if (!value) return tl::unexpected(std::move(value).error());
      if (!value->empty()) added.emplace_back(key, std::move(*value));
      return {};
    };
    const bool of_steps = std::any_of(claims.begin(), claims.end(), [](const auto& key) {
      return key == "rebuilt" || key == "cached" || key == "unneeded" || key == "status";
    });
    if (!of_steps)
      CP_TRY(add("rebuilt", ask("rebuilt", index, [](const auto& seen) { return rebuilt_claim(seen.record); })));
    bool claimed = false;
    scenario::for_each_claim(round.expect, [&](auto&&...) { claimed = true; });
    if (!claimed) {
      CP_TRY(add("exported", ask("exported", index, [](const auto& seen) {
                   return rebuilt_claim(seen.record) == "all" ? layers_of(seen, {}) : std::nullopt;
                 })));
      CP_TRY(add("warnings", ask("warnings", index, [](const auto& seen) {
                   return seen.record.warnings.empty() ? std::nullopt : std::optional(warnings_claim(seen.record));
                 })));
    }
    if (added.empty()) return {};
    if (const auto* expect = node.find("expect")) {
      for (const auto& [key, value] : added) CP_TRY(yaml_.add(*expect, key, value));
      return {};
    }
    std::vector<std::string> parts;
    for (const auto& [key, value] : added) parts.push_back(fmt::format("{}: {}", key, value));
    return yaml_.add(node, "expect", "{" + util::join(parts, ", ") + "}");
  }

  const scenario::Scenario& scenario_;
  YamlText yaml_;
  Node root_;
  const std::vector<Played>& cases_;
};

} // namespace

util::Result<std::string>
accept(const scenario::Scenario& scenario, std::string_view text, const std::vector<Played>& cases) {
  auto plain = text;
  if (plain.starts_with("\xEF\xBB\xBF")) plain.remove_prefix(3);
  auto root = scenario::parse_yaml(plain);
  if (!root) return tl::unexpected(refusal(root.error().message));
  std::size_t builds = 0;
  for (const auto& round : scenario.rounds) builds += scenario::builds_of(round).size();
  for (const auto& played : cases)
    if (played.evidence->rounds.size() != builds)
      return tl::unexpected(refusal(played.evidence->id + ": not every round was played"));
  return Accepter(scenario, text, std::move(*root), cases).accept();
}

} // namespace cacheproof::author
