// A machine that lacks something, has another clock, or is shared with other runs.
#include "cli/fault_fixture.hpp"

#include <gtest/gtest.h>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class MachineFaultLive : public FaultTest {};

TEST_F(MachineFaultLive, AMissingRuncIsBrokenAndSaysWhatToDo) {
  const auto runc = process::find_program("runc", "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin");
  ASSERT_TRUE(runc);
  world().sh("mount --bind /dev/null " + runc->string());
  const auto finished = run_inside({"run", next()});
  EXPECT_EQ(finished.exit.code, 2) << finished.out << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("runc"));
  EXPECT_THAT(finished.err, HasSubstr("apt-get install runc"));
}

TEST_F(MachineFaultLive, WithoutGoAndWithoutReleasesItSaysWhatToDo) {
  // An empty store, a network of its own with nothing in it, and no go.
  world().sh("if [ -d /usr/local/go ]; then mount -t tmpfs none /usr/local/go; fi; "
             "if [ -e /usr/bin/go ]; then mount --bind /dev/null /usr/bin/go; fi");
  auto plain = command({"run", next()});
  auto& variables = *plain.environment;
  variables["CACHEPROOF_STORE"] = (folder_.path() / "store").string();
  variables["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
  variables.erase("GOROOT");
  plain.argv.insert(plain.argv.begin(), {"unshare", "--net"});
  const auto finished = process::run(world().inside(plain), {.timeout = std::chrono::minutes(5)}).value();
  EXPECT_EQ(finished.exit.code, 2) << finished.out << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("to do: "));
  EXPECT_THAT(finished.err, HasSubstr("v0.34.2"));
}

TEST_F(MachineFaultLive, TwoRunsAtOnceDoNotMeet) {
  const auto file = next();
  auto one = process::Process::start(inside({"run", file}), {.log = folder_.path() / "one"}).value();
  auto two = process::Process::start(inside({"run", file}), {.log = folder_.path() / "two"}).value();
  EXPECT_EQ(one.wait(std::chrono::minutes(2)), (process::Exit{0, {}})) << read("one");
  EXPECT_EQ(two.wait(std::chrono::minutes(2)), (process::Exit{0, {}})) << read("two");
}

// faketime is put before our program alone: nobody else's clock jumps, least of all the machine's.
TEST_F(MachineFaultLive, AClockThatJumpsChangesNothing) {
  const auto library = [] {
    for (const auto& entry :
         fs::recursive_directory_iterator("/usr/lib", fs::directory_options::skip_permission_denied))
      if (entry.path().filename() == "libfaketimeMT.so.1") return entry.path().string();
    return std::string();
  }();
  if (library.empty()) GTEST_SKIP() << "the package faketime is not installed";
  more_environment_ = {{"LD_PRELOAD", library},
                       {"FAKETIME_TIMESTAMP_FILE", (folder_.path() / "clock").string()},
                       {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}, // as when somebody sets the clock
                       {"FAKETIME_NO_CACHE", "1"},
                       {"ASAN_OPTIONS", "verify_asan_link_order=0"}}; // the preset `dev`: faketime is loaded first
  write("clock", "+0");
  auto run = start({"run", hit("sleep 1000"), next()});
  const auto outside = fs::path("/dev/shm") / fmt::format("faketime_shm_{}", run.pid());
  const auto sleep = sleeping();
  write("clock", "+30h");
  EXPECT_TRUE(World::signal(sleep, SIGKILL));
  ASSERT_TRUE(eventually([&] { return !find("round.json").empty(); })) << read("log");
  write("clock", "-30h");
  EXPECT_EQ(run.wait(std::chrono::minutes(2)), (process::Exit{0, {}})) << read("log");
  world().sh("rm -f /dev/shm/*faketime*");
  EXPECT_FALSE(fs::exists(outside)) << "it was loaded into the program that enters the world, too";
}

} // namespace
} // namespace cacheproof
