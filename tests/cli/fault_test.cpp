// What happens when the rig fails: no verdict about the cache, a cause, a remedy, and nothing left behind.
#include "cli/program_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// The file of a process's /proc folder as text, NULs as blanks.
std::string proc_text(const fs::path& process, const char* file) {
  std::ifstream stream(process / file);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

/// Every process of the machine of which that file of /proc (`cmdline`, `environ`) has `part`.
std::vector<pid_t> processes_with(const std::string& part, const char* file = "cmdline") {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (proc_text(entry.path(), file).find(part) != std::string::npos) found.push_back(std::stoi(name));
  }
  return found;
}

/// What a run may leave on the machine: sandboxes, mounts in them, control groups, processes from them.
std::string traces() {
  std::string text;
  std::error_code ignored;
  for (const auto& root : {fs::path("/dev/shm"), fs::temp_directory_path()})
    for (const auto& entry : fs::directory_iterator(root))
      if (fs::exists(entry.path() / "owner", ignored)) text += "folder " + entry.path().string() + "\n";
  for (const auto& line : util::lines(util::read_text("/proc/self/mountinfo").value()))
    if (line.find("/cacheproof-") != std::string::npos) text += "mount " + line + "\n";
  for (fs::recursive_directory_iterator it("/sys/fs/cgroup", ignored), end; it != end; it.increment(ignored))
    if (it->path().filename().string().starts_with("cacheproof-")) text += "cgroup " + it->path().string() + "\n";
  for (const auto pid : processes_with("CACHEPROOF_SANDBOX=", "environ")) text += fmt::format("process {}\n", pid);
  return text;
}

/// A build that hangs in a RUN which can be told from every other process of the machine.
class RigAlone : public ProgramTest {
protected:
  void SetUp() override {
    skip_without_root();
    ASSERT_EQ(traces(), "") << "something was left before this test";
  }
  void TearDown() override { EXPECT_EQ(traces(), ""); }

  std::string hanging_scenario() const {
    auto text = k_plain;
    replace(text, "RUN mkdir /packages", fmt::format("RUN sleep {} && mkdir /packages", seconds_));
    return write("hangs.yaml", text);
  }

  /// Starts the program and waits until its RUN is under way.
  process::Process start_hanging() const {
    auto started = process::Process::start(command({"run", hanging_scenario()}), {.log = folder_.path() / "log"});
    EXPECT_TRUE(started);
    for (int i = 0; i < 600 && processes_with(sleep_command()).empty(); ++i) usleep(50'000);
    EXPECT_FALSE(processes_with(sleep_command()).empty()) << read("log");
    return std::move(*started);
  }

  std::string sleep_command() const { return fmt::format("sleep {}", seconds_); }

  const int seconds_ = 100'000 + getpid();
};

TEST_F(RigAlone, ADaemonKilledInABuildIsBrokenAndSaysWhatToDo) {
  auto program = start_hanging();
  const auto daemons = processes_with("buildkitd --root");
  ASSERT_FALSE(daemons.empty());
  for (const auto pid : daemons) kill(pid, SIGKILL);
  EXPECT_EQ(program.wait(std::chrono::minutes(1)), (process::Exit{2, {}}));
  EXPECT_THAT(read("log"), HasSubstr("buildkitd died during the build"));
  EXPECT_THAT(read("log"), HasSubstr("to do: "));
  EXPECT_THAT(read("log"), HasSubstr("1 broken"));
}

TEST_F(RigAlone, CtrlCEndsTheRunAndLeavesNoTrace) {
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, {SIGTERM, 143}, {SIGHUP, 129}}) {
    auto program = start_hanging();
    kill(program.pid(), signal);
    EXPECT_EQ(program.wait(std::chrono::minutes(1)), (process::Exit{code, {}})) << read("log");
    EXPECT_EQ(traces(), "");
    EXPECT_TRUE(processes_with(sleep_command()).empty());
  }
}

TEST_F(RigAlone, WhatAKilledRunLeftIsSweptByTheNext) {
  auto program = start_hanging();
  kill(program.pid(), SIGKILL);
  ASSERT_EQ(program.wait(std::chrono::minutes(1)), (process::Exit{{}, SIGKILL}));
  const auto next = run({"run", write("plain.yaml", k_plain)});
  EXPECT_EQ(next.exit.code, 0) << next.out << next.err;
  EXPECT_TRUE(processes_with(sleep_command()).empty());
}

TEST_F(RigAlone, CleanSweepsToo) {
  auto program = start_hanging();
  kill(program.pid(), SIGKILL);
  ASSERT_EQ(program.wait(std::chrono::minutes(1)), (process::Exit{{}, SIGKILL}));
  EXPECT_THAT(run({"clean", "--dry-run"}).out, HasSubstr("cacheproof-"));
  EXPECT_NE(traces(), "");
  EXPECT_EQ(run({"clean"}).exit.code, 0);
  EXPECT_EQ(traces(), "");
}

/// Runs the program in a mount namespace of its own in which `hidden` is no program.
process::Finished run_without(const process::Command& command, const std::string& hidden) {
  auto wrapped = command;
  wrapped.argv = {"unshare", "--mount", "sh", "-c", "mount --bind /dev/null \"$0\" && exec \"$@\"", hidden};
  wrapped.argv.insert(wrapped.argv.end(), command.argv.begin(), command.argv.end());
  return process::run(wrapped, {.timeout = std::chrono::minutes(5)}).value();
}

TEST_F(RigAlone, AMissingRuncIsBrokenAndSaysWhatToDo) {
  const auto runc = process::find_program("runc", "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin");
  ASSERT_TRUE(runc);
  const auto finished = run_without(command({"run", write("plain.yaml", k_plain)}), runc->string());
  EXPECT_EQ(finished.exit.code, 2) << finished.out << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("runc"));
  EXPECT_THAT(finished.err, HasSubstr("apt-get install runc"));
}

TEST_F(RigAlone, WithoutGoAndWithoutReleasesItSaysWhatToDo) {
  // An empty store, a network of its own with nothing in it, and no go.
  auto wrapped = command({"run", write("plain.yaml", k_plain)});
  auto& variables = *wrapped.environment;
  variables["CACHEPROOF_STORE"] = (folder_.path() / "store").string();
  variables["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
  variables.erase("GOROOT");
  const std::string hide = "if [ -d /usr/local/go ]; then mount -t tmpfs none /usr/local/go; fi; "
                           "if [ -e /usr/bin/go ]; then mount --bind /dev/null /usr/bin/go; fi; exec \"$@\"";
  const auto program = wrapped.argv;
  wrapped.argv = {"unshare", "--mount", "--net", "sh", "-c", hide, "sh"};
  wrapped.argv.insert(wrapped.argv.end(), program.begin(), program.end());
  const auto finished = process::run(wrapped, {.timeout = std::chrono::minutes(5)}).value();
  EXPECT_EQ(finished.exit.code, 2) << finished.out << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("to do: "));
  EXPECT_THAT(finished.err, HasSubstr("v0.34.2"));
}

TEST_F(RigAlone, TwoRunsAtOnceDoNotMeet) {
  const auto file = write("plain.yaml", k_plain);
  auto one = process::Process::start(command({"run", file}), {.log = folder_.path() / "one"}).value();
  auto two = process::Process::start(command({"run", file}), {.log = folder_.path() / "two"}).value();
  EXPECT_EQ(one.wait(std::chrono::minutes(2)), (process::Exit{0, {}})) << read("one");
  EXPECT_EQ(two.wait(std::chrono::minutes(2)), (process::Exit{0, {}})) << read("two");
}

} // namespace
} // namespace cacheproof
