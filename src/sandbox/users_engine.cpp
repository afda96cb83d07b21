#include "sandbox/users_engine.hpp"

#include "buildkit/client.hpp"
#include "sandbox/containers.hpp"
#include "sandbox/docker.hpp"
#include "util/text.hpp"
#include "util/waiting.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Words = std::vector<std::string>;

constexpr auto k_limit = 60s; // to remove a gigabyte
constexpr const char* k_made = "in-users-engine";

std::string_view word_of(Made what) {
  switch (what) {
  case Made::container:
    return "container";
  case Made::volume:
    return "volume";
  case Made::image:
    return "image";
  case Made::images:
    break;
  }
  return "images";
}

Words option_of(const fs::path& socket) {
  return {"--host", "unix://" + socket.string()};
}

/// The lines that `docker` prints of the engine at that socket, whatever the caller's own is by now.
util::Result<Words> ask(const fs::path& socket, const Words& words, const std::stop_token& stop = {}) {
  auto all = option_of(socket);
  all.insert(all.end(), words.begin(), words.end());
  CP_TRY_ASSIGN(const auto text, docker(std::move(all), k_limit, stop));
  auto lines = util::lines(text);
  std::erase(lines, "");
  return lines;
}

/// Another run may end its registry meanwhile.
bool is_gone(const util::Error& error) {
  return error.what.find("No such") != std::string::npos || error.what.find("no such") != std::string::npos;
}

/// The ids of the images that the containers of registries have.
util::Result<Words> images_of_registries(const fs::path& socket, const std::stop_token& stop) {
  CP_TRY_ASSIGN(const auto containers,
                ask(socket, {"ps", "--all", "--quiet", "--filter", fmt::format("label={}", k_label)}, stop));
  Words images;
  for (const auto& container : containers) {
    const auto image = ask(socket, {"container", "inspect", "--format", "{{.Image}}", container}, stop);
    if (!image && !is_gone(image.error())) return image;
    if (image) images.insert(images.end(), image->begin(), image->end());
  }
  return images;
}

/// What `prune` leaves is held by something.
util::Status prove_wiped(const fs::path& socket, const std::stop_token& stop) {
  CP_TRY_ASSIGN(auto images, ask(socket, {"image", "ls", "--all", "--quiet", "--no-trunc"}, stop));
  CP_TRY_ASSIGN(const auto ours, images_of_registries(socket, stop));
  std::erase_if(images, [&](const auto& id) { return std::find(ours.begin(), ours.end(), id) != ours.end(); });
  if (images.empty()) return {};
  return util::failure("the engine is not clean: after everything was pruned it still has the image " + images.front(),
                       "docker image prune --all",
                       "end what uses it (`docker ps`): a disposable engine is one that nobody else needs");
}

struct Noted {
  std::string socket;
  std::string what;
  std::string name;
  std::string line() const { return socket + "\t" + what + "\t" + name + "\n"; }
};

std::vector<Noted> noted(const fs::path& folder) {
  std::vector<Noted> all;
  const auto text = util::read_text(folder / k_made).value_or("");
  for (const auto& line : util::lines(text))
    if (const auto fields = util::split(line, '\t'); fields.size() == 3)
      all.push_back({fields[0], fields[1], fields[2]});
  return all;
}

util::Status removed(const util::Result<Words>& done) {
  if (done || is_gone(done.error())) return {};
  return tl::unexpected(done.error());
}

util::Status remove(const Noted& made) {
  if (std::error_code error; !fs::exists(made.socket, error)) {
    if (made.what == word_of(Made::images)) return {};
    return util::failure(
        fmt::format("{} {} may be there yet: there is no unix://{}", made.what, made.name, made.socket),
        {},
        "start that Docker engine, or remove this folder if it is gone for good");
  }
  if (made.what == word_of(Made::container)) return remove_container(made.name, option_of(made.socket));
  if (made.what == word_of(Made::volume)) return removed(ask(made.socket, {"volume", "rm", "--force", made.name}));
  if (made.what == word_of(Made::image)) return removed(ask(made.socket, {"image", "rm", "--force", made.name}));
  CP_TRY_ASSIGN(
      const auto images,
      ask(made.socket, {"image", "ls", "--quiet", "--filter", fmt::format("label={}={}", k_label, made.name)}));
  for (const auto& image : images) CP_TRY(removed(ask(made.socket, {"image", "rm", "--force", image})));
  return {};
}

} // namespace

util::Result<UsersEngine> users_engine(const std::stop_token& stop) {
  constexpr const char* k_remedy = "start it, name it in DOCKER_HOST, or take cacheproof's own: --engine=own";
  CP_TRY_ASSIGN(const auto address,
                docker({"context", "inspect", "--format", "{{.Endpoints.docker.Host}}"}, 5s, stop, k_remedy));
  constexpr std::string_view k_unix = "unix://";
  if (!address.starts_with(k_unix))
    return util::failure(fmt::format("the Docker engine is at {}, which is not on this machine", address),
                         {},
                         "name one behind a unix socket: DOCKER_HOST=unix:///var/run/docker.sock");
  UsersEngine engine{.socket = address.substr(k_unix.size())};
  auto said = docker({"--host", address, "info", "--format", "{{json .}}"}, 5s, stop, k_remedy);
  if (!said) return tl::unexpected(util::within("no Docker engine answers", std::move(said).error()));
  const auto info = nlohmann::json::parse(*said, nullptr, false);
  if (!info.is_object() || !info.value("ServerVersion", nlohmann::json()).is_string())
    return util::failure("the Docker engine at " + address + " does not say its version", "docker info");
  info.at("ServerVersion").get_to(engine.version);
  engine.images_in_containerd =
      info.value("DriverStatus", nlohmann::json()).dump().find("io.containerd.snapshotter") != std::string::npos;
  const auto elsewhere =
      info.value("OperatingSystem", nlohmann::json()).dump().find("Docker Desktop") != std::string::npos
          ? "in a virtual machine"
      : info.value("SecurityOptions", nlohmann::json()).dump().find("name=rootless") != std::string::npos
          ? "in a network of its own"
          : "";
  if (*elsewhere)
    return util::failure(fmt::format("the Docker engine at {} is {}, from where nothing of this machine's 127.0.0.1 "
                                     "is reached",
                                     address,
                                     elsewhere),
                         "docker info",
                         "name another one in DOCKER_HOST, or take cacheproof's own: --engine=own");
  if (auto client = buildkit::Client::connect(engine.socket, buildkit::Door::engine))
    engine.buildkit = client->version(5s).value_or("");
  return engine;
}

util::Result<util::Fd> hold_engine(const UsersEngine& engine,
                                   bool alone,
                                   const std::function<void(std::string_view)>& say,
                                   const std::stop_token& stop) {
  const auto folder = engine.socket.parent_path();
  util::Fd held(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!held) return util::failure("cannot open " + folder.string(), {}, "make it readable: it is locked for this run");
  const auto hold = [&] { return alone ? util::hold_alone(held) : util::hold_shared(held); };
  if (hold()) return held;
  say("another run has the Docker engine: waiting for its end");
  while (!hold()) {
    if (stop.stop_requested())
      return util::failure("interrupted while another run had the engine", {}, {}, util::Blame::interrupted);
    util::wait(100ms, stop);
  }
  return held;
}

util::Status wipe_engine(const UsersEngine& engine, Daemon& daemon, const std::stop_token& stop) {
  CP_TRY(ask(engine.socket, {"container", "prune", "--force", "--filter", fmt::format("label!={}", k_label)}, stop));
  CP_TRY(ask(engine.socket, {"image", "prune", "--all", "--force"}, stop));
  CP_TRY(daemon.client().forget_all(k_limit, stop));
  return prove_wiped(engine.socket, stop);
}

util::Status let_end(const UsersEngine& engine, const std::string& container) {
  CP_TRY(ask(engine.socket, {"update", "--restart", "no", container}));
  return {};
}

util::Status note_made(const fs::path& folder, const UsersEngine& engine, Made what, const std::string& name) {
  const auto file = folder / k_made;
  const auto line = Noted{engine.socket, std::string(word_of(what)), name}.line();
  // In one write, which several threads may do at once.
  const util::Fd out(open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (out && write(out.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size())) return {};
  return util::failure(fmt::format("cannot write {}: {}", file.string(), std::strerror(errno)));
}

std::vector<std::string> made_in_engine(const fs::path& folder) {
  std::vector<std::string> all;
  for (const auto& made : noted(folder))
    all.push_back(fmt::format("{} {} of unix://{}", made.what, made.name, made.socket));
  return all;
}

util::Status remove_made(const fs::path& folder) {
  auto all = noted(folder);
  if (all.empty()) return {};
  util::Status done;
  std::string left;
  // A container holds its volume and its image: first all that are called so, as the words go.
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.what < b.what; });
  for (const auto& made : all)
    if (auto gone = remove(made); !gone) {
      left += made.line();
      if (done) done = std::move(gone);
    }
  CP_TRY(util::write_text(folder / k_made, left));
  return done;
}

} // namespace cacheproof::sandbox
