#include "engine/run_folder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace cacheproof::engine {
namespace {

namespace fs = std::filesystem;

class RunFolders : public testing::Test {
protected:
  std::size_t count() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(out_.path()), fs::directory_iterator()));
  }

  util::TempDir out_ = util::TempDir::create().value();
};

TEST_F(RunFolders, TheLastTwentyAreKept) {
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(RunFolder::create(out_.path(), fmt::format("run-{:02}", i)));
  EXPECT_EQ(count(), 20U);
  EXPECT_FALSE(fs::exists(out_.path() / "run-04"));
  EXPECT_TRUE(fs::exists(out_.path() / "run-05"));
}

TEST_F(RunFolders, ALiveRunIsNeverRemoved) {
  const auto live = RunFolder::create(out_.path(), "run-00").value();
  for (int i = 1; i < 30; ++i) ASSERT_TRUE(RunFolder::create(out_.path(), fmt::format("run-{:02}", i)));
  EXPECT_TRUE(fs::exists(live.path()));
  EXPECT_FALSE(fs::exists(out_.path() / "run-01"));
}

TEST_F(RunFolders, WhatIsNotARunIsNeverRemoved) {
  ASSERT_TRUE(util::make_directories(out_.path() / "a-folder-of-the-user"));
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(RunFolder::create(out_.path(), fmt::format("run-{:02}", i)));
  EXPECT_TRUE(fs::exists(out_.path() / "a-folder-of-the-user"));
}

TEST_F(RunFolders, SeveralProcessesMayBeOneRun) {
  const auto one = RunFolder::create(out_.path(), "ctest").value();
  const auto two = RunFolder::create(out_.path(), "ctest").value();
  EXPECT_EQ(one.path(), two.path());
}

TEST_F(RunFolders, AnUnwritablePlaceIsAnError) {
  const auto result = RunFolder::create("/proc/nowhere");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().blame, util::Blame::rig);
}

} // namespace
} // namespace cacheproof::engine
