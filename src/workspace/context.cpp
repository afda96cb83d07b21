#include "workspace/context.hpp"

#include "util/text.hpp"
#include "workspace/apply.hpp"
#include "workspace/beneath.hpp"
#include "workspace/copy.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

namespace cacheproof::workspace {
namespace fs = std::filesystem;
namespace {

/// Of inline files: a scenario means the same on every machine and every day.
constexpr timespec k_epoch = {1577836800, 0}; // 2020-01-01T00:00:00Z

/// Sets the fixed time of inline files on a whole tree, deepest first: writing into a folder changes its time.
util::Status fix_times(const fs::path& path) {
  if (fs::is_directory(path))
    for (const auto& entry : fs::directory_iterator(path)) CP_TRY(fix_times(entry.path()));
  const timespec times[] = {k_epoch, k_epoch};
  if (utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    return system_failure("cannot set the times of", path);
  return {};
}

util::Status write_inline(const util::Fd& root, const std::vector<scenario::InlineFile>& files) {
  for (const auto& file : files) {
    scenario::Edit edit;
    edit.path = file.path;
    edit.text = file.text;
    edit.spot = file.spot;
    CP_TRY(apply(root, edit));
  }
  return {};
}

/// `# escape=`, `# check=`: a comment of the form NAME=VALUE.
bool is_directive(std::string_view line) {
  line = util::trim(line);
  if (!line.starts_with('#')) return false;
  const auto name = util::trim(line.substr(1, line.find('=') - 1));
  return line.find('=') != std::string_view::npos && !name.empty()
         && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

} // namespace

util::Result<Context> Context::materialise(const scenario::Context& source, const fs::path& destination) {
  const auto* folder = std::get_if<fs::path>(&source);
  if (folder) {
    CP_TRY(copy_tree(*folder, destination));
  } else if (mkdir(destination.c_str(), 0755) != 0 || chmod(destination.c_str(), 0755) != 0) {
    return system_failure("cannot make the folder", destination);
  }
  util::Fd root(open(destination.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return system_failure("cannot open", destination);
  if (!folder) {
    CP_TRY(write_inline(root, std::get<std::vector<scenario::InlineFile>>(source)));
    CP_TRY(fix_times(destination));
  }
  return Context(destination, std::move(root));
}

util::Result<std::vector<std::string>> Context::apply(const std::vector<scenario::Edit>& edits) {
  std::vector<std::string> words;
  for (const auto& edit : edits) {
    CP_TRY_ASSIGN(auto said, workspace::apply(root_, edit));
    words.push_back(std::move(said));
  }
  return words;
}

std::string without_syntax(std::string_view text, int line) {
  auto lines = util::split(text, '\n');
  auto at = static_cast<std::size_t>(line) - 1;
  if (at >= lines.size()) return std::string(text);
  lines[at].assign(lines[at].size(), ' ');
  // BuildKit reads directives up to the first line that is none (frontend/dockerfile/parser/directives.go, v0.34.2):
  // the blank line has to stand behind those that follow, or `# escape=` would lose its effect.
  for (; at + 1 < lines.size() && is_directive(lines[at + 1]); ++at) std::swap(lines[at], lines[at + 1]);
  return util::join(lines, "\n");
}

util::Status Context::blank_syntax(const std::string& path, int line) {
  const auto file = open_beneath(root_, path, O_RDWR);
  struct stat info {};
  if (!file || fstat(file.get(), &info) != 0) return system_failure("cannot change", folder_ / path);
  CP_TRY_ASSIGN(const auto text, read_all(file, path));
  if (std::count(text.begin(), text.end(), '\n') + 1 < line)
    return util::failure(fmt::format("{} has no line {}", path, line));
  const auto blank = without_syntax(text, line);
  CP_TRY(write_all(file, blank, folder_ / path));
  const timespec times[] = {info.st_atim, info.st_mtim};
  if (futimens(file.get(), times) != 0) return system_failure("cannot set the times of", folder_ / path);
  return {};
}

} // namespace cacheproof::workspace
