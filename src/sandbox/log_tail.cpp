#include "sandbox/log_tail.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

namespace cacheproof::sandbox {

std::string log_tail(const std::filesystem::path& log) {
  constexpr std::streamoff k_bytes = 4096;
  constexpr std::size_t k_lines = 12;
  std::ifstream file(log, std::ios::binary | std::ios::ate);
  if (!file) return {};
  file.seekg(std::max<std::streamoff>(0, static_cast<std::streamoff>(file.tellg()) - k_bytes));
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  auto lines = util::lines(text);
  if (lines.size() > k_lines) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(k_lines));
  return util::to_utf8(util::join(lines, "\n"));
}

} // namespace cacheproof::sandbox
