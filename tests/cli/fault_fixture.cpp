#include "cli/fault_fixture.hpp"

#include "util/text.hpp"

#include <stdexcept>
#include <system_error>

namespace cacheproof {

using testing::HasSubstr;

void FaultTest::SetUp() {
  skip_without_root();
  if (IsSkipped()) return;
  auto made = World::create();
  ASSERT_TRUE(made) << util::to_text(made.error());
  world_.emplace(std::move(*made));
  make_directories("tmp");
}

void FaultTest::TearDown() {
  if (world_) {
    EXPECT_EQ(world_->traces(), "");
  }
}

process::Command FaultTest::inside(std::vector<std::string> arguments) const {
  auto plain = command(std::move(arguments));
  (*plain.environment)["DOCKER_HOST"] = "unix:///nowhere/docker.sock"; // no way leads to its containers from in there
  (*plain.environment)["TMPDIR"] = (folder_.path() / "tmp").string();
  // Said to the program by env(1): on its way into the world nothing may load a library that leaves files outside.
  std::vector<std::string> words;
  if (!more_environment_.empty()) words.emplace_back("env");
  for (const auto& [name, value] : more_environment_) words.push_back(name + "=" + value);
  plain.argv.insert(plain.argv.begin(), words.begin(), words.end());
  return world_->inside(plain);
}

process::Process FaultTest::start(std::vector<std::string> arguments) const {
  auto started = process::Process::start(inside(std::move(arguments)), {.log = folder_.path() / "log"});
  if (!started) throw std::runtime_error(util::to_text(started.error()));
  return std::move(*started);
}

process::Finished FaultTest::run_inside(std::vector<std::string> arguments) const {
  auto finished = process::run(inside(std::move(arguments)), {.timeout = std::chrono::minutes(5)});
  EXPECT_TRUE(finished) << util::to_text(finished.error());
  return finished ? std::move(*finished) : process::Finished{};
}

World::Seen FaultTest::program() const {
  std::vector<World::Seen> found;
  eventually([&] { return !(found = world_->processes(CACHEPROOF_PROGRAM " ")).empty(); });
  if (found.empty()) throw std::runtime_error("the program does not run:\n" + read("log"));
  return found.front();
}

std::string FaultTest::hit(const std::string& script, const std::string& more) const {
  auto text = k_plain;
  replace(text, "RUN mkdir /packages", "RUN " + script + "; mkdir /packages");
  return write("hit.yaml", text + more);
}

World::Seen FaultTest::sleeping() const {
  std::vector<World::Seen> found;
  eventually([&] {
    found = world_->processes("sleep 1000");
    std::erase_if(found, [](const auto& one) { return one.name != "sleep"; });
    return !found.empty();
  });
  if (found.empty()) throw std::runtime_error("no RUN sleeps:\n" + read("log"));
  return found.front();
}

World::Seen FaultTest::daemon_of(const World::Seen& seen) const {
  const auto found = world_->ancestor(seen, "buildkitd");
  if (!found) throw std::runtime_error("it runs in no daemon: " + seen.command);
  return *found;
}

std::string FaultTest::sandbox_of(const World::Seen& seen) const {
  const auto environment = util::read_text(daemon_of(seen).proc / "environ").value_or("");
  for (const auto& variable : util::split(environment, '\0'))
    if (variable.starts_with("CACHEPROOF_SANDBOX=")) return variable.substr(variable.find('=') + 1);
  throw std::runtime_error("its daemon is of no sandbox: " + seen.command);
}

World::Seen FaultTest::registry_of(const std::string& sandbox) const {
  std::vector<World::Seen> found;
  eventually([&] { return !(found = world_->processes(" serve " + sandbox + "/")).empty(); });
  if (found.empty()) throw std::runtime_error("there is no registry in " + sandbox);
  return found.front();
}

std::vector<std::filesystem::path> FaultTest::find(const std::string& name) const {
  std::vector<std::filesystem::path> found;
  std::error_code ignored;
  const auto out = folder_.path() / "cacheproof-out";
  for (std::filesystem::recursive_directory_iterator it(out, ignored), end; it != end; it.increment(ignored))
    if (it->path().filename() == name) found.push_back(it->path());
  return found;
}

void FaultTest::expect_broken(process::Process& program, std::initializer_list<std::string> words) const {
  EXPECT_EQ(program.wait(std::chrono::minutes(2)), (process::Exit{2, {}}));
  const auto log = read("log");
  for (const auto& word : words) EXPECT_THAT(log, HasSubstr(word));
  EXPECT_THAT(log, HasSubstr("to do: "));
  EXPECT_THAT(log, HasSubstr("1 broken"));
  EXPECT_THAT(log, HasSubstr("1 passed"));
}

} // namespace cacheproof
