#include "lint/cache_story.hpp"

#include "lint/cache_attributes.hpp"
#include "scenario/codes.hpp"
#include "util/shown_line.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace cacheproof::lint {
namespace {

using Texts = std::vector<scenario::Text>;

class Story {
public:
  Story(const scenario::Scenario& scenario, const scenario::Cell& cell)
      : scenario_(scenario),
        variables_(cell.begin(), cell.end()) {}

  std::vector<util::Diagnostic> tell() {
    std::vector<scenario::BuildSpec> builds;
    bool others = false;
    bool at_once = false; // and in which order is not known
    for (const auto& round : scenario_.rounds) {
      const auto of_round = scenario::builds_of(round);
      at_once = at_once || of_round.size() != 1;
      others = others || !round.actions.empty() || of_round.empty();
      for (const auto& each : of_round) builds.push_back(scenario::merge(scenario_.build, each.build));
    }
    for (const auto& build : builds) {
      for (const auto& entry : build.cache_to.value_or(Texts{}))
        if (const auto ref = ref_of(entry); !ref.empty()) exported_.insert(ref);
      // An image holds a cache as well: inline ones, and what is pushed by hand.
      others = others || build.output || build.client_args || has_inline(build);
    }
    for (const auto& build : builds) {
      if (!others) check_imports(build);
      if (!at_once) check_overwritten(build);
    }
    return std::move(found_);
  }

private:
  std::string expanded(const scenario::Text& entry) const { return scenario::expand(entry.value, variables_); }
  std::string ref_of(const scenario::Text& entry) const { return registry_ref(expanded(entry)); }

  bool has_inline(const scenario::BuildSpec& build) const {
    const auto entries = build.cache_to.value_or(Texts{});
    return std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
      return expanded(entry).find("type=inline") != std::string::npos;
    });
  }

  void check_imports(const scenario::BuildSpec& build) {
    for (const auto& entry : build.cache_from.value_or(Texts{})) {
      const auto ref = ref_of(entry);
      if (!ref.starts_with("${registry") || exported_.empty() || exported_.contains(ref)) continue;
      const std::vector<std::string> candidates(exported_.begin(), exported_.end());
      const auto near = util::nearest(ref, candidates);
      say(scenario::codes::k_import_without_export,
          entry,
          fmt::format("no build of this scenario exports a cache to '{}', and to import what is not there is no error "
                      "(moby/buildkit#948)",
                      ref),
          near ? fmt::format("did you mean '{}'?", *near) : "exported are: " + util::join(candidates, ", "));
    }
  }

  /// A registry keeps the last cache of a name only. An import of a target whose cache another has replaced is the
  /// trap.
  void check_overwritten(const scenario::BuildSpec& build) {
    const auto target = build.target ? scenario::expand(build.target->value, variables_) : std::string();
    for (const auto& entry : build.cache_from.value_or(Texts{})) {
      const auto last = last_target_.find(ref_of(entry));
      if (last == last_target_.end() || last->second == target || !targets_[last->first].contains(target)) continue;
      say(scenario::codes::k_overwritten_cache,
          entry,
          fmt::format("the cache of '{}' was overwritten by that of '{}'", shown(target), shown(last->second)),
          "give every target a ref of its own (moby/buildkit#3925)");
    }
    std::set<std::string> here;
    for (const auto& entry : build.cache_to.value_or(Texts{})) {
      const auto ref = ref_of(entry);
      if (ref.empty()) continue;
      if (!here.insert(ref).second)
        say(scenario::codes::k_overwritten_cache,
            entry,
            fmt::format("this build exports two caches to '{}'", ref),
            "the later one overwrites the earlier (moby/buildkit#3925)");
      last_target_[ref] = target;
      targets_[ref].insert(target);
    }
  }

  static std::string shown(const std::string& target) { return target.empty() ? "the last stage" : target; }

  void say(const scenario::Code& code, const scenario::Text& at, std::string message, std::string hint) {
    auto one = scenario::diagnostic(code, at.spot, scenario_.source, std::move(message), std::move(hint));
    util::point_at(one, util::line_at(scenario_.source, at.spot.line), at.value);
    found_.push_back(std::move(one));
  }

  const scenario::Scenario& scenario_;
  const std::map<std::string, std::string> variables_;
  std::set<std::string> exported_;
  std::map<std::string, std::string> last_target_; ///< ref → whose cache it holds
  std::map<std::string, std::set<std::string>> targets_;
  std::vector<util::Diagnostic> found_;
};

} // namespace

std::vector<util::Diagnostic> check_caches(const scenario::Scenario& scenario, const scenario::Cell& cell) {
  return Story(scenario, cell).tell();
}

} // namespace cacheproof::lint
