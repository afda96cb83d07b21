#include "toolchain/toolchain.hpp"

#include "process/process.hpp"
#include "toolchain/ask.hpp"
#include "toolchain/sources.hpp"
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

bool is_whole(const Kit& kit) {
  const auto& programs = recipe(kit.kind).programs;
  return std::all_of(programs.begin(), programs.end(), [&](const auto& name) { return is_program(kit.program(name)); });
}

std::uintmax_t size_of(const Kit& kit) {
  std::uintmax_t bytes = 0;
  for (const auto& name : recipe(kit.kind).programs) {
    std::error_code error;
    if (const auto size = fs::file_size(kit.program(name), error); !error) bytes += size;
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

util::Result<Kit> find(Kind kind, std::string_view version) {
  CP_TRY_ASSIGN(auto name, normal(version));
  const auto folder = store() / recipe(kind).name / name;
  Kit kit{kind, name, folder / "bin", folder.string()};
  if (!is_whole(kit))
    return util::failure(fmt::format("{} {} is not in the store", recipe(kind).title, name),
                         folder.string(),
                         "cacheproof toolchain install " + name);
  if (const auto text = util::read_text(folder / "toolchain.json")) {
    const auto json = nlohmann::json::parse(*text, nullptr, false);
    if (json.is_object() && json.contains("source") && json["source"].is_string())
      kit.source = json["source"].get<std::string>();
  }
  return kit;
}

util::Result<Kit> from_path(Kind kind, const fs::path& folder) {
  for (const auto& bin : {folder, folder / "bin"}) {
    Kit kit{kind, {}, fs::absolute(bin), fs::absolute(folder).string()};
    if (!is_whole(kit)) continue;
    CP_TRY_ASSIGN(const auto said, ask_version(recipe(kind), bin));
    kit.version = said.version;
    return kit;
  }
  return util::failure(fmt::format("{} has no {}", folder.string(), util::join(recipe(kind).programs, " and ")),
                       {},
                       "name a folder that has all of it, or whose bin folder has");
}

util::Status remove(Kind kind, std::string_view version) {
  CP_TRY_ASSIGN(const auto kit, find(kind, version));
  return util::remove_tree(store() / recipe(kind).name / kit.version);
}

std::vector<Entry> list(Kind kind) {
  const auto& pins = pinned(kind);
  std::vector<std::string> versions = pins;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(store() / recipe(kind).name, error)) {
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
    entry.pinned = std::find(pins.begin(), pins.end(), version) != pins.end();
    entry.is_default = version == default_version(kind);
    if (auto found = find(kind, version)) {
      entry.bytes = size_of(*found);
      entry.installed = std::move(*found);
    }
    if (entry.pinned || entry.installed) entries.push_back(std::move(entry));
  }
  return entries;
}

} // namespace cacheproof::toolchain
