#include "http/client.hpp"
#include "toolchain/sources.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <archive.h>
#include <archive_entry.h>

#include <cstdlib>
#include <fstream>
#include <memory>

namespace cacheproof::toolchain {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
namespace {

std::string url_of(const Order& order, const Options& options) {
  std::string base = options.releases_url;
  if (const char* mirror = std::getenv("CACHEPROOF_RELEASES_URL"); base.empty() && mirror) base = mirror;
  if (base.empty()) base = order.recipe.releases_url;
  while (base.ends_with('/')) base.pop_back();
  return fmt::format("{}/{}/{}", base, order.version, fill_in(order.recipe.release_file, order.version));
}

/// Into the file, with the digest of what came.
util::Result<std::string> download(const std::string& url, const fs::path& file, std::stop_token stop) {
  std::ofstream out(file, std::ios::binary);
  util::Sha256 hash;
  const auto sink = [&](std::string_view piece) -> util::Status {
    hash.update(piece);
    if (out.write(piece.data(), static_cast<std::streamsize>(piece.size()))) return {};
    return util::failure("cannot write " + file.string(), {}, "make room on that file system");
  };
  CP_TRY_ASSIGN(const auto response,
                http::send({.url = url,
                            .connect_timeout = 2500ms,
                            .answer_timeout = 2500ms,
                            .stall_timeout = 30s,
                            .follow_redirects = true,
                            .sink = sink},
                           std::move(stop)));
  if (response.status != 200)
    return util::failure(fmt::format("status {}", response.status), "GET " + http::printable(url));
  if (!out.flush()) return util::failure("cannot write " + file.string(), {}, "make room on that file system");
  return "sha256:" + hash.hex();
}

util::Status write_program(archive* in, const fs::path& path) {
  std::ofstream out(path, std::ios::binary);
  const void* data = nullptr;
  size_t count = 0;
  la_int64_t offset = 0;
  int status = ARCHIVE_OK;
  while ((status = archive_read_data_block(in, &data, &count, &offset)) == ARCHIVE_OK)
    if (!out.seekp(offset).write(static_cast<const char*>(data), static_cast<std::streamsize>(count)))
      return util::failure("cannot write " + path.string(), {}, "make room on that file system");
  if (status != ARCHIVE_EOF) return util::failure(fmt::format("cannot unpack: {}", archive_error_string(in)));
  out.close();
  if (!out) return util::failure("cannot write " + path.string(), {}, "make room on that file system");
  std::error_code error;
  fs::permissions(path, fs::perms(0755), error);
  return {};
}

/// Only the programs, by their exact names and as regular files: nothing in the tarball decides where a file goes.
util::Status unpack(const fs::path& tarball, const Recipe& recipe, const fs::path& bin) {
  const std::unique_ptr<archive, int (*)(archive*)> in(archive_read_new(), archive_read_free);
  archive_read_support_filter_gzip(in.get());
  archive_read_support_format_tar(in.get());
  if (archive_read_open_filename(in.get(), tarball.c_str(), 65536) != ARCHIVE_OK)
    return util::failure(fmt::format("it is no tarball: {}", archive_error_string(in.get())));
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(in.get(), &entry)) == ARCHIVE_OK) {
    std::string_view name = archive_entry_pathname(entry) ? archive_entry_pathname(entry) : "";
    if (name.starts_with("./")) name.remove_prefix(2);
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry)) continue;
    for (const auto& program : recipe.programs)
      if (name == recipe.release_folder + program) CP_TRY(write_program(in.get(), bin / program));
  }
  if (status != ARCHIVE_EOF) return util::failure(fmt::format("it is no tarball: {}", archive_error_string(in.get())));
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

util::Result<Origin> fetch_release(const Order& order, const fs::path& work, const Options& options) {
  const auto url = url_of(order, options);
  const auto file = work / "release";
  CP_TRY(util::make_directories(work / "bin"));
  CP_TRY_ASSIGN(auto digest, download(url, file, options.stop));
  if (!order.release_digest.empty() && digest != order.release_digest)
    return util::failure(
        fmt::format("it has the digest {} where docker/versions.yaml has {}", digest, order.release_digest),
        http::printable(url));
  const auto& recipe = order.recipe;
  auto unpacked = recipe.release_file.ends_with(".tar.gz") ? unpack(file, recipe, work / "bin")
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
