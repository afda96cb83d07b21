#include "engine/load.hpp"
#include "engine/repositories.hpp"
#include "scenario/read.hpp"
#include "util/diagnostic_format.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace cacheproof::engine {
namespace {

namespace fs = std::filesystem;

/// Scenarios of a repository that git itself has made and that is named by its URL.
class ClonedRepositories : public testing::Test {
protected:
  void SetUp() override {
    if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no git";
    const auto made = "cd '" + room_.path().string()
                      + "' && export HOME=. GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a "
                        "GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a && git init -q -b main there && cd there && "
                        "printf 'FROM alpine AS app\\nRUN true\\n' >Dockerfile && git add . && git commit -q -m x";
    ASSERT_EQ(std::system(made.c_str()), 0);
  }
  std::string url() const { return "file://" + (room_.path() / "there").string(); }

  std::shared_ptr<const scenario::Scenario> scenario(const std::string& url, const std::string& step) const {
    auto reading = scenario::read_text("title: x\n"
                                       "git: {repository: '"
                                           + url
                                           + "', commit: main}\n"
                                             "setup: {images: {alpine: busybox}}\n"
                                             "rounds: [{expect: {cached: ["
                                           + step + "]}}]\n",
                                       "x.yaml");
    for (const auto& each : reading.diagnostics) ADD_FAILURE() << util::to_text(each);
    return std::make_shared<const scenario::Scenario>(std::move(*reading.scenario));
  }
  util::Result<Repositories> clone(const Scenarios& scenarios) {
    return Repositories::clone(scenarios, cloner_, {}, [&](std::string_view line) { said_.emplace_back(line); });
  }

  util::TempDir room_ = util::TempDir::create().value();
  std::vector<std::string> said_;
  Cloner cloner_{.command = {}};
};

TEST_F(ClonedRepositories, AreClonedOnceAndGoInTheEnd) {
  const auto first = scenario(url(), "app");
  fs::path where;
  {
    const auto here = clone({first, scenario(url(), "app")});
    ASSERT_TRUE(here) << util::to_text(here.error());
    EXPECT_EQ(said_, std::vector<std::string>{"cloning " + url()});
    ASSERT_EQ(here->scenarios().size(), 2u);
    const auto source = std::get<scenario::GitSource>(here->scenarios()[0]->context);
    EXPECT_FALSE(source.is_url);
    EXPECT_EQ(source, std::get<scenario::GitSource>(here->scenarios()[1]->context));
    where = source.repository;
    EXPECT_TRUE(fs::exists(where));
    EXPECT_EQ(util::to_text(here->diagnostics()), "");
  }
  EXPECT_FALSE(fs::exists(where.parent_path()));
}

TEST_F(ClonedRepositories, AreCheckedWhenTheyAreThere) {
  const auto wrong = scenario(url(), "ap 2");
  EXPECT_TRUE(check(*wrong).empty()) << "nothing can be known of it yet";
  const auto here = clone({wrong});
  ASSERT_TRUE(here) << util::to_text(here.error());
  std::string said;
  for (const auto& each : here->diagnostics()) said += util::to_text(each);
  EXPECT_EQ(said,
            "x.yaml:4:29: error[CP0110]: 'ap 2' names no stage of x.yaml:/Dockerfile: did you mean 'app'?\n"
            "    4 | rounds: [{expect: {cached: [ap 2]}}]\n"
            "      |                             ^~~~\n");
}

TEST_F(ClonedRepositories, ThatAreNotThereBreakTheRun) {
  const auto here = clone({scenario(url() + "/nowhere", "app")});
  ASSERT_FALSE(here);
  EXPECT_EQ(here.error().blame, util::Blame::rig);
  EXPECT_TRUE(here.error().what.starts_with("the repository " + url() + "/nowhere could not be cloned: "))
      << here.error().what;
}

TEST_F(ClonedRepositories, AreMadeByAProgramThatCanBeEnded) {
  const auto cloned_by = [&](const std::string& script) {
    cloner_ = {.command = {"/bin/sh", "-c", script}, .silence = std::chrono::seconds(7)};
    const auto here = clone({scenario("git://127.0.0.1:9/x", "app")});
    EXPECT_TRUE(here || here.error().blame == util::Blame::rig);
    return here ? "it did" : here.error().what;
  };
  EXPECT_EQ(cloned_by("kill -ALRM $$"),
            "the repository git://127.0.0.1:9/x could not be cloned: nothing came from it for 7 s");
  EXPECT_EQ(cloned_by("echo why >&2; exit 2"), "why");
  EXPECT_EQ(cloned_by("exit 3"), "the repository git://127.0.0.1:9/x could not be cloned: exit code 3");
  cloner_ = {.command = {"/bin/sh", "-c", "test $0 = git-clone && git clone -q --bare $1 $2"}};
  const auto here = clone({scenario(url(), "app")});
  ASSERT_TRUE(here) << util::to_text(here.error());
  EXPECT_TRUE(fs::exists(fs::path(std::get<scenario::GitSource>(here->scenarios()[0]->context).repository) / "HEAD"));
}

TEST_F(ClonedRepositories, OfflineAreThoseOfThisMachine) {
  for (const auto* mine : {"file:///a", "http://127.0.0.1:80/a", "http://localhost/a", "git://[::1]:9/a"})
    EXPECT_TRUE(check_repositories_offline({scenario(mine, "app")})) << mine;
  for (const auto* others : {"https://example.org/a", "http://127.0.0.1.example.org/a", "http://10.0.0.1/a"})
    EXPECT_FALSE(check_repositories_offline({scenario(others, "app")})) << others;
  const auto refused = check_repositories_offline({scenario("https://example.org/a", "app")});
  EXPECT_EQ(util::to_text(refused.error()),
            "x would clone https://example.org/a, which --offline forbids\n"
            "  to do: name a repository of this machine, leave the scenario out, or play without --offline");
  EXPECT_EQ(refused.error().blame, util::Blame::input);
}

} // namespace
} // namespace cacheproof::engine
