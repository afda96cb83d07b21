#pragma once

#include "http/server.hpp"
#include "toolchain/toolchain.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cacheproof::toolchain {

namespace fs = std::filesystem;

inline la_ssize_t append(archive*, void* user, const void* data, size_t count) {
  static_cast<std::string*>(user)->append(static_cast<const char*>(data), count);
  return static_cast<la_ssize_t>(count);
}

inline std::string tarball(const std::vector<std::pair<std::string, std::string>>& files) {
  std::string bytes;
  const std::unique_ptr<archive, int (*)(archive*)> out(archive_write_new(), archive_write_free);
  archive_write_set_format_ustar(out.get());
  archive_write_add_filter_gzip(out.get());
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

/// An empty store, a PATH without go, and a release host that answers as the test wants.
class ToolchainTest : public testing::Test {
protected:
  void SetUp() override {
    path_ = std::getenv("PATH");
    setenv("CACHEPROOF_STORE", store_.c_str(), 1);
    fs::create_directories(folder_.path() / "path");
    setenv("PATH", ((folder_.path() / "path").string() + ":/usr/bin:/bin").c_str(), 1);
  }
  void TearDown() override {
    setenv("PATH", path_.c_str(), 1);
    unsetenv("CACHEPROOF_STORE");
  }

  void program(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    ASSERT_TRUE(util::write_text(path, text));
    fs::permissions(path, fs::perms(0755));
  }
  /// A go of that version whose other commands are `script`.
  void fake_go(const std::string& version, const std::string& script = "exit 1\n", const std::string& mode = "auto") {
    program(folder_.path() / "path" / "go",
            "#!/bin/sh\nif [ \"$1\" = env ]; then printf '%s\\n%s\\n' '" + version + "' '" + mode + "'; exit; fi\n"
                + script);
  }
  util::Result<Kit> install_with(bool module, std::string_view version = "v0.34.2", Kind kind = Kind::buildkit) {
    return install(kind,
                   version,
                   {.say =
                        [this](std::string_view line) {
                          const std::lock_guard lock(mutex_);
                          said_.emplace_back(line);
                        },
                    .stop = stop_.get_token(),
                    .sources = {.release = true, .image = image_, .module = module},
                    .releases_url = server_.url(),
                    .go_folder = (folder_.path() / "go").string()});
  }
  /// Files and folders of the store that are neither locks nor parents of them.
  std::vector<std::string> left_over() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(store_))
      if (entry.path().filename() != "buildkit") names.push_back(entry.path().filename());
    return names;
  }

  util::TempDir folder_ = std::move(*util::TempDir::create());
  fs::path store_ = folder_.path() / "store";
  std::string path_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::vector<std::string> said_;
  std::vector<std::string> asked_;
  bool image_ = false; ///< whether the container image is a source
  http::Answer answer_{.body = release()};
  http::Server server_ = std::move(*http::Server::start([this](const http::Received& received) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(received.target);
    if (received.target == "/elsewhere") return http::Answer{.body = release()};
    return answer_;
  }));
};

} // namespace cacheproof::toolchain
