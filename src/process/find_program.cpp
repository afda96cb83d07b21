#include "process/process.hpp"
#include "util/text.hpp"

#include <unistd.h>

#include <cstdlib>
#include <system_error>

namespace cacheproof::process {

std::optional<std::filesystem::path> find_program(std::string_view name, std::optional<std::string> path) {
  namespace fs = std::filesystem;
  if (name.empty()) return {};
  const auto executable = [](const fs::path& file) {
    std::error_code error;
    return fs::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string_view::npos)
    return executable(name) ? std::optional(fs::absolute(name)) : std::nullopt;
  if (!path) {
    const char* inherited = std::getenv("PATH");
    path = inherited ? inherited : "/bin:/usr/bin";
  }
  for (const auto& folder : util::split(*path, ':')) {
    if (folder.empty()) continue; // POSIX reads it as the working directory: never what anyone wants here
    const fs::path file = fs::path(folder) / name;
    if (executable(file)) return fs::absolute(file);
  }
  return {};
}

} // namespace cacheproof::process
