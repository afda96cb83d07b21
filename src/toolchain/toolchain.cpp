#include "toolchain/toolchain.hpp"

#include "process/process.hpp"
#include "toolchain/store.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>

namespace cacheproof::toolchain {
namespace fs = std::filesystem;
namespace {

bool is_program(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

std::uintmax_t size_of(const BuildKit& kit) {
  std::uintmax_t bytes = 0;
  for (const auto& path : {kit.buildkitd, kit.buildctl}) {
    std::error_code error;
    if (const auto size = fs::file_size(path, error); !error) bytes += size;
  }
  return bytes;
}

util::Result<std::string> normal(std::string_view version) {
  // Only what a version is made of becomes part of a path.
  const auto parsed = util::Version::parse(version);
  if (!parsed) return util::failure(fmt::format("'{}' is no version", version), {}, "e.g. v0.34.2", util::Blame::usage);
  return parsed->to_text();
}

} // namespace

util::Result<BuildKit> find(std::string_view version) {
  CP_TRY_ASSIGN(auto name, normal(version));
  const auto folder = store() / "buildkit" / name;
  BuildKit kit{name, folder / "bin" / "buildkitd", folder / "bin" / "buildctl", folder.string()};
  if (!is_program(kit.buildkitd) || !is_program(kit.buildctl))
    return util::failure(
        fmt::format("BuildKit {} is not in the store", name), folder.string(), "cacheproof toolchain install " + name);
  if (const auto text = util::read_text(folder / "toolchain.json")) {
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (json.is_object() && json.contains("source") && json["source"].is_string())
      kit.source = json["source"].get<std::string>();
  }
  return kit;
}

util::Result<BuildKit> from_path(const fs::path& folder) {
  for (const auto& bin : {folder, folder / "bin"}) {
    BuildKit kit{{}, fs::absolute(bin / "buildkitd"), fs::absolute(bin / "buildctl"), fs::absolute(folder).string()};
    if (!is_program(kit.buildkitd) || !is_program(kit.buildctl)) continue;
    CP_TRY_ASSIGN(const auto asked, process::run({.argv = {kit.buildkitd.string(), "--version"}}));
    // `buildkitd github.com/moby/buildkit v0.34.2 REVISION`
    const auto words = util::split(util::trim(asked.out), ' ');
    if (!asked.exit.ok() || words.size() < 3)
      return util::failure(kit.buildkitd.string() + " does not say its version", kit.buildkitd.string() + " --version");
    kit.version = words[2];
    return kit;
  }
  return util::failure(
      folder.string() + " has no buildkitd and buildctl", {}, "name a folder that has both, or whose bin folder has");
}

util::Status remove(std::string_view version) {
  CP_TRY_ASSIGN(const auto kit, find(version));
  return util::remove_tree(store() / "buildkit" / kit.version);
}

std::vector<Entry> list() {
  std::vector<std::string> versions = pinned();
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(store() / "buildkit", error)) {
    const auto name = entry.path().filename().string();
    const auto version = util::Version::parse(name);
    if (version && version->to_text() == name && entry.is_directory(error)) versions.push_back(name);
  }
  std::sort(versions.begin(), versions.end(), [](const auto& left, const auto& right) {
    return util::Version::parse(left) < util::Version::parse(right);
  });
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());

  std::vector<Entry> entries;
  for (const auto& version : versions) {
    Entry entry{.version = version};
    entry.pinned = std::find(pinned().begin(), pinned().end(), version) != pinned().end();
    entry.is_default = version == default_version();
    if (auto found = find(version)) {
      entry.bytes = size_of(*found);
      entry.installed = std::move(*found);
    }
    if (entry.pinned || entry.installed) entries.push_back(std::move(entry));
  }
  return entries;
}

} // namespace cacheproof::toolchain
