#include "cli/world.hpp"

#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <system_error>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  return util::read_text(path).value_or("");
}

int number_after(const std::string& text, const std::string& key) {
  const auto at = text.find(key);
  return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + key.size());
}

} // namespace

// Its process 1 ignores SIGCHLD, so the kernel reaps the orphans of killed runs, as an init does.
util::Result<World> World::create() {
  CP_TRY_ASSIGN(
      auto holder,
      process::Process::start({{"unshare",
                                "--mount",
                                "--propagation",
                                "private",
                                "--pid",
                                "--fork",
                                "--kill-child",
                                "--mount-proc",
                                "sh",
                                "-c",
                                "trap '' CHLD; mount -t tmpfs -o mode=1777 none /dev/shm && exec sleep infinity"},
                               {},
                               {}}));
  World world(std::move(holder));
  const auto ready = eventually([&] {
    const auto pid = std::to_string(world.holder_.pid());
    world.holder_pid_ = std::atoi(text_of("/proc/" + pid + "/task/" + pid + "/children").c_str());
    return world.holder_pid_ > 0 && text_of(fmt::format("/proc/{}/comm", world.holder_pid_)) == "sleep\n";
  });
  if (!ready) return util::failure("no mount and pid namespaces can be made here");
  return world;
}

World::World(process::Process holder)
    : holder_(std::move(holder)) {}

fs::path World::root() const {
  return fmt::format("/proc/{}/root", holder_pid_);
}

process::Command World::inside(process::Command command) const {
  // Into the folder by its name, so that it is seen with the mounts of the world.
  const std::vector<std::string> enter{"nsenter",
                                       fmt::format("--target={}", holder_pid_),
                                       "--mount",
                                       "--pid",
                                       "--",
                                       "sh",
                                       "-c",
                                       "cd \"$0\" && exec \"$@\"",
                                       command.directory.string()};
  command.argv.insert(command.argv.begin(), enter.begin(), enter.end());
  return command;
}

std::string World::sh(const std::string& script) const {
  const auto finished = process::run(inside({{"sh", "-ec", script}, {}, "/"}));
  EXPECT_TRUE(finished && finished->exit.ok()) << script << (finished ? "\n" + finished->err : "");
  return finished ? finished->out : "";
}

std::vector<World::Seen> World::processes() const {
  std::vector<Seen> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root() / "proc", error)) {
    const auto number = entry.path().filename().string();
    if (!std::all_of(number.begin(), number.end(), [](unsigned char c) { return std::isdigit(c); })) continue;
    auto command = text_of(entry.path() / "cmdline");
    if (number == "1" || command.empty()) continue; // the holder; zombies
    std::replace(command.begin(), command.end(), '\0', ' ');
    found.push_back({entry.path(),
                     std::string(util::trim(text_of(entry.path() / "comm"))),
                     command,
                     number_after(text_of(entry.path() / "status"), "PPid:")});
  }
  return found;
}

std::vector<World::Seen> World::processes(const std::string& part) const {
  auto found = processes();
  std::erase_if(found, [&](const Seen& one) { return one.command.find(part) == std::string::npos; });
  return found;
}

std::optional<World::Seen> World::ancestor(const Seen& seen, const std::string& name) const {
  const auto all = processes();
  for (int pid = seen.parent; pid > 1;) {
    const auto above = std::find_if(
        all.begin(), all.end(), [&](const Seen& one) { return one.proc.filename() == std::to_string(pid); });
    if (above == all.end()) return {};
    if (above->name == name) return *above;
    pid = above->parent;
  }
  return {};
}

// A folder of /proc stands for its process in any pid namespace (pidfd_send_signal(2)).
bool World::signal(const Seen& seen, int signal) {
  const util::Fd process(open(seen.proc.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return process && syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

std::set<std::string> World::sandboxes() const {
  std::set<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root() / "dev/shm", error)) names.insert(entry.path().filename());
  seen_sandboxes_.insert(names.begin(), names.end());
  return names;
}

std::string World::traces() const {
  std::string text;
  eventually([&] { return (text = traces_now()).empty(); }, std::chrono::seconds(3));
  return text;
}

std::string World::traces_now() const {
  std::string text;
  for (const auto& name : sandboxes()) text += "in /dev/shm: " + name + "\n";
  for (const auto& one : processes()) text += "process: " + one.command + "\n";
  for (const auto& line : util::lines(text_of(fmt::format("/proc/{}/mountinfo", holder_pid_))))
    if (line.find(" /dev/shm/") != std::string::npos) text += "mount: " + line + "\n";
  std::error_code ignored;
  std::vector<fs::path> hierarchies{"/sys/fs/cgroup"};
  for (const auto& entry : fs::directory_iterator(hierarchies.front(), ignored)) hierarchies.push_back(entry.path());
  for (const auto& hierarchy : hierarchies)
    for (const auto& name : seen_sandboxes_)
      if (fs::exists(hierarchy / name, ignored)) text += "cgroup: " + (hierarchy / name).string() + "\n";
  return text;
}

} // namespace cacheproof
