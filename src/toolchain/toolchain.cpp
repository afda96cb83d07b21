#include "toolchain/toolchain.hpp"

#include "toolchain/ask.hpp"
#include "toolchain/pins.hpp"
#include "toolchain/record.hpp"
#include "toolchain/sources.hpp"
#include "toolchain/store.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <tuple>

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

std::string install_command(Kind kind, const std::string& version) {
  return fmt::format(
      "cacheproof toolchain install {}{}", kind == Kind::buildkit ? "" : recipe(kind).name + " ", version);
}

/// As the store calls it.
const std::string& name_of(const Kit& kit) {
  return is_image(kit.source) ? kit.source : kit.version;
}

bool is_of_store(const Kit& kit) {
  return kit.bin == folder_of(kit.kind, name_of(kit)) / "bin";
}

util::Result<std::string> normal(Kind kind, std::string_view version) {
  if (is_image(version)) return noted_image(kind, version);
  // Only what a version is made of becomes part of a path.
  const auto parsed = util::Version::parse(version);
  if (parsed) return parsed->to_text();
  const auto near = util::nearest(version, pinned(kind));
  return util::failure(fmt::format("'{}' is no version", version),
                       {},
                       near ? fmt::format("did you mean {}?", *near) : "e.g. " + default_version(kind),
                       util::Blame::usage);
}

} // namespace

namespace {

/// The kit as far as a look at its files can tell, and its record.
util::Result<std::pair<Kit, std::optional<Record>>> look_at(Kind kind, std::string_view version, Depth depth) {
  CP_TRY_ASSIGN(auto name, normal(kind, version));
  const auto folder = folder_of(kind, name);
  const auto remedy = install_command(kind, name);
  std::error_code error;
  if (!fs::exists(folder, error))
    return util::failure(fmt::format("{} {} is not in the store", recipe(kind).title, name), folder.string(), remedy);
  Kit kit{kind, name, folder / "bin", folder.string()};
  auto record = read_record(folder);
  util::Status same;
  if (record && *record) {
    kit.source = (*record)->origin.source;
    if (is_image(name)) std::tie(kit.version, kit.source) = std::tie((*record)->version, name);
    same = compare(kit, **record, pinned_digests(kind, name), depth);
  } else if (!record) {
    same = tl::unexpected(record.error());
  }
  if (same && is_image(name) && !*record) same = util::failure("nobody wrote down what it is");
  if (same && !is_whole(kit)) same = util::failure("a program is missing");
  if (same) return std::pair{std::move(kit), std::move(*record)};
  return util::failure(fmt::format("{} {} in the store is damaged: {}", recipe(kind).title, name, same.error().what),
                       folder.string(),
                       remedy + " (it installs it again)");
}

} // namespace

util::Result<Kit> find(Kind kind, std::string_view version) {
  CP_TRY_ASSIGN(auto found, look_at(kind, version, Depth::changes));
  return std::move(found.first);
}

util::Result<Proof> verify(Kind kind, std::string_view version) {
  CP_TRY_ASSIGN(const auto found, look_at(kind, version, Depth::contents));
  return found.second && !found.second->programs.empty() ? Proof::whole : Proof::unrecorded;
}

util::Result<Lease> lease(const Kit& kit) {
  if (!is_of_store(kit)) return Lease{};
  const auto path = lock_of(kit.kind, name_of(kit));
  auto lock = open_lock(path);
  if (!lock) {
    // Who may only read the store can still keep others from removing a version, where it has a lock already.
    lock = util::Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!*lock) return Lease{};
  }
  if (!util::hold_shared(*lock))
    return util::failure(fmt::format("{} {} is being installed or removed", recipe(kit.kind).title, kit.version),
                         path.string(),
                         "run it again when that is done");
  futimens(lock->get(), nullptr);       // now
  CP_TRY(find(kit.kind, name_of(kit))); // it may have been removed before it was held
  return std::make_shared<util::Fd>(std::move(*lock));
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

std::string to_line(const Kit& kit) {
  const auto& of = recipe(kit.kind);
  if (is_of_store(kit)) return fmt::format("{} {}: from the store ({})", of.title, kit.version, kit.source);
  return fmt::format("{}: from the path {}, whose {} says {}", of.title, kit.source, of.programs.front(), kit.version);
}

util::Status remove(Kind kind, std::string_view version) {
  CP_TRY_ASSIGN(const auto name, normal(kind, version));
  std::error_code error;
  if (!fs::exists(folder_of(kind, name), error)) return tl::unexpected(find(kind, name).error());
  CP_TRY_ASSIGN(const auto lock, open_lock(lock_of(kind, name)));
  if (!util::hold_alone(lock))
    return util::failure(fmt::format("{} {} is in use by another cacheproof", recipe(kind).title, name),
                         lock_of(kind, name).string(),
                         "wait until its run has ended");
  return take_away(kind, name);
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
  for (const auto& digest : images_in_store(kind)) {
    const auto word = fmt::format("{}unknown@{}", k_image, digest); // the digest alone counts
    const auto record = read_record(folder_of(kind, word));
    versions.push_back(record && *record ? (*record)->origin.source : word);
  }

  std::vector<Entry> entries;
  for (const auto& version : versions) {
    Entry entry{.version = version};
    entry.pinned = std::find(pins.begin(), pins.end(), version) != pins.end();
    entry.is_default = version == default_version(kind);
    if (fs::exists(folder_of(kind, version), error)) {
      entry.bytes = size_of(folder_of(kind, version));
      auto found = find(kind, version);
      if (found) entry.installed = std::move(*found);
      if (!found) entry.damage = found.error().what;
    }
    if (entry.pinned || entry.bytes > 0) entries.push_back(std::move(entry));
  }
  return entries;
}

} // namespace cacheproof::toolchain
