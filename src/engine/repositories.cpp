#include "engine/repositories.hpp"

#include "engine/load.hpp"
#include "process/process.hpp"
#include "util/text.hpp"
#include "workspace/git.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <map>
#include <string>

namespace cacheproof::engine {
namespace {

/// The source of a scenario whose repository is somewhere else.
const scenario::GitSource* remote(const scenario::Scenario& scenario) {
  const auto* git = std::get_if<scenario::GitSource>(&scenario.context);
  return git && git->is_url ? git : nullptr;
}

/// `http://127.0.0.1:8080/x.git`, `file:///x.git`
bool is_on_this_machine(std::string_view url) {
  const auto scheme = url.substr(0, std::min(url.find("://"), url.size()));
  if (scheme == "file") return true;
  auto host = url.substr(std::min(scheme.size() + 3, url.size()));
  host = host.substr(0, host.find('/'));
  if (host.starts_with('[')) return host.starts_with("[::1]");
  host = host.substr(0, host.find(':'));
  const auto digits = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || (digits && host.starts_with("127."));
}

/// A clone may take as long as something comes.
constexpr auto k_clone_limit = std::chrono::hours(24);

util::Result<scenario::GitSource> clone_one(const scenario::GitSource& source,
                                            const std::filesystem::path& to,
                                            const Cloner& cloner,
                                            const std::stop_token& stop) {
  if (cloner.command.empty()) return workspace::cloned(source, to, [&] { return !stop.stop_requested(); });
  process::Command command{.argv = cloner.command};
  command.argv.insert(command.argv.end(),
                      {k_clone_word, source.repository, to.string(), std::to_string(cloner.silence.count())});
  CP_TRY_ASSIGN(const auto finished, process::run(command, {.timeout = k_clone_limit, .stop = stop, .on_output = {}}));
  if (finished.exit.ok()) return scenario::GitSource{to.string(), false, source.commit, source.spot};
  if (finished.interrupted)
    return util::failure("interrupted while it cloned " + source.repository, {}, {}, util::Blame::interrupted);
  const std::string remedy = "check its address and the network; `git ls-remote` would say the same";
  if (finished.exit.signal == SIGALRM)
    return util::failure(fmt::format("the repository {} could not be cloned: nothing came from it for {} s",
                                     source.repository,
                                     cloner.silence.count()),
                         {},
                         remedy);
  const auto said = util::trim(finished.err);
  return util::failure(
      said.empty() ? fmt::format("the repository {} could not be cloned: {}", source.repository, to_text(finished.exit))
                   : std::string(said),
      {},
      remedy);
}

} // namespace

int clone_alone(const std::string& url, const std::filesystem::path& to, std::chrono::seconds silence) {
  std::signal(SIGALRM, SIG_DFL);
  const auto wait_again = [&] {
    alarm(static_cast<unsigned>(silence.count()));
    return true;
  };
  wait_again();
  const auto done = workspace::cloned({.repository = url, .is_url = true}, to, wait_again);
  if (!done) std::cerr << done.error().what << '\n';
  return done ? 0 : 2;
}

util::Status check_repositories_offline(const Scenarios& scenarios) {
  for (const auto& scenario : scenarios)
    if (const auto* git = remote(*scenario); git && !is_on_this_machine(git->repository))
      return util::failure(fmt::format("{} would clone {}, which --offline forbids", scenario->id, git->repository),
                           {},
                           "name a repository of this machine, leave the scenario out, or play without --offline",
                           util::Blame::input);
  return {};
}

util::Result<Repositories> Repositories::clone(const Scenarios& scenarios,
                                               const Cloner& cloner,
                                               const std::stop_token& stop,
                                               const std::function<void(std::string_view)>& say) {
  Repositories all;
  std::map<std::string, std::string> clones; // by URL
  for (const auto& scenario : scenarios) {
    const auto* git = remote(*scenario);
    if (!git) {
      all.scenarios_.push_back(scenario);
      continue;
    }
    if (!all.folder_) {
      CP_TRY_ASSIGN(auto folder, sandbox::Folder::create());
      all.folder_ = std::make_unique<sandbox::Folder>(std::move(folder));
    }
    auto local = *git;
    if (const auto known = clones.find(git->repository); known != clones.end()) {
      local.repository = known->second;
      local.is_url = false;
    } else {
      say(fmt::format("cloning {}", git->repository));
      CP_TRY_ASSIGN(local, clone_one(*git, all.folder_->path() / fmt::format("{}.git", clones.size()), cloner, stop));
      clones.emplace(git->repository, local.repository);
    }
    auto here = std::make_shared<scenario::Scenario>(*scenario);
    here->context = std::move(local);
    const auto said = check(*scenario);
    for (auto& found : check(*here))
      if (std::find(said.begin(), said.end(), found) == said.end()) all.diagnostics_.push_back(std::move(found));
    all.scenarios_.push_back(std::move(here));
  }
  util::sort_by_place(all.diagnostics_);
  return all;
}

Repositories::~Repositories() {
  // One that cannot be removed now is found by a later sweep.
  if (folder_) static_cast<void>(sandbox::remove_files(folder_->path()));
}

} // namespace cacheproof::engine
