#include "sandbox/users_engine.hpp"

#include "sandbox/containers.hpp"
#include "sandbox/docker.hpp"
#include "util/text.hpp"
#include "util/waiting.hpp"

#include <fmt/format.h>

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto k_limit = 60s; // to remove a gigabyte
constexpr const char* k_made = "in-users-engine";

std::string_view word_of(Made what) {
  switch (what) {
  case Made::container:
    return "container";
  case Made::volume:
    return "volume";
  case Made::images:
    break;
  }
  return "images";
}

util::Result<std::vector<std::string>> lines_of(std::vector<std::string> words) {
  CP_TRY_ASSIGN(const auto text, docker(std::move(words), k_limit));
  auto lines = util::lines(text);
  std::erase(lines, "");
  return lines;
}

/// The ids of the images that the containers of our registries have.
util::Result<std::vector<std::string>> images_of_registries() {
  CP_TRY_ASSIGN(const auto containers,
                lines_of({"ps", "--all", "--quiet", "--filter", fmt::format("label={}", k_label)}));
  if (containers.empty()) return std::vector<std::string>();
  std::vector<std::string> words{"container", "inspect", "--format", "{{.Image}}"};
  words.insert(words.end(), containers.begin(), containers.end());
  return lines_of(std::move(words));
}

/// What `prune` leaves is held by something.
util::Status prove_wiped() {
  CP_TRY_ASSIGN(auto images, lines_of({"image", "ls", "--all", "--quiet", "--no-trunc"}));
  CP_TRY_ASSIGN(const auto ours, images_of_registries());
  std::erase_if(images, [&](const auto& id) { return std::find(ours.begin(), ours.end(), id) != ours.end(); });
  if (images.empty()) return {};
  return util::failure("the engine is not clean: after everything was pruned it still has the image " + images.front(),
                       "docker image prune --all",
                       "end what uses it (`docker ps`): a disposable engine is one that nobody else needs");
}

std::vector<std::string> with(std::vector<std::string> engine, const std::vector<std::string>& words) {
  engine.insert(engine.end(), words.begin(), words.end());
  return engine;
}

util::Status remove_images(const std::vector<std::string>& engine, const std::string& prefix, const fs::path& folder) {
  CP_TRY_ASSIGN(auto all, lines_of(with(engine, {"image", "ls", "--format", "{{.Repository}}:{{.Tag}}"})));
  std::erase_if(all, [&](const auto& name) { return !name.starts_with(prefix) || name.ends_with(":<none>"); });
  const auto label = fmt::format("label={}={}", k_label, folder.string());
  CP_TRY_ASSIGN(const auto labelled, lines_of(with(engine, {"image", "ls", "--quiet", "--filter", label})));
  all.insert(all.end(), labelled.begin(), labelled.end());
  for (const auto& image : all) // one by its name may be one by its label, too, and is gone then
    if (const auto removed = docker(with(engine, {"image", "rm", "--force", image}), k_limit);
        !removed && removed.error().what.find("No such image") == std::string::npos)
      return tl::unexpected(removed.error());
  return {};
}

struct Noted {
  std::string socket;
  std::string what;
  std::string name;
};

std::vector<Noted> noted(const fs::path& folder) {
  std::vector<Noted> all;
  const auto text = util::read_text(folder / k_made).value_or("");
  for (const auto& line : util::lines(text))
    if (const auto fields = util::split(line, '\t'); fields.size() == 3)
      all.push_back({fields[0], fields[1], fields[2]});
  return all;
}

} // namespace

util::Result<UsersEngine> users_engine(const std::stop_token& stop) {
  constexpr const char* k_remedy = "start it, name it in DOCKER_HOST, or leave --engine out";
  CP_TRY_ASSIGN(const auto address,
                docker({"context", "inspect", "--format", "{{.Endpoints.docker.Host}}"}, 5s, stop, k_remedy));
  constexpr std::string_view k_unix = "unix://";
  if (!address.starts_with(k_unix))
    return util::failure(fmt::format("the Docker engine is at {}, which is not on this machine", address),
                         {},
                         "name one behind a unix socket: DOCKER_HOST=unix:///var/run/docker.sock");
  auto said = docker({"info", "--format", "{{.ServerVersion}} {{.DriverStatus}}"}, 5s, stop, k_remedy);
  if (!said) return tl::unexpected(util::within("no Docker engine answers", std::move(said).error()));
  const auto blank = std::min(said->find(' '), said->size());
  return UsersEngine{said->substr(0, blank),
                     address.substr(k_unix.size()),
                     said->find("io.containerd.snapshotter", blank) != std::string::npos};
}

util::Result<util::Fd>
hold_engine(const UsersEngine& engine, const std::function<void(std::string_view)>& say, const std::stop_token& stop) {
  const auto folder = engine.socket.parent_path();
  util::Fd held(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!held) return util::failure("cannot open " + folder.string(), {}, "make it readable: it is locked for this run");
  if (util::hold_alone(held)) return held;
  say("another run has the Docker engine: waiting for its end");
  while (!util::hold_alone(held)) {
    if (stop.stop_requested())
      return util::failure("interrupted while another run had the engine", {}, {}, util::Blame::interrupted);
    util::wait(100ms, stop);
  }
  return held;
}

util::Status wipe_engine(Daemon& engine) {
  CP_TRY(docker({"container", "prune", "--force", "--filter", fmt::format("label!={}", k_label)}, k_limit));
  CP_TRY(docker({"image", "prune", "--all", "--force"}, k_limit));
  CP_TRY(engine.client().forget_all(k_limit));
  return prove_wiped();
}

util::Status note_made(const fs::path& folder, const UsersEngine& engine, Made what, const std::string& name) {
  const auto file = folder / k_made;
  return util::write_text(file,
                          util::read_text(file).value_or("")
                              + fmt::format("{}\t{}\t{}\n", engine.socket.string(), word_of(what), name));
}

std::vector<std::string> made_in_engine(const fs::path& folder) {
  std::vector<std::string> all;
  for (const auto& [engine, what, name] : noted(folder))
    all.push_back(fmt::format("{} {} of unix://{}", what, name, engine));
  return all;
}

util::Status remove_made(const fs::path& folder) {
  auto all = noted(folder);
  std::reverse(all.begin(), all.end()); // a container holds its volume and its image
  for (const auto& [socket, what, name] : all) {
    if (std::error_code error; !fs::exists(socket, error)) continue; // the engine is gone
    const std::vector<std::string> engine{"--host", "unix://" + socket};
    if (what == word_of(Made::container)) {
      CP_TRY(remove_container(name, engine));
    } else if (what == word_of(Made::volume)) {
      CP_TRY(docker(with(engine, {"volume", "rm", "--force", name}), k_limit));
    } else {
      CP_TRY(remove_images(engine, name, folder));
    }
  }
  return {};
}

} // namespace cacheproof::sandbox
