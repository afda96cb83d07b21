#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cacheproof::toolchain {

inline la_ssize_t append(archive*, void* user, const void* data, size_t count) {
  static_cast<std::string*>(user)->append(static_cast<const char*>(data), count);
  return static_cast<la_ssize_t>(count);
}

using Files = std::vector<std::pair<std::string, std::string>>; ///< paths and contents

/// `form` chooses how.
inline std::string pack(const Files& files, void (*form)(archive*)) {
  std::string bytes;
  const std::unique_ptr<archive, int (*)(archive*)> out(archive_write_new(), archive_write_free);
  form(out.get());
  archive_write_open2(out.get(), &bytes, nullptr, append, nullptr, nullptr);
  for (const auto& [path, content] : files) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_mode(entry.get(), S_IFREG | 0755);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    archive_write_header(out.get(), entry.get());
    archive_write_data(out.get(), content.data(), content.size());
  }
  archive_write_close(out.get());
  return bytes;
}

inline std::string tarball(const Files& files) {
  return pack(files, [](archive* out) {
    archive_write_set_format_ustar(out);
    archive_write_add_filter_gzip(out);
  });
}

inline std::string zip(const Files& files) {
  return pack(files, [](archive* out) {
    archive_write_set_format_zip(out);
    archive_write_set_bytes_in_last_block(out, 1); // nothing behind its end
  });
}

/// What a real buildkitd prints for --version.
inline std::string buildkitd(const std::string& version) {
  return "#!/bin/sh\necho buildkitd github.com/moby/buildkit " + version + " 0123456789abcdef\n";
}

inline std::string release(const std::string& version = "v0.34.2") {
  return tarball({{"bin/buildkitd", buildkitd(version)},
                  {"bin/buildctl", "#!/bin/sh\n"},
                  {"bin/buildkit-runc", "#!/bin/sh\n"},
                  {"../escaped", "x"}});
}

} // namespace cacheproof::toolchain
