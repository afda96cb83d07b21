#include "sandbox/containers.hpp"

#include "process/process.hpp"
#include "sandbox/docker.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <chrono>

namespace cacheproof::sandbox {

std::vector<Container> labelled_containers() {
  if (!process::find_program("docker")) return {};
  const auto answer = docker({"ps",
                              "--all",
                              "--no-trunc",
                              "--filter",
                              fmt::format("label={}", k_label),
                              "--format",
                              fmt::format("{{{{.ID}}}} {{{{.Label \"{}\"}}}}", k_label)},
                             std::chrono::seconds(3));
  if (!answer) return {};
  std::vector<Container> found;
  for (const auto& line : util::lines(*answer))
    if (const auto blank = line.find(' '); blank != std::string::npos)
      found.push_back({line.substr(0, blank), line.substr(blank + 1)});
  return found;
}

util::Status remove_container(const std::string& id, const std::vector<std::string>& engine) {
  auto words = engine;
  words.insert(words.end(), {"rm", "--force", "--volumes", id});
  const auto removed = docker(std::move(words), std::chrono::seconds(30));
  if (removed) return {};
  const auto& said = removed.error().what;
  // In the words of 20.10, which fails for one that has just ended by itself or is about to; later ones do not.
  for (const auto* gone : {"No such container", "is already in progress"})
    if (said.find(gone) != std::string::npos) return {};
  return util::failure("container " + id + " stays: " + said, removed.error().tried);
}

} // namespace cacheproof::sandbox
