#include "toolchain/sources.hpp"
#include "toolchain/store.hpp"
#include "toolchain/toolchain.hpp"
#include "util/bytes.hpp"
#include "util/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace cacheproof::toolchain {
namespace fs = std::filesystem;
namespace {

/// The folders in which versions were being installed or removed.
std::vector<fs::path> work_folders() {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(store(), error))
    if (entry.path().filename().string().starts_with("tmp-")) found.push_back(entry.path());
  return found;
}

/// Does it while the version's lock is held; not at all, and false, where somebody uses or installs the version.
template <class Action> util::Result<bool> alone(Kind kind, const std::string& version, Action action) {
  CP_TRY_ASSIGN(const auto lock, open_lock(lock_of(kind, version)));
  if (!util::hold_alone(lock)) return false;
  CP_TRY(action());
  return true;
}

util::Status sweep() {
  for (const auto& folder : work_folders()) {
    const auto name = folder.filename().string();
    for (const auto kind : k_kinds) {
      const auto start = work_prefix(kind, "").size() - 1; // without its @
      if (name.size() <= start) continue;
      const auto version = name.substr(start, name.find('@') - start);
      if (!name.starts_with(work_prefix(kind, version))) continue;
      CP_TRY(alone(kind, version, [&] { return util::remove_tree(folder); }));
    }
  }
  return {};
}

struct Candidate {
  bool is_default;
  fs::file_time_type last_use;
  Kind kind;
  std::string version;
  auto order() const { return std::tie(is_default, last_use, version); }
};

std::vector<Candidate> candidates() {
  std::vector<Candidate> all;
  for (const auto kind : k_kinds)
    for (const auto& entry : list(kind)) {
      if (entry.bytes == 0) continue;
      std::error_code error;
      auto time = fs::last_write_time(lock_of(kind, entry.version), error);
      if (error) time = fs::last_write_time(folder_of(kind, entry.version), error); // put there by hand
      all.push_back({entry.is_default, time, kind, entry.version});
    }
  std::sort(all.begin(), all.end(), [](const auto& left, const auto& right) { return left.order() < right.order(); });
  return all;
}

} // namespace

std::uintmax_t store_size() {
  std::uintmax_t bytes = 0;
  for (const auto kind : k_kinds) bytes += size_of(store() / recipe(kind).name);
  for (const auto& folder : work_folders()) bytes += size_of(folder);
  return bytes;
}

util::Result<std::optional<std::uintmax_t>> store_limit() {
  const char* text = std::getenv("CACHEPROOF_STORE_LIMIT");
  if (!text || !*text) return std::nullopt;
  if (const auto bytes = util::parse_bytes(text)) return bytes;
  return util::failure(fmt::format("CACHEPROOF_STORE_LIMIT is '{}', which is no size", text),
                       {},
                       "e.g. CACHEPROOF_STORE_LIMIT=2G",
                       util::Blame::usage);
}

util::Result<Pruned> prune(std::uintmax_t at_most) {
  CP_TRY(sweep());
  Pruned pruned{{}, store_size()};
  for (const auto& candidate : candidates()) {
    if (pruned.bytes <= at_most) break;
    const auto take = [&] { return take_away(candidate.kind, candidate.version); };
    CP_TRY_ASSIGN(const bool removed, alone(candidate.kind, candidate.version, take));
    if (removed) pruned.removed.push_back(fmt::format("{} {}", recipe(candidate.kind).name, candidate.version));
    pruned.bytes = store_size();
  }
  return pruned;
}

} // namespace cacheproof::toolchain
