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
#include <map>
#include <memory>
#include <optional>
#include <string_view>

namespace cacheproof::engine {
namespace fs = std::filesystem;
namespace {

using Diagnostics = std::vector<util::Diagnostic>;

constexpr std::size_t k_builds = 10'000;
/// So many are told of one scenario; its mistakes may be as many as its builds.
constexpr std::size_t k_most = 1000;

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
      : scenario_(scenario),
        cells_(scenario::cells(scenario)) {}

  Diagnostics check() {
    add(lint::check(scenario_));
    if (std::none_of(scenario_.rounds.begin(), scenario_.rounds.end(), claims_something))
      add(scenario::codes::k_empty_claim, scenario_.rounds.front().spot, "no round of this scenario claims anything");
    std::size_t builds_of_a_cell = 0;
    for (const auto& round : scenario_.rounds) builds_of_a_cell += scenario::builds_of(round).size();
    if (cells_.size() * builds_of_a_cell > k_builds)
      add(scenario::codes::k_too_large,
          scenario_.rounds.front().spot,
          fmt::format(
              "{} rounds in {} cells are more than {} builds", scenario_.rounds.size(), cells_.size(), k_builds));
    else if (open())
      tell();
    return std::move(found_);
  }

private:
  struct Read {
    std::string text;
    std::string name;
    std::map<std::string, std::string> args;
    dockerfile::Reading reading;
  };

  void add(Diagnostics more) {
    for (auto& one : more)
      if (found_.size() < k_most && std::find(found_.begin(), found_.end(), one) == found_.end())
        found_.push_back(std::move(one));
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
      known_.clear();
      const auto builds = scenario::builds_of(round);
      for (const auto& cell : cells_) {
        std::vector<std::shared_ptr<const Read>> files;
        for (const auto& build : builds) files.push_back(check_dockerfile(build, cell));
        for (const auto& build : builds) check_barrier(build, builds, files);
      }
    }
  }

  /// The Dockerfile, if there is one that can be read.
  std::shared_ptr<const Read> check_dockerfile(const scenario::Round& round, const scenario::Cell& cell) {
    if (round.run) return {}; // which one it builds shows when it is played
    const auto build = scenario::merge(scenario_.build, round.build);
    const auto request = make_request(build, {cell.begin(), cell.end()}, {});
    const auto name = request.dockerfile_text ? "dockerfile_inline" : dockerfile_path(request, {});
    const auto spot = build.dockerfile ? build.dockerfile->spot : round.spot;
    const auto text = request.dockerfile_text ? request.dockerfile_text : text_of(name);
    if (!text) {
      add(scenario::codes::k_no_dockerfile, spot, fmt::format("there is no {} in the context", name));
      return {};
    }

    auto read = reading_of(*text, (shown_folder() / name).string(), {request.args.begin(), request.args.end()});
    const auto& file = read->reading.file;
    add(read->reading.diagnostics);
    if (!file) return {};
    if (!file->find_target(request.target))
      add(scenario::codes::k_unknown_target,
          build.target->spot,
          fmt::format("{} has no stage '{}'", name, request.target));
    add(lint::check_references(round.expect, *file, scenario_.source));
    if (round.known_issue) add(lint::check_references(round.known_issue->expect, *file, scenario_.source));
    return read;
  }

  /// A step that a build waits for is one of the build that it waits for.
  void check_barrier(const scenario::Round& build,
                     std::span<const scenario::Round> builds,
                     const std::vector<std::shared_ptr<const Read>>& files) {
    if (!build.after || !build.after->step) return;
    for (std::size_t i = 0; i < builds.size(); ++i)
      if (builds[i].entry == build.after->build.value && files[i])
        add(lint::check_references({*build.after->step}, *files[i]->reading.file, scenario_.source));
  }

  /// A file as the edits so far leave it; the same for every cell of a round.
  const std::optional<std::string>& text_of(const std::string& name) {
    const auto known = known_.find(name);
    return known != known_.end() ? known->second : known_.emplace(name, texts_->at(name)).first->second;
  }

  /// The last one is kept: most cells and rounds read the same.
  std::shared_ptr<const Read>
  reading_of(const std::string& text, const std::string& name, std::map<std::string, std::string> args) {
    if (!last_ || last_->text != text || last_->name != name || last_->args != args)
      last_ = std::make_shared<const Read>(Read{text, name, args, dockerfile::read(text, name, args)});
    return last_;
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
  const std::vector<scenario::Cell> cells_;
  std::optional<workspace::Texts> texts_; ///< of the context, as the edits so far leave them
  Diagnostics found_;
  std::map<std::string, std::optional<std::string>> known_; ///< of the present round's files
  std::shared_ptr<const Read> last_;
};

} // namespace

Diagnostics check(const scenario::Scenario& scenario) {
  return Checker(scenario).check();
}

} // namespace cacheproof::engine
