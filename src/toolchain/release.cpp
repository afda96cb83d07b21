#include "http/download.hpp"
#include "oci/tar.hpp"
#include "toolchain/sources.hpp"
#include "util/files.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>

namespace cacheproof::toolchain {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t k_limit = std::uint64_t{1} << 30; // the largest release has 100 MB, 250 MB unpacked

/// Only the programs, by their exact names and as regular files: nothing in the tarball decides where a file goes.
util::Status unpack(const fs::path& tarball, const Recipe& recipe, const fs::path& bin, const std::stop_token& stop) {
  const auto take_program = [&](const oci::TarEntry& entry, const oci::WriteEntry& write) -> util::Status {
    for (const auto* programs : {&recipe.programs, &recipe.extras})
      for (const auto& program : *programs)
        if (entry.type == oci::TarType::file && entry.path == recipe.release_folder + program)
          return write(bin / program);
    return {};
  };
  CP_TRY(oci::read_tar(tarball, k_limit, take_program, stop));
  for (const auto& program : recipe.programs)
    if (!fs::exists(bin / program)) return util::failure(fmt::format("it has no {}{}", recipe.release_folder, program));
  return {};
}

/// A release that is the program itself.
util::Status take(const fs::path& file, const fs::path& program) {
  std::error_code error;
  fs::rename(file, program, error);
  if (!error) fs::permissions(program, fs::perms(0755), error);
  if (error) return util::failure("cannot write " + program.string() + ": " + error.message());
  return {};
}

} // namespace

std::string release_url(const Order& order, const Options& options) {
  std::string base = options.releases_url;
  if (const char* mirror = std::getenv("CACHEPROOF_RELEASES_URL"); base.empty() && mirror) base = mirror;
  if (base.empty()) base = fill_in(order.recipe.releases_url, order.version);
  while (base.ends_with('/')) base.pop_back();
  return fmt::format("{}/{}", base, fill_in(order.recipe.release_file, order.version));
}

util::Result<Origin> fetch_release(const Order& order, const fs::path& work, const Options& options) {
  const auto url = release_url(order, options);
  const auto file = work / "release";
  CP_TRY(util::make_directories(work / "bin"));
  CP_TRY_ASSIGN(
      auto loaded,
      http::download({.url = url, .headers = {}, .file = file, .digest = {}, .limit = k_limit}, options.stop));
  auto& digest = loaded.digest;
  if (!order.pinned.release.empty() && digest != order.pinned.release)
    return util::failure(
        fmt::format("it has the digest {} where docker/versions.yaml has {}", digest, order.pinned.release),
        http::printable(url));
  const auto& recipe = order.recipe;
  auto unpacked = recipe.release_file.ends_with("gz") ? unpack(file, recipe, work / "bin", options.stop)
                                                      : take(file, work / "bin" / recipe.programs.front());
  if (!unpacked) {
    auto error = std::move(unpacked).error();
    error.tried = http::printable(url);
    return tl::unexpected(std::move(error));
  }
  CP_TRY(util::remove_tree(file));
  return Origin{http::printable(url), std::move(digest), {}};
}

} // namespace cacheproof::toolchain
