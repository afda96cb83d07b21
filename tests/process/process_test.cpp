#include "process/process.hpp"
#include "process/waiting.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

namespace cacheproof::process {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

/// Long enough for a loaded machine; no test waits for it when all is well.
constexpr auto k_patience = 30s;

Command shell(const std::string& script) {
  return {.argv = {"/bin/sh", "-c", script}};
}

long open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

/// Whether a process that need not be our child ends while we are patient.
bool ends(pid_t pid) {
  const util::Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return true; // it is gone already
  pollfd descriptor{pidfd.get(), POLLIN, 0};
  poll_until({&descriptor, 1}, deadline_after(k_patience));
  return descriptor.revents != 0;
}

/// Orphans of our programs come to us while this lives, to be reaped: a container's init may reap nothing.
struct Foster {
  Foster() { prctl(PR_SET_CHILD_SUBREAPER, 1); }
  ~Foster() { prctl(PR_SET_CHILD_SUBREAPER, 0); }
};

/// The pid that a program wrote into a file, once it is there.
pid_t pid_in(const std::filesystem::path& file) {
  for (const auto deadline = deadline_after(k_patience); Clock::now() < deadline;) {
    const auto text = util::read_text(file);
    if (text && text->ends_with('\n')) return std::atoi(text->c_str());
    std::this_thread::sleep_for(5ms);
  }
  ADD_FAILURE() << "nothing was written to " << file;
  return -1;
}

TEST(Run, CapturesBothStreamsAndTheExitCode) {
  const auto finished = run(shell("echo out; echo err >&2; exit 3"));
  ASSERT_TRUE(finished) << util::to_text(finished.error());
  EXPECT_EQ(finished->out, "out\n");
  EXPECT_EQ(finished->err, "err\n");
  EXPECT_EQ(finished->exit, (Exit{.code = 3}));
  EXPECT_FALSE(finished->exit.ok());
}

TEST(Run, DoesNotBlockWhenBothStreamsAreFull) {
  const auto finished = run(shell("head -c 10000000 /dev/zero | tr '\\0' e >&2 & head -c 10000000 /dev/zero; wait"));
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->out, std::string(10'000'000, '\0'));
  EXPECT_EQ(finished->err, std::string(10'000'000, 'e'));
}

TEST(Run, HandsOutPiecesAsTheyCome) {
  std::string seen;
  const auto finished = run(shell("echo a; echo b >&2"), {.on_output = [&](std::string_view piece) { seen += piece; }});
  ASSERT_TRUE(finished);
  EXPECT_EQ(seen.size(), 4u);
}

TEST(Run, TellsASignalFromACode) {
  const auto finished = run(shell("kill -9 $$"));
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->exit, (Exit{.signal = SIGKILL}));
  EXPECT_EQ(to_text(finished->exit), "killed by signal 9 (Killed)");
  EXPECT_EQ(to_text(Exit{.code = 1}), "exit code 1");
}

TEST(Run, EndsAtItsTimeout) {
  const auto finished = run(shell("echo begun; exec sleep 1000"), {.timeout = 200ms});
  ASSERT_TRUE(finished);
  EXPECT_TRUE(finished->timed_out);
  EXPECT_FALSE(finished->interrupted);
  EXPECT_EQ(finished->out, "begun\n");
  EXPECT_EQ(finished->exit, (Exit{.signal = SIGTERM}));
}

TEST(Run, LooksAtTheTimeThoughTheProgramNeverPauses) {
  const auto finished = run({.argv = {"yes"}}, {.timeout = 100ms});
  ASSERT_TRUE(finished);
  EXPECT_TRUE(finished->timed_out);
}

TEST(Run, ReadsOnWhileTheProgramSaysGoodbye) {
  // More than a pipe holds: a program that is told to end must be able to write it.
  const auto finished = run(
      shell("trap 'head -c 300000 /dev/zero; exit 7' TERM; echo up; while :; do sleep 0.05; done"), {.timeout = 500ms});
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->exit, (Exit{.code = 7}));
  EXPECT_EQ(finished->out.size(), 300003u);
}

TEST(Run, IsInterruptedByAStopRequest) {
  std::stop_source source;
  const auto finished =
      run(shell("echo begun; exec sleep 1000"),
          {.stop = source.get_token(), .on_output = [&](std::string_view) { source.request_stop(); }});
  ASSERT_TRUE(finished);
  EXPECT_TRUE(finished->interrupted);
  EXPECT_FALSE(finished->timed_out);
  EXPECT_EQ(finished->exit, (Exit{.signal = SIGTERM}));
}

TEST(Run, DoesNotWaitForWhoeverElseHoldsTheStreams) {
  const Foster foster;
  // It says so itself when it has left the group, or it would be ended with it.
  const auto finished = run(shell("setsid sh -c 'echo $$; exec sleep 1000' & sleep 0.3"));
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->exit, (Exit{.code = 0}));
  const pid_t escaped = std::atoi(finished->out.c_str());
  ASSERT_GT(escaped, 0);
  EXPECT_EQ(kill(escaped, SIGKILL), 0);
  EXPECT_EQ(waitpid(escaped, nullptr, 0), escaped);
}

TEST(Run, GivesAnEmptyInput) {
  const auto finished = run({.argv = {"cat"}});
  ASSERT_TRUE(finished);
  EXPECT_TRUE(finished->exit.ok());
}

TEST(Run, GivesExactlyTheEnvironmentOfTheCommand) {
  const auto finished = run({.argv = {"/usr/bin/env"}, .environment = {{{"A", "b c"}, {"LANG", "C"}}}});
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->out, "A=b c\nLANG=C\n");
}

TEST(Run, StartsInTheFolderOfTheCommand) {
  const auto finished = run({.argv = {"pwd"}, .directory = "/proc/self/root/usr/../usr"});
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->out, "/usr\n");
}

TEST(Run, NamesAMissingProgramWithARemedy) {
  const auto finished = run({.argv = {"no-such-program", "x"}});
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error(),
            (util::Error{.what = "cannot start no-such-program: there is no such program in PATH",
                         .tried = "no-such-program x",
                         .remedy = "install no-such-program or correct PATH"}));
  const auto by_path = run({.argv = {"/no/such"}});
  ASSERT_FALSE(by_path);
  EXPECT_EQ(by_path.error().what, "cannot start /no/such: No such file or directory");
  const auto folder = run({.argv = {"true"}, .directory = "/no/such"});
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().what, "cannot start true: its folder /no/such: No such file or directory");
  const auto no_program = run({.argv = {"/etc/passwd"}});
  ASSERT_FALSE(no_program);
  EXPECT_THAT(no_program.error().remedy, HasSubstr("chmod +x"));
}

TEST(Run, LooksForTheProgramInThePathOfTheCommand) {
  const auto finished = run({.argv = {"env"}, .environment = {{{"PATH", "/nowhere"}}}});
  ASSERT_FALSE(finished);
}

TEST(Run, LeavesTheProgramNoDescriptorsAndNoBlockedOrIgnoredSignals) {
  const util::Fd inheritable(dup(0));
  ASSERT_TRUE(inheritable);
  const auto old = signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto finished = run({.argv = {"/bin/sh", "-c", "exec grep -E '^Sig(Blk|Ign)' /proc/self/status; "}});
  const auto descriptors = run({.argv = {"ls", "/proc/self/fd"}});
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  signal(SIGPIPE, old);
  ASSERT_TRUE(finished && descriptors);
  EXPECT_EQ(finished->out, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  EXPECT_EQ(descriptors->out, "0\n1\n2\n3\n"); // 3 is the folder that ls reads
}

TEST(Run, LeavesNoDescriptorsInUs) {
  ASSERT_TRUE(run(shell("exit 0"))); // the spawning thread has begun
  const long before = open_descriptors();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(run(shell("echo x")));
    ASSERT_FALSE(run({.argv = {"/no/such"}}));
    auto process = Process::start(shell("sleep 1000"), {.log = "/dev/null"});
    ASSERT_TRUE(process);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(ProcessTest, WritesBothStreamsToItsLog) {
  const auto folder = util::TempDir::create();
  ASSERT_TRUE(folder);
  const auto log = folder->path() / "log";
  for (int i = 0; i < 2; ++i) {
    auto process = Process::start(shell("echo out; echo err >&2"), {.log = log});
    ASSERT_TRUE(process);
    EXPECT_EQ(process->wait(k_patience), (Exit{.code = 0}));
  }
  EXPECT_EQ(util::read_text(log), "out\nerr\nout\nerr\n");
}

TEST(ProcessTest, TellsRunningFromEnded) {
  auto process = Process::start(shell("exec sleep 1000"));
  ASSERT_TRUE(process);
  EXPECT_EQ(process->poll(), std::nullopt);
  EXPECT_EQ(process->wait(10ms), std::nullopt);
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(process->wait(k_patience, source.get_token()), std::nullopt);
  EXPECT_EQ(process->stop(), (Exit{.signal = SIGTERM}));
  EXPECT_EQ(process->poll(), (Exit{.signal = SIGTERM}));
  EXPECT_EQ(process->stop(), (Exit{.signal = SIGTERM}));
}

TEST(ProcessTest, IsReapedWhenItHasEnded) {
  auto process = Process::start(shell("exit 4"));
  ASSERT_TRUE(process);
  EXPECT_EQ(process->wait(k_patience), (Exit{.code = 4}));
  EXPECT_FALSE(std::filesystem::exists("/proc/" + std::to_string(process->pid())));
}

TEST(ProcessTest, TakesTheWholeGroupWithItThoughAMemberIgnoresTheSignal) {
  const Foster foster;
  const auto folder = util::TempDir::create();
  ASSERT_TRUE(folder);
  const auto file = folder->path() / "pid";
  auto process =
      Process::start(shell("sh -c 'trap \"\" TERM; echo $$ > " + file.string() + "; sleep 1000; sleep 1000' & wait"));
  ASSERT_TRUE(process);
  const pid_t grandchild = pid_in(file);
  EXPECT_EQ(process->stop(SIGTERM, 10s), (Exit{.signal = SIGTERM}));
  EXPECT_TRUE(ends(grandchild));
  while (waitpid(-1, nullptr, 0) > 0) continue; // and its own child
}

TEST(ProcessTest, IsKilledWhenItIgnoresTheSignal) {
  const auto folder = util::TempDir::create();
  ASSERT_TRUE(folder);
  const auto file = folder->path() / "pid";
  auto process = Process::start(shell("trap '' TERM; echo $$ > " + file.string() + "; while :; do sleep 1; done"));
  ASSERT_TRUE(process);
  EXPECT_EQ(pid_in(file), process->pid());
  EXPECT_EQ(process->stop(SIGTERM, 200ms), (Exit{.signal = SIGKILL}));
}

TEST(ProcessTest, EndsWithItsOwner) {
  pid_t pid = -1;
  {
    auto process = Process::start(shell("exec sleep 1000"));
    ASSERT_TRUE(process);
    pid = process->pid();
  }
  EXPECT_FALSE(std::filesystem::exists("/proc/" + std::to_string(pid)));
}

/// Not a test but the program of the next one: starts a child in a thread that ends at once, and lives on.
TEST(ProcessHelper, DISABLED_StartsAChildAndWaits) {
  util::Result<Process> process = tl::unexpected(util::Error{});
  std::thread([&] { process = Process::start(shell("echo $$ > \"$HELPER_FILE\"; exec sleep 1000")); }).join();
  ASSERT_TRUE(process);
  process->wait(std::chrono::hours(1));
}

TEST(ProcessTest, EndsWhenTheProgramIsKilledAndNotBefore) {
  const Foster foster;
  const auto folder = util::TempDir::create();
  ASSERT_TRUE(folder);
  const auto file = folder->path() / "pid";
  auto helper =
      Process::start({.argv = {"/proc/self/exe", "--gtest_also_run_disabled_tests", "--gtest_filter=ProcessHelper.*"},
                      .environment = {{{"HELPER_FILE", file.string()}, {"PATH", "/usr/bin:/bin"}}}});
  ASSERT_TRUE(helper);
  const pid_t child = pid_in(file);
  ASSERT_GT(child, 0);
  EXPECT_EQ(kill(child, 0), 0) << "it must outlive the thread that asked for it";
  kill(helper->pid(), SIGKILL);
  EXPECT_TRUE(ends(child));
  EXPECT_TRUE(helper->wait(k_patience));
  EXPECT_EQ(waitpid(child, nullptr, 0), child);
}

} // namespace
} // namespace cacheproof::process
