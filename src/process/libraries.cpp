#include "process/libraries.hpp"

#include "process/process.hpp"
#include "util/text.hpp"

#include <chrono>

namespace cacheproof::process {

util::Result<std::vector<std::filesystem::path>> libraries(const std::filesystem::path& program) {
  std::vector<std::filesystem::path> found;
  const Command command{{"ldd", program.string()}, {}, {}};
  CP_TRY_ASSIGN(const auto told, run(command, {.timeout = std::chrono::seconds(10), .stop = {}, .on_output = {}}));
  // `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)`, `/lib64/ld-linux-x86-64.so.2 (0x…)`
  for (const auto& line : util::lines(told.out))
    for (const auto& word : util::split(util::trim(line), ' '))
      if (word.starts_with('/')) found.emplace_back(word);
  return found;
}

} // namespace cacheproof::process
