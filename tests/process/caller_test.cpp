#include "process/caller.hpp"
#include "process/process.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>

namespace cacheproof::process {
namespace {

TEST(CommandOfTheCaller, IsTheCommandItselfWithoutSudo) {
  const Command command{.argv = {"go", "version"}, .environment = {}, .directory = "/"};
  EXPECT_EQ(as_caller(command), command);
}

TEST(CommandOfTheCaller, RunsAsTheUserBehindSudoWithTheirHome) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  setenv("SUDO_UID", "65534", 1); // nobody
  setenv("SUDO_GID", "65534", 1);
  const auto finished = run(as_caller({.argv = {"sh", "-c", "id -u; echo $HOME $A"},
                                       .environment = {{{"PATH", "/usr/bin:/bin"}, {"A", "b"}}},
                                       .directory = {}}));
  unsetenv("SUDO_UID");
  unsetenv("SUDO_GID");
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->out, "65534\n/nonexistent b\n");
}

} // namespace
} // namespace cacheproof::process
