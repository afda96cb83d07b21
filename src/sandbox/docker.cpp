#include "sandbox/docker.hpp"

#include "process/process.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <utility>

namespace cacheproof::sandbox {

util::Result<std::string> docker(std::vector<std::string> words,
                                 std::chrono::seconds limit,
                                 const std::stop_token& stop,
                                 const std::string& remedy) {
  words.insert(words.begin(), "docker");
  const process::Command command{std::move(words), {}, {}};
  const auto finished = process::run(command, {.timeout = limit, .stop = stop, .on_output = {}, .before_stop = {}});
  if (!finished) return util::failure(finished.error().what, process::to_line(command), remedy);
  if (finished->exit.ok()) return std::string(util::trim(finished->out));
  const auto said = std::string(util::trim(finished->err));
  return util::failure(finished->timed_out ? fmt::format("docker gave no answer within {} s", limit.count())
                       : said.empty()      ? "docker ended with " + to_text(finished->exit)
                                           : said.substr(said.rfind('\n') + 1),
                       process::to_line(command),
                       remedy,
                       finished->interrupted ? util::Blame::interrupted : util::Blame::rig);
}

} // namespace cacheproof::sandbox
