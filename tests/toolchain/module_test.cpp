// The Go module: a real go, and a module proxy of our own.
#include "process/process.hpp"
#include "toolchain/ask.hpp"
#include "toolchain/fixture.hpp"
#include "toolchain/sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/mount.h>
#include <unistd.h>

#include <map>

namespace cacheproof::toolchain {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr const char* k_version = "v0.99.0";
constexpr const char* k_go_mod = "module github.com/moby/buildkit\n\ngo 1.21\n";

/// Of a BuildKit that does nothing but say its version.
std::string module_zip() {
  const auto program = [](const std::string& before, const std::string& after) {
    return "package main\n" + before + "func main() { " + after + " }\n";
  };
  const std::string import = "import (\n\t\"os\"\n\t\"github.com/moby/buildkit/version\"\n)\n";
  Files files{
      {"go.mod", k_go_mod},
      {"version/version.go", "package version\n\nvar Version = \"unknown\"\n"},
      {"cmd/buildkitd/main.go",
       program(import,
               "os.Stdout.WriteString(\"buildkitd github.com/moby/buildkit \" + version.Version + \" 01ab\\n\")")},
      {"cmd/buildctl/main.go", program("", "")},
      {"frontend/dockerfile/cmd/dockerfile-frontend/main.go",
       program("import \"os\"\nvar Version = \"unknown\"\n",
               "os.Stdout.WriteString(os.Args[0] + \" github.com/moby/buildkit/x \" + Version + \" 01ab\\n\")")},
  };
  for (auto& [path, text] : files) path.insert(0, std::string("github.com/moby/buildkit@") + k_version + "/");
  return zip(files);
}

class ToolchainModule : public ToolchainTest {
protected:
  void SetUp() override {
    ToolchainTest::SetUp();
    answer_ = {.status = 404}; // there is no release
    const auto go = process::find_program("go", path_ + ":/usr/local/go/bin");
    if (!go) GTEST_SKIP() << "needs go";
    fs::create_directories(folder_.path() / "go");
    fs::create_symlink(*go, folder_.path() / "go" / "go");
    // What it compiled stays in the cache of the user, as an empty one would cost half a minute.
    set("GOENV", "off");
    set("GOFLAGS", "-modcacherw");
    set("GOPROXY", proxy_.url());
    set("GOPRIVATE", "");
    set("GOSUMDB", "off");
    set("GOTOOLCHAIN", "local");
    set("GOMODCACHE", folder_.path() / "mod");
    if (tried("v0.0.1").find("too old") != std::string::npos) GTEST_SKIP() << "needs a go of at least 1.21";
    said_.clear();
  }
  void TearDown() override {
    for (const auto& name : set_) unsetenv(name.c_str());
    ToolchainTest::TearDown();
  }
  void set(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }
  /// What was tried by an install that failed.
  std::string tried(const std::string& version) {
    const auto kit = install_with(true, version);
    EXPECT_FALSE(kit);
    return kit ? "" : kit.error().tried;
  }
  Options options() { return {.go_folder = (folder_.path() / "go").string()}; }
  Order order(const std::string& sum) { return {recipe(Kind::buildkit), k_version, {.release = {}, .module = sum}}; }

  std::vector<std::string> set_;
  const std::string module_ = std::string("/github.com/moby/buildkit/@v/") + k_version;
  std::map<std::string, http::Answer> answers_{
      {module_ + ".info", {.body = std::string(R"({"Version": ")") + k_version + "\"}"}},
      {module_ + ".mod", {.body = k_go_mod}},
      {module_ + ".zip", {.body = module_zip()}},
  };
  http::Server proxy_ = std::move(*http::Server::start([this](const http::Received& received) {
    const std::lock_guard lock(mutex_);
    const auto found = answers_.find(received.target);
    return found == answers_.end() ? http::Answer{.status = 404, .body = "there is no such module"} : found->second;
  }));
};

TEST_F(ToolchainModule, IsBuiltForEveryKindThatItHas) {
  for (const auto kind : {Kind::buildkit, Kind::frontend}) {
    const auto kit = install_with(true, k_version, kind);
    ASSERT_TRUE(kit) << util::to_text(kit.error());
    EXPECT_EQ(kit->source, "module github.com/moby/buildkit@v0.99.0");
    EXPECT_EQ(ask_version(recipe(kind), kit->bin)->version, k_version);
    const auto record = nlohmann::json::parse(*util::read_text(kit->bin.parent_path() / "toolchain.json"));
    EXPECT_THAT(record["digest"].get<std::string>(), testing::MatchesRegex("h1:[A-Za-z0-9+/]{43}="));
    EXPECT_THAT(record["go"].get<std::string>(), testing::StartsWith("go1."));
  }
  EXPECT_THAT(said_, Contains("BuildKit v0.99.0: installed from the Go module"));
}

TEST_F(ToolchainModule, OfAnotherSumThanThePinnedIsNotBuilt) {
  const auto work = folder_.path() / "work";
  const auto refused = build_module(order("h1:other"), work, options());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what,
              testing::MatchesRegex("wrong digest: the module has the sum h1:[A-Za-z0-9+/]{43}= where "
                                    "docker/versions.yaml has h1:other"));
  EXPECT_THAT(refused.error().tried, HasSubstr("mod download -json github.com/moby/buildkit@v0.99.0"));
  EXPECT_TRUE(fs::is_empty(work / "bin"));
  const auto built = build_module(order(""), work, options());
  ASSERT_TRUE(built) << util::to_text(built.error());
  EXPECT_TRUE(build_module(order(built->digest), work, options())) << "its own";
}

TEST_F(ToolchainModule, MayLieElsewhere) {
  answers_["/elsewhere.zip"] = answers_.at(module_ + ".zip");
  answers_[module_ + ".zip"] = {.status = 302, .headers = {{"Location", proxy_.url() + "/elsewhere.zip"}}};
  const auto kit = install_with(true, k_version);
  EXPECT_TRUE(kit) << util::to_text(kit.error());
}

TEST_F(ToolchainModule, WithoutRoomForItLeavesNothing) {
  const auto small = folder_.path() / "small";
  fs::create_directories(small);
  if (geteuid() != 0 || mount("none", small.c_str(), "tmpfs", 0, "size=64k") != 0)
    GTEST_SKIP() << "needs root to mount";
  set("GOMODCACHE", small / "mod");
  ASSERT_TRUE(util::write_text(small / "full", std::string(40'000, 'x')));
  EXPECT_THAT(tried(k_version), HasSubstr("no space left on device"));
  EXPECT_EQ(left_over(), std::vector<std::string>{});
  EXPECT_EQ(umount2(small.c_str(), MNT_DETACH), 0);
  set("GOMODCACHE", folder_.path() / "mod");
  EXPECT_TRUE(install_with(true, k_version));
}

TEST_F(ToolchainModule, ThatDoesNotComeWholeLeavesNothing) {
  const auto good = answers_;
  const auto zip = good.at(module_ + ".zip").body;
  struct Spoilt {
    std::string file;
    http::Answer answer;
    std::string words;
  };
  const std::vector<Spoilt> all{
      {".info", {.status = 404, .body = "there is no such version"}, "404 Not Found"},
      {".mod", {.status = 500}, "500 Internal Server Error"},
      {".zip", {.status = 500}, "500 Internal Server Error"},
      {".zip", {.body = zip, .break_after = zip.size() / 2}, "unexpected EOF"},
      {".zip", {.body = zip.substr(0, zip.size() / 2)}, "not a valid zip file"},
  };
  for (const auto& [file, answer, words] : all) {
    answers_ = good;
    answers_[module_ + file] = answer;
    const auto outcome = tried(k_version);
    EXPECT_THAT(outcome, HasSubstr("the Go module did not work: go cannot get the module: "));
    EXPECT_THAT(outcome, HasSubstr(words));
    EXPECT_EQ(left_over(), std::vector<std::string>{});
    EXPECT_FALSE(find(Kind::buildkit, k_version));
  }
  answers_ = good;
  EXPECT_TRUE(install_with(true, k_version)) << "go keeps nothing of it either";
}

} // namespace
} // namespace cacheproof::toolchain
