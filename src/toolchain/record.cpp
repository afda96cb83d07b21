#include "toolchain/record.hpp"

#include "util/caller.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <sys/stat.h>

namespace cacheproof::toolchain {
namespace fs = std::filesystem;
namespace {

constexpr const char* k_file = "toolchain.json";
constexpr const char* k_verified = "verified";

util::Result<Record::Program> note(const fs::path& program) {
  std::error_code error;
  const auto size = fs::file_size(program, error);
  if (error) return util::failure("cannot read " + program.string() + ": " + error.message());
  CP_TRY_ASSIGN(auto sha256, util::sha256_file(program));
  return Record::Program{size, std::move(sha256)};
}

util::Status compare_origin(const Record& record, const Digests& pinned) {
  if (record.from == k_from_deb) return {}; // apt has verified it, and none is pinned
  const auto& wanted = record.from == k_from_release ? pinned.release : pinned.module;
  const auto& there = record.origin.digest;
  const bool known = record.from == k_from_release
                     || (record.from == k_from_module && !there.empty()); // older records have no sum of it
  if (!known || wanted.empty() || there == wanted) return {};
  return util::failure(fmt::format(
      "it comes from a {} with the digest {}, and docker/versions.yaml has {}", record.from, there, wanted));
}

/// Which files the programs are now. Nobody changes a file without a trace here: its ctime cannot be set.
std::string identity(const Kit& kit, const Record& record) {
  std::string text;
  for (const auto& [name, noted] : record.programs) {
    struct stat info {};
    if (stat(kit.program(name).c_str(), &info) != 0) return {};
    text += fmt::format("{} {} inode {} size {} mtime {}.{:09} ctime {}.{:09}\n",
                        name,
                        noted.sha256,
                        info.st_ino,
                        info.st_size,
                        info.st_mtim.tv_sec,
                        info.st_mtim.tv_nsec,
                        info.st_ctim.tv_sec,
                        info.st_ctim.tv_nsec);
  }
  return text;
}

} // namespace

util::Status write_record(const fs::path& folder, const Recipe& recipe, Record record) {
  auto programs = nlohmann::json::object();
  auto names = recipe.programs;
  for (const auto& name : recipe.extras)
    if (fs::exists(folder / "bin" / name)) names.push_back(name);
  for (const auto& name : names) {
    CP_TRY_ASSIGN(const auto noted, note(folder / "bin" / name));
    programs[name] = {{"size", noted.size}, {"sha256", noted.sha256}};
  }
  const nlohmann::json json{{"version", record.version},
                            {"from", record.from},
                            {"source", record.origin.source},
                            {"digest", record.origin.digest},
                            {"go", record.origin.go_version},
                            {"said", record.said},
                            {"programs", programs}};
  return util::write_text(folder / k_file, json.dump(2) + "\n");
}

util::Result<std::optional<Record>> read_record(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder / k_file, error)) return std::nullopt;
  CP_TRY_ASSIGN(const auto text, util::read_text(folder / k_file));
  try {
    const auto json = nlohmann::json::parse(text);
    Record record{json.at("version"), json.value("from", ""), {}, json.value("said", ""), {}};
    record.origin = {json.at("source"), json.value("digest", ""), json.value("go", "")};
    const auto programs = json.value("programs", nlohmann::json::object());
    for (const auto& [name, noted] : programs.items()) record.programs[name] = {noted.at("size"), noted.at("sha256")};
    return record;
  } catch (const nlohmann::json::exception& bad) {
    return util::failure(fmt::format("its {} cannot be read ({})", k_file, bad.what()), folder.string());
  }
}

util::Status compare(const Kit& kit, const Record& record, const Digests& pinned, Depth depth) {
  CP_TRY(compare_origin(record, pinned));
  const auto verified = kit.bin.parent_path() / k_verified;
  const auto now = identity(kit, record); // before they are read: what changes meanwhile is read again
  if (depth == Depth::changes && !now.empty() && util::read_text(verified) == now) return {};
  for (const auto& [name, noted] : record.programs) {
    std::error_code error;
    const auto size = fs::file_size(kit.program(name), error);
    if (error) return util::failure(fmt::format("{} cannot be read: {}", name, error.message()));
    if (size != noted.size)
      return util::failure(fmt::format("{} has {} bytes where {} were installed", name, size, noted.size));
    CP_TRY_ASSIGN(const auto sha256, util::sha256_file(kit.program(name)));
    if (sha256 != noted.sha256)
      return util::failure(fmt::format("{} has the sha256 {} where {} was installed", name, sha256, noted.sha256));
  }
  // Who cannot write the store reads the programs every time: some 0.1 s.
  if (!now.empty() && util::write_text(verified, now)) static_cast<void>(util::give_to_caller(verified));
  return {};
}

} // namespace cacheproof::toolchain
