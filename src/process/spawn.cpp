#include "process/spawn.hpp"

#include "process/waiting.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cacheproof::process {
namespace {

/// The one thread that forks. PR_SET_PDEATHSIG fires when the *thread* that forked ends (prctl(2)), so it must live as
/// long as the program: never joined, its queue never destroyed.
class Spawner {
public:
  static Spawner& instance() {
    static auto* const spawner = new Spawner;
    return *spawner;
  }

  template <class Result> Result run(std::function<Result()> work) {
    std::packaged_task<Result()> task(std::move(work));
    auto result = task.get_future();
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back([&task] { task(); });
    }
    waiting_.notify_one();
    return result.get();
  }

private:
  Spawner() {
    std::thread([this] { loop(); }).detach();
  }

  void loop() {
    sigset_t all; // signals of the program are for its other threads
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::unique_lock lock(mutex_);
    while (true) {
      waiting_.wait(lock, [this] { return !queue_.empty(); });
      const auto work = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      work();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable waiting_;
  std::deque<std::function<void()>> queue_;
};

/// Everything the child needs, made before the fork: between fork and exec nothing may allocate.
struct Plan {
  std::string program;
  std::string directory;
  std::vector<std::string> words;
  std::vector<std::string> variables;
  std::vector<char*> argv;
  std::vector<char*> envp;
  int in = -1;
  int out = -1;
  int err = -1;
  int report = -1; ///< the child writes a `Failure` here when it cannot become the program
  pid_t parent = -1;
};

enum class At : int { streams, directory, exec };
struct Failure {
  At at{};
  int error = 0;
};

void close_others_on_exec() {
  if (syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC, Linux 5.11 */) == 0) return;
  const long limit = sysconf(_SC_OPEN_MAX);
  for (int fd = 3; fd < limit; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/// Async-signal-safe calls only: other threads may have held any lock at the fork.
[[noreturn]] void become(const Plan& plan) {
  const auto give_up = [&](At at) {
    const Failure failure{at, errno};
    [[maybe_unused]] const auto written = write(plan.report, &failure, sizeof failure);
    _exit(127);
  };
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != plan.parent) _exit(127); // the program died before the line above
  setpgid(0, 0);
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL); // SIGKILL and the like refuse, that is fine
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  close_others_on_exec();
  if (dup2(plan.in, 0) < 0 || dup2(plan.out, 1) < 0 || dup2(plan.err, 2) < 0) give_up(At::streams);
  if (!plan.directory.empty() && chdir(plan.directory.c_str()) != 0) give_up(At::directory);
  execve(plan.program.c_str(), plan.argv.data(), plan.envp.data());
  give_up(At::exec);
  _exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

util::Error not_started(const Command& command, const std::string& why, const std::string& remedy) {
  return {util::Blame::rig, "cannot start " + command.argv.front() + ": " + why, to_line(command), remedy};
}

util::Result<std::string> program_of(const Command& command) {
  const auto& name = command.argv.front();
  if (name.find('/') != std::string::npos) return name; // as a shell reads it: relative to the working directory
  std::optional<std::string> path;
  if (command.environment) {
    const auto given = command.environment->find("PATH");
    path = given == command.environment->end() ? "/bin:/usr/bin" : given->second; // as execvp does without one
  }
  if (const auto found = find_program(name, path)) return found->string();
  return tl::unexpected(
      not_started(command, "there is no such program in PATH", "install " + name + " or correct PATH"));
}

util::Error explain(const Command& command, const Failure& failure) {
  const std::string reason = std::strerror(failure.error);
  if (failure.at == At::directory)
    return not_started(command, "its folder " + command.directory.string() + ": " + reason, "check that folder");
  if (failure.at == At::streams) return not_started(command, "its streams: " + reason, {});
  if (failure.error == ENOENT)
    return not_started(command, reason, "install it or correct the path (a script may name a missing interpreter)");
  if (failure.error == EACCES || failure.error == ENOEXEC)
    return not_started(command, reason, "check that the file is a program and may be executed (chmod +x)");
  return not_started(command, reason, {});
}

} // namespace

Child::~Child() {
  if (pid_ <= 0) return;
  signal_group(SIGKILL);
  reap();
}

util::Status Child::watch() {
  pidfd_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (pidfd_) return {};
  return util::failure(std::string("pidfd_open: ") + std::strerror(errno),
                       {},
                       "a Linux kernel from 5.3 on and free descriptors are needed");
}

bool Child::ended() const {
  pollfd descriptor{pidfd_.get(), POLLIN, 0};
  poll_until({&descriptor, 1}, Clock::now());
  return descriptor.revents != 0;
}

void Child::signal_group(int signal) const {
  kill(-pid_, signal);
}

Exit Child::reap() {
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) continue;
  signal_group(SIGKILL); // while the program is a zombie its group's number cannot be reused
  const pid_t pid = std::exchange(pid_, -1);
  pidfd_.reset();
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return {}; // somebody else reaped it: neither code nor signal is known
  if (WIFSIGNALED(status)) return {.signal = WTERMSIG(status)};
  return {.code = WEXITSTATUS(status)};
}

util::Result<Child> spawn(const Command& command, int out, int err) {
  if (command.argv.empty()) return util::failure("cannot start a command without words");
  Plan plan;
  CP_TRY_ASSIGN(plan.program, program_of(command));
  plan.directory = command.directory.string();
  plan.words = command.argv;
  plan.argv = pointers(plan.words);
  if (command.environment) {
    for (const auto& [name, value] : *command.environment) plan.variables.push_back(name + "=" + value);
  } else {
    for (char** variable = environ; *variable; ++variable) plan.variables.emplace_back(*variable);
  }
  plan.envp = pointers(plan.variables);
  const util::Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  std::array<int, 2> ends{-1, -1};
  if (!null || pipe2(ends.data(), O_CLOEXEC) != 0)
    return tl::unexpected(not_started(command, std::strerror(errno), "check the limit of open files (ulimit -n)"));
  const util::Fd reader(ends[0]);
  util::Fd writer(ends[1]);
  plan.in = null.get();
  plan.out = out < 0 ? null.get() : out;
  plan.err = err < 0 ? null.get() : err;
  plan.report = writer.get();
  plan.parent = getpid();

  const auto [pid, fork_error] = Spawner::instance().run<std::pair<pid_t, int>>([&plan] {
    const pid_t child = fork();
    if (child == 0) become(plan);
    return std::pair(child, errno);
  });
  if (pid < 0) return tl::unexpected(not_started(command, std::strerror(fork_error), "check the limit of processes"));
  writer.reset();
  Failure failure;
  ssize_t count = 0;
  do { // ends when the exec has closed the child's end
    count = read(reader.get(), &failure, sizeof failure);
  } while (count < 0 && errno == EINTR);
  if (count == static_cast<ssize_t>(sizeof failure)) {
    waitpid(pid, nullptr, 0);
    return tl::unexpected(explain(command, failure));
  }
  Child result(pid);
  CP_TRY(result.watch());
  return result;
}

} // namespace cacheproof::process
