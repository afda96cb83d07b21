#include "dockerfile/dockerfile.hpp"
#include "engine/load.hpp"
#include "engine/request.hpp"
#include "engine/texts.hpp"
#include "lint/lint.hpp"
#include "lint/step_references.hpp"
#include "scenario/codes.hpp"
#include "workspace/texts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

namespace cacheproof::engine {
namespace fs = std::filesystem;
namespace {

using Diagnostics = std::vector<util::Diagnostic>;

bool claims_something(const scenario::Round& round) {
  bool some = false;
  for (const auto& build : scenario::builds_of(round))
    scenario::for_each_claim(build.expect, [&](auto&&...) { some = true; });
  return some;
}

/// Checks one scenario by telling its story without building: files change in memory as the edits say.
class Checker {
public:
  explicit Checker(const scenario::Scenario& scenario)
      : scenario_(scenario) {}

  Diagnostics check() {
    add(lint::check(scenario_));
    if (std::none_of(scenario_.rounds.begin(), scenario_.rounds.end(), claims_something))
      add(scenario::codes::k_empty_claim, scenario_.rounds.front().spot, "no round of this scenario claims anything");
    if (open()) tell();
    return std::move(found_);
  }

private:
  void add(Diagnostics more) {
    for (auto& one : more)
      if (std::find(found_.begin(), found_.end(), one) == found_.end()) found_.push_back(std::move(one));
  }

  void add(const scenario::Code& code, const util::SourceSpot& spot, std::string message) {
    add({scenario::diagnostic(code, spot, scenario_.source, std::move(message))});
  }

  /// Whether the context is there to be told of: a repository behind a URL is checked once it is cloned.
  bool open() {
    auto original = original_of(scenario_);
    if (!original)
      add(scenario::codes::k_wrong_value, std::get<scenario::GitSource>(scenario_.context).spot, original.error());
    if (!original || !*original) return false;
    texts_.emplace(std::move(*original));
    return true;
  }

  /// Only texts are told, so what is said of folders, links and times is left to the play.
  void tell() {
    for (const auto& round : scenario_.rounds) {
      for (const auto& edit : round.edits) // what comes after one that does not fit is still told
        if (auto told = texts_->apply(edit); !told) add(scenario::codes::k_bad_edit, edit.spot, told.error());
      for (const auto& cell : scenario::cells(scenario_)) {
        const auto builds = scenario::builds_of(round);
        std::vector<std::optional<dockerfile::File>> files;
        for (const auto& build : builds) files.push_back(check_dockerfile(build, cell));
        for (const auto& build : builds) check_barrier(build, builds, files);
      }
    }
  }

  /// The Dockerfile, if there is one that can be read.
  std::optional<dockerfile::File> check_dockerfile(const scenario::Round& round, const scenario::Cell& cell) {
    if (round.run) return {}; // which one it builds shows when it is played
    const auto build = scenario::merge(scenario_.build, round.build);
    const auto request = make_request(build, {cell.begin(), cell.end()}, {});
    const auto name = request.dockerfile_text ? "dockerfile_inline" : dockerfile_path(request, {});
    const auto spot = build.dockerfile ? build.dockerfile->spot : round.spot;
    const auto text = request.dockerfile_text ? request.dockerfile_text : texts_->at(name);
    if (!text) {
      add(scenario::codes::k_no_dockerfile, spot, fmt::format("there is no {} in the context", name));
      return {};
    }

    auto reading =
        dockerfile::read(*text, (shown_folder() / name).string(), {request.args.begin(), request.args.end()});
    add(std::move(reading.diagnostics));
    if (!reading.file) return {};
    if (!reading.file->find_target(request.target))
      add(scenario::codes::k_unknown_target,
          build.target->spot,
          fmt::format("{} has no stage '{}'", name, request.target));
    add(lint::check_references(round.expect, *reading.file, scenario_.source));
    if (round.known_issue) add(lint::check_references(round.known_issue->expect, *reading.file, scenario_.source));
    return std::move(reading.file);
  }

  /// A step that a build waits for is one of the build that it waits for.
  void check_barrier(const scenario::Round& build,
                     std::span<const scenario::Round> builds,
                     const std::vector<std::optional<dockerfile::File>>& files) {
    if (!build.after || !build.after->step) return;
    for (std::size_t i = 0; i < builds.size(); ++i)
      if (builds[i].entry == build.after->build.value && files[i])
        add(lint::check_references({*build.after->step}, *files[i], scenario_.source));
  }

  /// Its words begin with the place, which a diagnostic shows itself.
  void add(const scenario::Code& code, const util::SourceSpot& spot, const util::Error& error) {
    const auto place = fmt::format("{}:{}: ", spot.file, spot.line);
    std::string_view what = error.what;
    if (what.starts_with(place)) what.remove_prefix(place.size());
    add({scenario::diagnostic(code, spot, scenario_.source, std::string(what), error.remedy)});
  }

  /// How a file of the context is called in a message.
  fs::path shown_folder() const {
    const auto* folder = std::get_if<fs::path>(&scenario_.context);
    if (!folder) return scenario_.file.string() + ":";
    return folder->lexically_proximate(fs::current_path());
  }

  const scenario::Scenario& scenario_;
  std::optional<workspace::Texts> texts_; ///< of the context, as the edits so far leave them
  Diagnostics found_;
};

} // namespace

Diagnostics check(const scenario::Scenario& scenario) {
  return Checker(scenario).check();
}

} // namespace cacheproof::engine
