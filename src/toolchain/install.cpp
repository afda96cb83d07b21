#include "toolchain/ask.hpp"
#include "toolchain/pins.hpp"
#include "toolchain/reach.hpp"
#include "toolchain/record.hpp"
#include "toolchain/sources.hpp"
#include "toolchain/store.hpp"
#include "toolchain/toolchain.hpp"
#include "util/bytes.hpp"
#include "util/caller.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "util/version.hpp"
#include "util/waiting.hpp"

#include <fmt/format.h>

#include <chrono>

namespace cacheproof::toolchain {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
namespace {

/// Held while one version is installed.
util::Result<util::Fd> lock(const fs::path& path, const Order& order, const Options& options) {
  CP_TRY_ASSIGN(auto file, open_lock(path));
  bool said = false;
  while (!util::hold_alone(file)) {
    if (options.stop.stop_requested()) return util::failure("interrupted", {}, {}, util::Blame::interrupted);
    if (!std::exchange(said, true) && options.say)
      options.say(fmt::format(
          "{} {}: waiting for another cacheproof that installs or uses it", order.recipe.title, order.version));
    util::wait(50ms, options.stop);
  }
  return file;
}

/// What killed installs of this version left. Whoever holds the lock is its only installer.
void sweep(const fs::path& folder, const std::string& prefix) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().filename().string().starts_with(prefix)) static_cast<void>(util::remove_tree(entry.path()));
}

/// That the program runs here and is the version it should be. Returns what it said.
util::Result<std::string> prove(const fs::path& bin, const Order& order) {
  CP_TRY_ASSIGN(auto said, ask_version(order.recipe, bin));
  if (said.version != order.version)
    return util::failure(
        fmt::format("its {} says '{}' where {} was expected", order.recipe.programs.front(), said.text, order.version));
  return std::move(said.text);
}

using Source = util::Result<Origin> (*)(const Order&, const fs::path&, const Options&);

/// Into a folder of its own, proven there, then renamed to where everybody looks.
util::Status
install_from(const char* from, Source source, const Order& order, const fs::path& target, const Options& options) {
  const auto prefix = work_prefix(order.recipe.kind, order.version);
  sweep(store(), prefix);
  CP_TRY_ASSIGN(const auto work, util::make_unique_directory(store(), prefix));
  const auto fill = [&]() -> util::Status {
    CP_TRY_ASSIGN(const auto origin, source(order, work, options));
    CP_TRY_ASSIGN(const auto said, prove(work / "bin", order));
    CP_TRY(write_record(work, order.recipe, {order.version, from, origin, said, {}}));
    std::error_code error;
    fs::permissions(work, fs::perms(0755), error);
    CP_TRY(util::give_to_caller(work));
    CP_TRY(util::remove_tree(target)); // a damaged one: nobody takes it
    fs::rename(work, target, error);
    if (error) return util::failure("cannot move the install to " + target.string() + ": " + error.message());
    return {};
  };
  auto filled = fill();
  if (!filled) static_cast<void>(util::remove_tree(work));
  return filled;
}

/// What an install takes at most, the release's file included.
constexpr std::uintmax_t k_room = 300'000'000;

std::string one_line(const util::Error& error) {
  return error.what + (error.tried.empty() ? "" : " (" + error.tried + ")")
         + (error.remedy.empty() ? "" : "; " + error.remedy);
}

std::string own_programs(Kind kind) {
  if (kind == Kind::buildkit) return "--buildkit=path:DIR with a folder that has buildkitd and buildctl; ";
  return kind == Kind::registry ? "--registry=path:FILE; " : "";
}

util::Result<Kit> look(Kind kind, std::string_view version, const Options& options) {
  if (options.verified) CP_TRY(verify(kind, version));
  return find(kind, version);
}

/// After an install, whose lock is still held, which keeps the new version.
void bound(const std::optional<std::uintmax_t>& limit, const Options& options) {
  if (!limit) return;
  const auto say = [&](const std::string& line) {
    if (options.say) options.say(line);
  };
  const auto pruned = prune(*limit);
  if (!pruned) return say("the store could not be pruned: " + one_line(pruned.error()));
  for (const auto& name : pruned->removed)
    say(fmt::format("{} left the store, which may have {}", name, util::bytes_text(*limit)));
  if (pruned->bytes > *limit)
    say(fmt::format("the store has {}, more than its limit of {}: the rest is in use",
                    util::bytes_text(pruned->bytes),
                    util::bytes_text(*limit)));
}

} // namespace

util::Result<Kit> install(Kind kind, std::string_view version, const Options& asked) {
  auto options = asked;
  options.sources = sources_of(recipe(kind), asked.sources);
  CP_TRY_ASSIGN(const auto limit, store_limit());
  auto found = look(kind, version, options);
  if (found && options.verified && options.say) options.say(to_line(*found));
  if (found || found.error().blame == util::Blame::usage) return found;
  const auto name = util::Version::parse(version)->to_text();
  Order order{recipe(kind), name, pinned_digests(kind, name)};
  const auto say = [&](const std::string& line) {
    if (options.say) options.say(fmt::format("{} {}: {}", order.recipe.title, name, line));
  };
  if (options.say) options.say(fmt::format("{} ({})", found.error().what, store().string()));
  const auto folder = store() / order.recipe.name;
  if (auto made = util::make_caller_directories(folder); !made) {
    auto error = util::within("the store cannot be written", std::move(made).error());
    error.remedy = "set CACHEPROOF_STORE to a folder that you may write";
    return tl::unexpected(std::move(error));
  }
  CP_TRY_ASSIGN(const auto held, lock(folder / (name + ".lock"), order, options));
  if (auto meanwhile = look(kind, name, options)) {
    say("installed by another process meanwhile");
    return meanwhile;
  }

  struct Named {
    const char* words;
    Source source;
    bool wanted;
  };
  const auto known_silent = options.silent->size();
  const auto reach = look_out(order, folder, options);
  if (options.stop.stop_requested()) return util::failure("interrupted", {}, {}, util::Blame::interrupted);
  auto outcomes = to_line(reach);
  if (!outcomes.empty() && options.silent->size() > known_silent)
    say(outcomes); // what was known before has been said before
  order.offline = reach.module.has_value();
  const auto possible = sources_of(order.recipe, {});
  auto blame = util::Blame::rig;
  for (const auto& [words, source, wanted] :
       {Named{k_from_release, fetch_release, options.sources.release && !reach.release},
        Named{"container image", pull_image, options.sources.image && !reach.image},
        Named{k_from_deb, fetch_deb, options.sources.deb},
        Named{k_from_module, build_module, options.sources.module}}) {
    if (!wanted) continue;
    say(fmt::format("trying the {}", words));
    const auto installed = install_from(words, source, order, folder / name, options);
    if (installed) {
      say(fmt::format("installed from the {}", words));
      bound(limit, options);
      return find(kind, name);
    }
    if (installed.error().blame == util::Blame::interrupted) return tl::unexpected(installed.error());
    if (!possible.release && !possible.image && !possible.deb)
      blame = installed.error().blame; // there is no other way to it
    const auto outcome = fmt::format("the {} did not work: {}", words, one_line(installed.error()));
    say(outcome);
    outcomes += (outcomes.empty() ? "" : "\n") + outcome;
  }
  std::string room;
  if (const auto space = util::free_space(store()); space && *space < k_room)
    room = fmt::format("make room in {}, which has {} left; or ", store().string(), util::bytes_text(*space));
  const auto near = util::nearest(name, pinned(kind));
  return util::failure(
      fmt::format("{} {} cannot be had", order.recipe.title, name),
      outcomes,
      (near && *near != name ? fmt::format("did you mean {}? Else ", *near) : "") + room
          + fmt::format(
              "one of: {}{}{}a go of at least 1.21 on the PATH or in /usr/local/go; "
              "a store that has it, named by CACHEPROOF_STORE",
              own_programs(kind),
              possible.release ? "network access to the releases, or CACHEPROOF_RELEASES_URL with a mirror of them; "
                               : "",
              possible.image ? "network access to Docker Hub, or CACHEPROOF_DOCKER_HUB_URL with a mirror of it; " : ""),
      blame);
}

} // namespace cacheproof::toolchain
