#include "builder/buildctl.hpp"
#include "dockerfile/dockerfile.hpp"
#include "dockerfile/ignore.hpp"
#include "engine/load.hpp"
#include "engine/play_result.hpp"
#include "engine/request.hpp"
#include "engine/texts.hpp"
#include "lint/cache_attributes.hpp"
#include "lint/lint.hpp"
#include "lint/prediction.hpp"
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
#include <utility>

namespace cacheproof::engine {
namespace fs = std::filesystem;
namespace {

using Diagnostics = std::vector<util::Diagnostic>;

constexpr std::size_t k_builds = 10'000;
/// Bytes that builds ask with in all cells together, and bytes of Dockerfiles that are read for them.
constexpr std::size_t k_told = std::size_t{32} << 20U;
constexpr std::size_t k_read = std::size_t{8} << 20U;
/// Bytes of patterns by bytes of paths.
constexpr std::size_t k_matched = 50'000'000;
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
    std::size_t builds_of_a_cell = 0;
    for (const auto& round : scenario_.rounds) builds_of_a_cell += scenario::builds_of(round).size();
    if (cells_.size() * builds_of_a_cell > k_builds) {
      add(scenario::codes::k_too_large,
          scenario_.rounds.front().spot,
          fmt::format(
              "{} rounds in {} cells are more than {} builds", scenario_.rounds.size(), cells_.size(), k_builds));
      return std::move(found_);
    }
    if (const auto* build = too_large_build()) {
      add(scenario::codes::k_too_large,
          build->spot,
          fmt::format("up to here, builds in {} cells ask with more than {} MiB", cells_.size(), k_told >> 20U));
      return std::move(found_);
    }
    add(lint::check(scenario_));
    if (std::none_of(scenario_.rounds.begin(), scenario_.rounds.end(), claims_something))
      add(scenario::codes::k_empty_claim, scenario_.rounds.front().spot, "no round of this scenario claims anything");
    if (open()) tell();
    return std::move(found_);
  }

private:
  /// The build with which all that builds ask with is too much to be told.
  const scenario::Round* too_large_build() const {
    std::size_t bytes = 0;
    for (const auto& round : scenario_.rounds)
      for (const auto& build : scenario::builds_of(round)) {
        const auto request = request_of(build, cells_.front());
        for (const auto& word : builder::buildctl_command("buildctl", "", request).argv) bytes += word.size();
        if (bytes * cells_.size() > k_told) return &build;
      }
    return nullptr;
  }

  builder::BuildRequest request_of(const scenario::Round& round, const scenario::Cell& cell) const {
    return make_request(scenario::merge(scenario_.build, round.build), {cell.begin(), cell.end()}, {});
  }

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
        for (const auto& build : builds) check_barrier(build, builds, files, cell);
        for (const auto& build : builds) check_result(round, build);
        for (const auto& build : builds) check_ignored(build, cell, round.edits);
        if (builds.size() == 1 && files.front())
          predict(builds.front(), cell, *files.front()->reading.file, round);
        else
          before_.erase(cell);
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
    if (!read) {
      add(scenario::codes::k_too_large, spot, fmt::format("more than {} MiB of Dockerfiles were read", k_read >> 20U));
      return {};
    }
    const auto& file = read->reading.file;
    add(read->reading.diagnostics);
    if (!file) return {};
    if (!file->find_target(request.target))
      add(scenario::codes::k_unknown_target,
          build.target->spot,
          fmt::format("{} has no stage '{}'", name, request.target));
    const std::pair asked(read, platforms_of(request));
    if (std::exchange(checked_[&round], asked) == asked) return read; // in another cell
    add(lint::check_references(round.expect, *file, asked.second, scenario_.source));
    if (round.known_issue)
      add(lint::check_references(round.known_issue->expect, *file, asked.second, scenario_.source));
    return read;
  }

  /// A claim about what may be another build's is never judged.
  void check_result(const scenario::Round& round, const scenario::Round& build) {
    const auto* claim = build.expect.result ? &*build.expect.result : nullptr;
    if (!claim && build.known_issue && build.known_issue->expect.result) claim = &*build.known_issue->expect.result;
    if (!claim || !may_be_anothers(scenario_, round, build)) return;
    add({scenario::diagnostic(scenario::codes::k_wrong_value,
                              claim->spot,
                              scenario_.source,
                              "beside a build that takes no cache the result that is found may be the other's",
                              "let it put out its own: output: \"type=oci,dest=image.tar\"")});
  }

  /// A step that a build waits for is one of the build that it waits for.
  void check_barrier(const scenario::Round& build,
                     std::span<const scenario::Round> builds,
                     const std::vector<std::shared_ptr<const Read>>& files,
                     const scenario::Cell& cell) {
    if (!build.after || !build.after->step) return;
    for (std::size_t i = 0; i < builds.size(); ++i)
      if (builds[i].entry == build.after->build.value && files[i])
        add(lint::check_references(
            {*build.after->step},
            *files[i]->reading.file,
            platforms_of(
                make_request(scenario::merge(scenario_.build, builds[i].build), {cell.begin(), cell.end()}, {})),
            scenario_.source));
  }

  /// A file as the edits so far leave it; the same for every cell of a round.
  const std::optional<std::string>& text_of(const std::string& name) {
    const auto known = known_.find(name);
    return known != known_.end() ? known->second : known_.emplace(name, texts_->at(name)).first->second;
  }

  /// The last one is kept: most cells and rounds read the same. Nothing where too much was read already.
  std::shared_ptr<const Read>
  reading_of(const std::string& text, const std::string& name, const std::map<std::string, std::string>& args) {
    if (!last_ || last_->text != text || last_->name != name || last_->args != args) {
      if (read_ > k_read) return {};
      last_ = std::make_shared<const Read>(Read{text, name, args, dockerfile::read(text, name, args)});
      read_ += text.size();
    }
    return last_;
  }

  /// Its words begin with the place, which a diagnostic shows itself.
  void add(const scenario::Code& code, const util::SourceSpot& spot, const util::Error& error) {
    const auto place = fmt::format("{}:{}: ", spot.file, spot.line);
    std::string_view what = error.what;
    if (what.starts_with(place)) what.remove_prefix(place.size());
    add({scenario::diagnostic(code, spot, scenario_.source, std::string(what), error.remedy)});
  }

  /// What a warning says may be wanted.
  void warn(Diagnostics more) {
    std::erase_if(more, [&](const auto& one) {
      return std::any_of(scenario_.allow.begin(), scenario_.allow.end(), [&](const auto& word) {
        return scenario::means(word.value, one.code, one.name);
      });
    });
    add(std::move(more));
  }

  /// A path of the scenario's context as one of the build's; nothing for what lies outside of that.
  static std::optional<std::string> in_build(const std::string& path, const builder::BuildRequest& request) {
    if (request.context.empty()) return path;
    const auto relative = fs::path(path).lexically_relative(request.context);
    if (relative.empty() || *relative.begin() == "..") return {};
    return relative.string();
  }

  /// A claim about a round that differs from the one before it only by its edits, with the whole cache of that one at
  /// hand: what the edits do not reach cannot be rebuilt. With less known, nothing is said.
  void predict(const scenario::Round& round,
               const scenario::Cell& cell,
               const dockerfile::File& dockerfile,
               const scenario::Round& written) {
    const auto request = request_of(round, cell);
    // Other versions may not take the cache, and a build that may fail may have left none.
    const bool plain = !round.builder && !written.builder && !round.expect.status;
    const auto before = std::exchange(before_[cell], Before{request, dockerfile.text, plain});
    if (!before.plain || round.builder || written.builder || before.dockerfile != dockerfile.text
        || !written.actions.empty())
      return;
    const auto without_caches = [](builder::BuildRequest asked) {
      asked.cache_from.clear();
      asked.cache_to.clear();
      return builder::buildctl_command("buildctl", "", asked).argv;
    };
    if (without_caches(before.request) != without_caches(request) || request.no_cache
        || !request.no_cache_filter.empty() || !request.additional_contexts.empty())
      return;
    const bool all_is_there =
        std::any_of(before.request.cache_to.begin(), before.request.cache_to.end(), [&](const auto& entry) {
          const auto ref = lint::registry_ref(entry);
          return !ref.empty() && entry.find("mode=max") != std::string::npos
                 && std::any_of(request.cache_from.begin(), request.cache_from.end(), [&](const auto& other) {
                      return lint::registry_ref(other) == ref;
                    });
        });
    if (!all_is_there || !round.expect.rebuilt) return;
    // A claim of which the facts decide is left alone: there the bug may be the point.
    for (const auto& alternative : round.expect.rebuilt->alternatives)
      for (const auto& condition : alternative.when)
        if (scenario::is_fact(condition.first)) return;
    std::vector<std::string> edited;
    for (const auto& edit : written.edits) {
      const auto paths = lint::edited_paths(edit);
      if (!paths) return;
      for (const auto& path : *paths)
        if (auto inside = in_build(path, request)) edited.push_back(std::move(*inside));
    }
    if (const auto* claim = round.expect.rebuilt->choose(cell))
      warn(lint::check_unchanged(claim->value, dockerfile, edited, scenario_.source));
  }

  /// An edit of what is never sent to the daemon (moby/buildkit PR 901 lets a Dockerfile have a list of its own).
  void
  check_ignored(const scenario::Round& round, const scenario::Cell& cell, const std::vector<scenario::Edit>& fresh) {
    const auto request = request_of(round, cell);
    auto name = dockerfile_path(request, {}) + ".dockerignore";
    auto text = request.dockerfile_text ? std::nullopt : text_of(name);
    if (!text) text = text_of(name = (request.context / ".dockerignore").string());
    if (!text) return;
    const auto ignored = dockerfile::IgnoreFile::read(*text);
    for (const auto& edit : fresh) {
      const auto paths = lint::edited_paths(edit).value_or(std::vector<std::string>{});
      for (const auto& path : paths) matched_ += text->size() * path.size();
      if (matched_ > k_matched) return; // it is a warning only
      const bool all = !paths.empty() && std::all_of(paths.begin(), paths.end(), [&](const auto& path) {
        const auto inside = in_build(path, request);
        return inside && path != name && path != dockerfile_path(request, {}) && ignored.ignores(*inside);
      });
      if (all)
        warn({scenario::diagnostic(
            scenario::codes::k_ignored_edit,
            edit.spot,
            scenario_.source,
            fmt::format("'{}' is ignored by {}: to the build this edit is none", paths.front(), name),
            "see moby/moby#8330 for what users expect of it")});
    }
  }

  /// How a file of the context is called in a message.
  fs::path shown_folder() const {
    const auto* folder = std::get_if<fs::path>(&scenario_.context);
    if (!folder) return scenario_.file.string() + ":";
    return folder->lexically_proximate(fs::current_path());
  }

  /// A build as the round before asked for it.
  struct Before {
    builder::BuildRequest request;
    std::string dockerfile;
    bool plain = false; ///< its cache is one that this round can take
  };

  const scenario::Scenario& scenario_;
  const std::vector<scenario::Cell> cells_;
  std::optional<workspace::Texts> texts_; ///< of the context, as the edits so far leave them
  std::map<scenario::Cell, Before> before_;
  Diagnostics found_;
  std::map<std::string, std::optional<std::string>> known_; ///< of the present round's files
  std::shared_ptr<const Read> last_;
  /// References of each were looked at, with these platforms.
  std::map<const scenario::Round*, std::pair<std::shared_ptr<const Read>, std::vector<std::string>>> checked_;
  std::size_t read_ = 0; ///< bytes of Dockerfiles
  std::size_t matched_ = 0;
};

} // namespace

Diagnostics check(const scenario::Scenario& scenario) {
  return Checker(scenario).check();
}

} // namespace cacheproof::engine
