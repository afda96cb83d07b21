#pragma once

#include "http/server.hpp"
#include "toolchain/release_files.hpp"
#include "toolchain/toolchain.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace cacheproof::toolchain {

namespace fs = std::filesystem;

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
                    .patience = patience_,
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
  std::chrono::milliseconds patience_ = std::chrono::seconds(30);
  bool image_ = false; ///< whether the container image is a source
  http::Answer answer_{.body = release()};
  http::Server server_ = std::move(*http::Server::start([this](const http::Received& received) {
    const std::lock_guard lock(mutex_);
    if (received.method != "HEAD") asked_.push_back(received.target); // that only asks whether somebody is there
    if (received.target == "/elsewhere") return http::Answer{.body = release()};
    return answer_;
  }));
};

} // namespace cacheproof::toolchain
