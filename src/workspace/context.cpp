#include "workspace/context.hpp"

#include "util/text.hpp"
#include "workspace/apply.hpp"
#include "workspace/apply_patch.hpp"
#include "workspace/beneath.hpp"
#include "workspace/copy.hpp"
#include "workspace/edit.hpp"
#include "workspace/inline_files.hpp"

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

/// `# escape=`, `# check=`: a comment of the form NAME=VALUE.
bool is_directive(std::string_view line) {
  line = util::trim(line);
  if (!line.starts_with('#')) return false;
  const auto name = util::trim(line.substr(1, line.find('=') - 1));
  return line.find('=') != std::string_view::npos && !name.empty()
         && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

util::Status write_commit(const util::Fd& root, const GitCheckout& git, const util::SourceSpot& spot) {
  for (const auto& [path, file] : git.files) {
    CP_TRY_ASSIGN(auto text, git.repository.read(file));
    scenario::Edit edit;
    edit.path = path;
    edit.spot = spot;
    edit.mode = file.executable ? 0755 : 0644;
    if (file.link) edit.kind = scenario::Edit::Kind::symlink;
    (file.link ? edit.to : edit.text) = std::move(text);
    CP_TRY(workspace::apply(root, edit));
  }
  return {};
}

} // namespace

util::Result<Context> Context::materialise(const scenario::Context& source, const fs::path& destination) {
  const auto* folder = std::get_if<fs::path>(&source);
  const auto* files = std::get_if<scenario::InlineFiles>(&source);
  const auto* commit = std::get_if<scenario::GitSource>(&source);
  std::optional<GitCheckout> git;
  if (commit) {
    CP_TRY_ASSIGN(git, GitCheckout::open(*commit));
  }
  if (folder) {
    CP_TRY(copy_tree(*folder, destination));
  } else if (mkdir(destination.c_str(), 0755) != 0 || chmod(destination.c_str(), 0755) != 0) {
    return system_failure("cannot make the folder", destination);
  }
  util::Fd root(open(destination.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) return system_failure("cannot open", destination);
  if (files) CP_TRY(write_inline(root, *files));
  if (commit) CP_TRY(write_commit(root, *git, commit->spot));
  return Context(destination, std::move(root), std::move(git));
}

util::Result<std::string> Context::checkout(const scenario::Edit& edit) {
  if (!git_) return refuse(edit, "needs a git context");
  CP_TRY_ASSIGN(auto files, git_->repository.files(edit.text, edit.spot));
  CP_TRY_ASSIGN(auto said, apply_checkout(root_, edit, *git_, files));
  git_->files = std::move(files);
  return said;
}

util::Result<std::vector<std::string>> Context::apply(const std::vector<scenario::Edit>& edits) {
  std::vector<std::string> words;
  for (const auto& edit : edits) {
    CP_TRY_ASSIGN(auto said,
                  edit.kind == scenario::Edit::Kind::checkout ? checkout(edit) : workspace::apply(root_, edit));
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
