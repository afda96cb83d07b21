#include "golden/world.hpp"

#include "buildkit/client.hpp"
#include "util/text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <thread>

namespace cacheproof::golden {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A port that was free a moment ago; Debian's docker-registry cannot be asked which one it took.
util::Result<int> free_port() {
  const util::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd.get(), generic, size) != 0 || ::getsockname(fd.get(), generic, &size) != 0)
    return util::failure("no free port");
  return ntohs(address.sin_port);
}

bool answers(int port) {
  const util::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

} // namespace

util::Result<World> World::create(const fs::path& programs) {
  const fs::path memory = "/dev/shm";
  CP_TRY_ASSIGN(auto folder,
                util::TempDir::create(fs::exists(memory) ? memory : fs::temp_directory_path(), "cp-golden-"));
  World world(programs, std::move(folder));
  CP_TRY(world.start_registry());
  CP_TRY_ASSIGN(const auto busybox, util::read_text("/bin/busybox"));
  CP_TRY_ASSIGN(const auto base,
                world.build({{{"Dockerfile",
                               "FROM scratch\nCOPY --chmod=755 busybox /bin/busybox\n"
                               "RUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]\nENV PATH=/bin\n"},
                              {"busybox", busybox}},
                             {"--output", "type=image,name=@REGISTRY@/library/alpine:latest,push=true"}}));
  if (!base.succeeded) return util::failure("the base image could not be made: " + base.error);
  return world;
}

util::Status World::start_registry() {
  CP_TRY_ASSIGN(const int port, free_port());
  registry_ = "127.0.0.1:" + std::to_string(port);
  const auto config = folder() / "registry.yml";
  CP_TRY(util::write_text(config,
                          "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: "
                              + (folder() / "registry").string() + "\nhttp:\n  addr: " + registry_ + "\n"));
  CP_TRY_ASSIGN(auto process,
                process::Process::start({{"docker-registry", "serve", config.string()}, {}, {}},
                                        {.log = folder() / "registry.log"}));
  running_.push_back(std::move(process));
  for (int i = 0; i < 500 && !answers(port); ++i) std::this_thread::sleep_for(10ms);
  if (!answers(port)) return util::failure("the registry did not start");
  return {};
}

std::string World::expand(std::string text) const {
  return replaced(replaced(std::move(text), "@REGISTRY@", registry_), "@FOLDER@", folder().string());
}

util::Result<buildkit::RawBuild> World::build(const Build& build) {
  const auto work = folder() / std::to_string(++builds_);
  const auto context = work / "context";
  for (const auto& [name, content] : build.files) {
    CP_TRY(util::make_directories((context / name).parent_path()));
    CP_TRY(util::write_text(context / name, name == "Dockerfile" ? expand(content) : content));
    fs::permissions(context / name, fs::perms(name == "busybox" ? 0755 : 0644)); // `--chmod` by number: v0.11 has it
  }
  CP_TRY(util::write_text(
      work / "buildkitd.toml",
      "[worker.containerd]\nenabled = false\n[worker.oci]\ngc = false\n[registry.\"docker.io\"]\nmirrors = [\""
          + registry_ + "\"]\n[registry.\"" + registry_ + "\"]\nhttp = true\n"));
  const auto socket = work / "s";
  CP_TRY_ASSIGN(auto daemon,
                process::Process::start({{(programs_ / "buildkitd").string(),
                                          "--root",
                                          (work / "root").string(),
                                          "--addr",
                                          "unix://" + socket.string(),
                                          "--config",
                                          (work / "buildkitd.toml").string(),
                                          "--oci-worker-binary",
                                          "runc",
                                          "--oci-worker-net",
                                          "host"},
                                         {},
                                         {}},
                                        {.log = work / "daemon.log"}));
  util::Status ready = util::failure("not asked yet");
  for (int i = 0; i < 500 && !ready; ++i) {
    std::this_thread::sleep_for(20ms);
    if (auto client = buildkit::Client::connect(socket))
      ready = client->ready(1s);
    else
      ready = tl::unexpected(client.error());
  }
  CP_TRY(ready);

  process::Command command;
  command.argv = {(programs_ / "buildctl").string(),
                  "--addr",
                  "unix://" + socket.string(),
                  "build",
                  "--progress=plain",
                  "--frontend=dockerfile.v0",
                  "--local",
                  "context=" + context.string(),
                  "--local",
                  "dockerfile=" + context.string(),
                  "--ref-file",
                  (work / "ref").string()};
  for (const auto& option : build.options) command.argv.push_back(expand(option));
  CP_TRY_ASSIGN(const auto finished, process::run(command));
  auto ref = util::read_text(work / "ref");
  if (!ref) return util::failure("the client started no build: " + finished.err, process::to_line(command));
  const auto fetch = [&]() -> util::Result<buildkit::RawBuild> {
    CP_TRY_ASSIGN(auto client, buildkit::Client::connect(socket));
    return client.fetch(std::string(util::trim(*ref)), 10s);
  };
  auto raw = fetch();
  daemon.stop(); // it would wait for a client that is still connected
  CP_TRY(util::remove_tree(work / "root"));
  return raw;
}

} // namespace cacheproof::golden
