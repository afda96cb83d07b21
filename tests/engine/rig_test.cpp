// Where the programs of a run come from, on a machine from which no way leads out.
#include "engine/rig.hpp"
#include "http/server.hpp"
#include "util/files.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

namespace cacheproof::engine {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::Contains;

/// Answers as go does; what it builds says the version that it is told.
constexpr const char* k_go = R"(#!/bin/sh
case $1 in
env) printf '%s\n' go1.26.8 auto off ;;
mod) printf '{"Dir": "%s/module", "Sum": "h1:x"}' "${0%/*}" ;;
build)
  for word; do case $word in */) out=$word ;; *ersion=*) version=${word##*=} ;; esac; done
  for name in buildkitd buildctl dockerfile-frontend; do
    printf '#!/bin/sh\necho %s github.com/moby/buildkit %s\n' $name $version >$out$name
    chmod +x $out$name
  done ;;
esac
)";

class RigSources : public testing::Test {
protected:
  void SetUp() override {
    write_program("go", k_go);
    fs::create_directories(folder_.path() / "module");
    ASSERT_TRUE(util::write_text(folder_.path() / "module" / "go.mod", "module x\n\ngo 1.26.8\n"));
    const std::string path = std::getenv("PATH");
    set("PATH", folder_.path().string() + ":" + path);
    set("CACHEPROOF_STORE", folder_.path() / "store");
    set("CACHEPROOF_RELEASES_URL", silent_.url());
    set("CACHEPROOF_DOCKER_HUB_URL", silent_.url() + "/hub");
    supply_.install.say = [this](std::string_view line) { said_.emplace_back(line); };
    supply_.install.patience = 300ms;
    if (auto rig = prepare_rig({.buildkit = "path:" + own(), .registry = "process"}, supply_); !rig)
      GTEST_SKIP() << rig.error().what;
    said_.clear();
  }
  void TearDown() override {
    for (const auto& [name, value] : kept_)
      if (value)
        setenv(name.c_str(), value->c_str(), 1);
      else
        unsetenv(name.c_str());
  }
  void set(const std::string& name, const std::string& value) {
    const char* now = std::getenv(name.c_str());
    kept_.emplace(name, now ? std::optional<std::string>(now) : std::nullopt);
    setenv(name.c_str(), value.c_str(), 1);
  }
  void write_program(const fs::path& name, const std::string& text) {
    fs::create_directories((folder_.path() / name).parent_path());
    ASSERT_TRUE(util::write_text(folder_.path() / name, text));
    fs::permissions(folder_.path() / name, fs::perms(0755));
  }
  /// A folder with a BuildKit of the user's own.
  std::string own() {
    write_program("own/buildkitd", "#!/bin/sh\necho buildkitd github.com/moby/buildkit v0.99.0-dev\n");
    write_program("own/buildctl", "#!/bin/sh\n");
    return (folder_.path() / "own").string();
  }

  util::TempDir folder_ = util::TempDir::create().value();
  std::map<std::string, std::optional<std::string>> kept_;
  std::atomic<int> knocks_ = 0;
  http::Server silent_ = std::move(*http::Server::start([this](const http::Received&) {
    ++knocks_;
    return http::Answer{.hang = true};
  }));
  Supply supply_;
  std::vector<std::string> said_;
};

TEST_F(RigSources, ASilentHostIsWaitedForOnceInARun) {
  auto first = prepare_rig({.buildkit = "v0.20.0", .registry = "process"}, supply_);
  ASSERT_TRUE(first) << util::to_text(first.error());
  const int knocks = knocks_; // for the release and for the image
  EXPECT_GT(knocks, 0);
  ASSERT_TRUE(prepare_rig({.buildkit = "v0.21.0", .registry = "process"}, supply_));
  ASSERT_TRUE(add_frontends(*first, {"v0.21.0", "v0.22.0"}, supply_));
  EXPECT_EQ(knocks_, knocks);
  EXPECT_EQ(std::count_if(
                said_.begin(), said_.end(), [](const auto& line) { return line.find("no way out to") != line.npos; }),
            1);
  EXPECT_THAT(said_, Contains("BuildKit v0.21.0: installed from the Go module"));
}

TEST_F(RigSources, OfflineNobodyIsAsked) {
  supply_.offline = true;
  const auto rig = prepare_rig({.buildkit = "v0.20.0", .registry = "process"}, supply_);
  ASSERT_FALSE(rig);
  EXPECT_EQ(rig.error().what, "BuildKit v0.20.0 is not in the store");
  EXPECT_EQ(rig.error().remedy, "cacheproof toolchain install v0.20.0");
  auto own_rig = prepare_rig({.buildkit = "path:" + own(), .registry = "process"}, supply_);
  ASSERT_TRUE(own_rig);
  EXPECT_FALSE(add_frontends(*own_rig, {"v0.21.0"}, supply_));
  EXPECT_EQ(knocks_, 0);
}

TEST_F(RigSources, AFrontendThatCannotBeHadIsTriedOnce) {
  supply_.install.go_folder = folder_.path(); // not the one of this machine
  write_program("go", "#!/bin/sh\n[ $1 = env ] && printf '%s\\n' go1.19.8 auto off\n");
  for (int i = 0; i < 2; ++i) {
    auto rig = prepare_rig({.buildkit = "path:" + own(), .registry = "process"}, supply_);
    ASSERT_TRUE(rig && add_frontends(*rig, {"v0.21.0"}, supply_));
    ASSERT_FALSE(rig->frontends.at("v0.21.0"));
    EXPECT_EQ(rig->frontends.at("v0.21.0").error().blame, util::Blame::unable);
  }
  EXPECT_EQ(std::count(said_.begin(), said_.end(), "Dockerfile frontend v0.21.0: trying the Go module"), 1);
}

TEST_F(RigSources, WhichServedIsSaidOnceToWhoAsks) {
  ASSERT_TRUE(prepare_rig({.buildkit = "v0.20.0", .registry = "process"}, supply_));
  said_.clear();
  ASSERT_TRUE(prepare_rig({.buildkit = "v0.20.0", .registry = "process"}, supply_));
  EXPECT_THAT(said_, testing::IsEmpty());

  supply_.verbose = true;
  for (const auto& buildkit : {std::string("v0.20.0"), "path:" + own(), std::string("v0.20.0")})
    ASSERT_TRUE(prepare_rig({.buildkit = buildkit, .registry = "process"}, supply_));
  EXPECT_THAT(said_,
              testing::ElementsAre(testing::MatchesRegex("registry: /.*/docker-registry of this machine"),
                                   "BuildKit v0.20.0: from the store (module github.com/moby/buildkit@v0.20.0)",
                                   "BuildKit: from the path " + own() + ", whose buildkitd says v0.99.0-dev"));
}

} // namespace
} // namespace cacheproof::engine
