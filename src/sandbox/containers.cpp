#include "sandbox/containers.hpp"

#include "process/process.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <chrono>

namespace cacheproof::sandbox {

std::vector<Container> labelled_containers() {
  if (!process::find_program("docker")) return {};
  const auto answer = process::run({{"docker",
                                     "ps",
                                     "--all",
                                     "--no-trunc",
                                     "--filter",
                                     fmt::format("label={}", k_label),
                                     "--format",
                                     fmt::format("{{{{.ID}}}} {{{{.Label \"{}\"}}}}", k_label)},
                                    {},
                                    {}},
                                   {.timeout = std::chrono::seconds(3)});
  if (!answer || !answer->exit.ok()) return {};
  std::vector<Container> found;
  for (const auto& line : util::lines(answer->out))
    if (const auto blank = line.find(' '); blank != std::string::npos)
      found.push_back({line.substr(0, blank), line.substr(blank + 1)});
  return found;
}

util::Status remove_container(const std::string& id) {
  const process::Command command{{"docker", "rm", "--force", "--volumes", id}, {}, {}};
  CP_TRY_ASSIGN(const auto finished, process::run(command, {.timeout = std::chrono::seconds(30)}));
  // In the words of 20.10, which fails for one that has just ended by itself or is about to; later ones do not.
  for (const auto* gone : {"No such container", "is already in progress"})
    if (finished.err.find(gone) != std::string::npos) return {};
  if (finished.exit.ok()) return {};
  return util::failure("container " + id + " stays: " + std::string(util::trim(finished.err)),
                       process::to_line(command));
}

} // namespace cacheproof::sandbox
