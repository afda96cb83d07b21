#include "toolchain/filling.hpp"

#include "toolchain/store.hpp"
#include "util/bytes.hpp"
#include "util/caller.hpp"
#include "util/waiting.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace cacheproof::toolchain {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
namespace {

/// What killed installs left. Whoever holds the lock is the only installer.
void sweep(const fs::path& folder, const std::string& prefix) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().filename().string().starts_with(prefix)) static_cast<void>(util::remove_tree(entry.path()));
}

} // namespace

util::Result<Kit> look(Kind kind, std::string_view name, const Options& options) {
  if (options.verified) CP_TRY(verify(kind, name));
  return find(kind, name);
}

util::Status make_store(Kind kind) {
  auto made = util::make_caller_directories(store() / recipe(kind).name);
  if (made) return {};
  auto error = util::within("the store cannot be written", std::move(made).error());
  error.remedy = "set CACHEPROOF_STORE to a folder that you may write";
  return tl::unexpected(std::move(error));
}

util::Result<util::Fd>
hold_place(Kind kind, const std::string& name, const std::string& title, const Options& options) {
  CP_TRY_ASSIGN(auto file, open_lock(lock_of(kind, name)));
  bool said = false;
  while (!util::hold_alone(file)) {
    if (options.stop.stop_requested()) return util::failure("interrupted", {}, {}, util::Blame::interrupted);
    if (!std::exchange(said, true) && options.say)
      options.say(fmt::format("{}: waiting for another cacheproof that installs or uses it", title));
    util::wait(50ms, options.stop);
  }
  return file;
}

util::Status
fill_place(Kind kind, const std::string& name, const std::function<util::Result<Record>(const fs::path& work)>& fill) {
  const auto prefix = work_prefix(kind, name);
  sweep(store(), prefix);
  CP_TRY_ASSIGN(const auto work, util::make_unique_directory(store(), prefix));
  const auto put = [&]() -> util::Status {
    CP_TRY_ASSIGN(auto record, fill(work));
    CP_TRY(write_record(work, recipe(kind), std::move(record)));
    std::error_code error;
    fs::permissions(work, fs::perms(0755), error);
    CP_TRY(util::give_to_caller(work));
    const auto target = folder_of(kind, name);
    CP_TRY(util::remove_tree(target)); // a damaged one: nobody takes it
    fs::rename(work, target, error);
    if (error) return util::failure("cannot move the install to " + target.string() + ": " + error.message());
    return {};
  };
  auto filled = put();
  if (!filled) static_cast<void>(util::remove_tree(work));
  return filled;
}

void keep_limit(const std::optional<std::uintmax_t>& limit, const Options& options) {
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

std::string one_line(const util::Error& error) {
  return error.what + (error.tried.empty() ? "" : " (" + error.tried + ")")
         + (error.remedy.empty() ? "" : "; " + error.remedy);
}

} // namespace cacheproof::toolchain
