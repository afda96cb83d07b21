#include "process/process.hpp"
#include "sandbox/janitor.hpp"
#include "sandbox/leftovers.hpp"
#include "sandbox/live.hpp"
#include "sandbox/sandbox.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Not a test but the program of the next one: opens a sandbox, builds for ever in it.
TEST(SandboxHelper, DISABLED_BuildsForEver) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  const auto& programs = toolchains[static_cast<std::size_t>(std::atoi(std::getenv("HELPER_TOOLCHAIN")))].programs;
  auto opened = Sandbox::open({.programs = programs});
  ASSERT_TRUE(opened) << util::to_text(opened.error());
  const auto daemon = (*opened)->fresh_daemon();
  ASSERT_TRUE(daemon) << util::to_text(daemon.error());
  ASSERT_TRUE(util::write_text(std::getenv("HELPER_FILE"), (*opened)->folder().string()));
  test::build(**opened, **daemon, programs, test::run_of("sleep 1000"));
}

TEST(JanitorLive, RemovesWhatAKilledRunLeftAndLeavesALiveOneAlone) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  prctl(PR_SET_CHILD_SUBREAPER, 1); // the orphans of the helper are reaped here: a container's init may reap nothing
  for (std::size_t i = 0; i < toolchains.size(); ++i) {
    SCOPED_TRACE(toolchains[i].version);
    const auto notes = util::TempDir::create();
    ASSERT_TRUE(notes);
    const auto note = notes->path() / "folder";
    auto helper = test::start_helper("SandboxHelper.*",
                                     {{"HELPER_FILE", note.string()}, {"HELPER_TOOLCHAIN", std::to_string(i)}});
    ASSERT_TRUE(helper);
    ASSERT_TRUE(test::eventually([&] { return fs::exists(note) || helper->poll(); }));
    ASSERT_TRUE(fs::exists(note));
    const fs::path folder = *util::read_text(note);
    ASSERT_TRUE(test::eventually([&] { return leftovers(folder).cgroups.size() > 2; })) << "its RUN step runs";

    sweep({.roots = {folder.parent_path()}});
    EXPECT_EQ(helper->poll(), std::nullopt);
    EXPECT_TRUE(fs::exists(folder)) << "it is alive";
    EXPECT_NE(leftovers(folder).processes.size(), 0u);

    kill(helper->pid(), SIGKILL);
    ASSERT_TRUE(helper->wait(30s));
    const auto planned = sweep({.dry_run = true, .roots = {folder.parent_path()}});
    EXPECT_THAT(planned, testing::Contains(testing::StartsWith("would remove " + folder.string() + ", left by pid ")));
    EXPECT_TRUE(fs::exists(folder));
    std::vector<std::string> one;
    std::vector<std::string> two;
    std::thread other([&] { two = sweep({.roots = {folder.parent_path()}}); });
    one = sweep({.roots = {folder.parent_path()}});
    other.join();
    one.insert(one.end(), two.begin(), two.end());
    const auto removed = [&](const std::string& line) { return line.starts_with("removed " + folder.string()); };
    EXPECT_EQ(std::count_if(one.begin(), one.end(), removed), 1) << util::join(one, "\n");
    EXPECT_EQ(leftovers(folder), Leftovers{});
    EXPECT_FALSE(fs::exists(folder));
    EXPECT_TRUE(test::eventually([] { return waitpid(-1, nullptr, WNOHANG) < 0; })) << "nothing of it is left";
  }
  prctl(PR_SET_CHILD_SUBREAPER, 0);
}

} // namespace
} // namespace cacheproof::sandbox
