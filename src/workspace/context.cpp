#include "workspace/context.hpp"

#include "util/text.hpp"
#include "workspace/copy.hpp"
#include "workspace/edit.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace cacheproof::workspace {
namespace fs = std::filesystem;
namespace {

using Kind = scenario::Edit::Kind;

/// Of inline files: a scenario means the same on every machine and every day.
constexpr timespec k_epoch = {1577836800, 0}; // 2020-01-01T00:00:00Z

timespec to_timespec(std::int64_t nanoseconds) {
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t rest = ((nanoseconds % second) + second) % second;
  return {static_cast<time_t>((nanoseconds - rest) / second), static_cast<long>(rest)};
}

/// Opens `path` beneath `root`: links may be followed inside, none leads out (openat2(2), Linux 5.6).
util::Fd open_beneath(const util::Fd& root, const std::string& path, int flags, mode_t mode = 0) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return util::Fd(static_cast<int>(syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
}

/// The folder that holds `path`, made where it is missing (0755).
util::Fd parent_of(const util::Fd& root, const fs::path& path, bool make) {
  fs::path so_far = ".";
  for (const auto& part : path.parent_path()) {
    so_far /= part;
    if (!make || open_beneath(root, so_far.string(), O_PATH | O_DIRECTORY)) continue;
    const auto above = open_beneath(root, so_far.parent_path().string(), O_PATH | O_DIRECTORY);
    if (!above || mkdirat(above.get(), part.c_str(), 0755) != 0) return {};
    fchmodat(above.get(), part.c_str(), 0755, 0);
  }
  return open_beneath(root, so_far.string(), O_PATH | O_DIRECTORY);
}

util::Result<std::string> read_all(const util::Fd& file, const std::string& path) {
  return util::read_text(fmt::format("/proc/self/fd/{}", file.get())).map_error([&](util::Error error) {
    error.what = "cannot read " + path + " of the context";
    return error;
  });
}

/// A refusal for what `open_beneath` could not open, in the words of the last errno.
tl::unexpected<util::Error> unopened(const scenario::Edit& edit) {
  if (errno == ENOENT) return refuse(edit, "finds no such file in the context");
  if (errno == EXDEV) return refuse(edit, "leads out of the context");
  return refuse(edit, fmt::format("cannot open it: {}", std::strerror(errno)));
}

bool same_time(const timespec& left, const timespec& right) {
  return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

util::Status write_all(const util::Fd& file, std::string_view text, const fs::path& path) {
  if (ftruncate(file.get(), 0) != 0 || lseek(file.get(), 0, SEEK_SET) != 0) return system_failure("cannot write", path);
  while (!text.empty()) {
    const ssize_t count = write(file.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("cannot write", path);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

util::Result<std::string> change_content(const util::Fd& root, const scenario::Edit& edit, const char* word) {
  std::optional<std::string> old;
  auto file = open_beneath(root, edit.path, O_RDWR);
  if (!file && errno != ENOENT) return unopened(edit);
  struct stat info {};
  if (file) {
    if (fstat(file.get(), &info) != 0) return system_failure("cannot read", edit.path);
    CP_TRY_ASSIGN(old, read_all(file, edit.path));
  }
  CP_TRY_ASSIGN(const auto text, edited(edit, old));
  if (text == old && edit.mtime && same_time(info.st_mtim, to_timespec(*edit.mtime)))
    return refuse(edit, "changes nothing");
  if (!file) {
    const auto parent = parent_of(root, edit.path, true);
    if (parent) file = open_beneath(root, edit.path, O_RDWR | O_CREAT | O_EXCL, 0644);
    if (!file) return refuse(edit, fmt::format("cannot make the file: {}", std::strerror(errno)));
    fchmod(file.get(), 0644);
  }
  CP_TRY(write_all(file, text, edit.path));
  if (edit.mtime) {
    const timespec times[] = {{0, UTIME_NOW}, to_timespec(*edit.mtime)};
    if (futimens(file.get(), times) != 0) return system_failure("cannot set the times of", edit.path);
  }
  const auto before = old ? old->size() : 0;
  return fmt::format("{} {} ({} -> {} bytes)", word, edit.path, before, text.size());
}

util::Result<std::string> remove(const util::Fd& root, const scenario::Edit& edit, const fs::path& folder) {
  const fs::path path = fs::path(edit.path).lexically_normal();
  const auto parent = parent_of(root, path, false);
  struct stat info {};
  if (!parent || fstatat(parent.get(), path.filename().c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return unopened(edit);
  if (S_ISDIR(info.st_mode)) {
    // By the resolved parent, so that no link on the way leads out.
    CP_TRY(util::remove_tree(fs::path(fmt::format("/proc/self/fd/{}", parent.get())) / path.filename()));
  } else if (unlinkat(parent.get(), path.filename().c_str(), 0) != 0) {
    return system_failure("cannot remove", folder / path);
  }
  return fmt::format("delete {}", edit.path);
}

util::Result<std::string> touch(const util::Fd& root, const scenario::Edit& edit) {
  const auto file = open_beneath(root, edit.path, O_RDONLY);
  if (!file) return unopened(edit);
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return system_failure("cannot read", edit.path);
  const timespec mtime = edit.mtime ? to_timespec(*edit.mtime) : timespec{0, UTIME_NOW};
  if (edit.mtime && same_time(mtime, info.st_mtim)) return refuse(edit, "changes nothing");
  const timespec times[] = {{0, UTIME_OMIT}, mtime};
  if (futimens(file.get(), times) != 0) return system_failure("cannot set the times of", edit.path);
  return fmt::format("touch {}", edit.path);
}

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
    CP_TRY(change_content(root, edit, "write"));
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
    CP_TRY_ASSIGN(auto said, apply(edit));
    words.push_back(std::move(said));
  }
  return words;
}

util::Result<std::string> Context::apply(const scenario::Edit& edit) {
  switch (edit.kind) {
  case Kind::write:
    return change_content(root_, edit, "write");
  case Kind::append:
    return change_content(root_, edit, "append");
  case Kind::replace:
    return change_content(root_, edit, "replace");
  case Kind::remove:
    return remove(root_, edit, folder_);
  case Kind::touch:
    return touch(root_, edit);
  }
  return refuse(edit, "is of no known kind");
}

util::Status Context::blank_syntax(const std::string& path, int line) {
  const auto file = open_beneath(root_, path, O_RDWR);
  struct stat info {};
  if (!file || fstat(file.get(), &info) != 0) return system_failure("cannot change", folder_ / path);
  CP_TRY_ASSIGN(const auto text, read_all(file, path));
  auto lines = util::split(text, '\n');
  auto at = static_cast<std::size_t>(line) - 1;
  if (at >= lines.size()) return util::failure(fmt::format("{} has no line {}", path, line));
  lines[at].assign(lines[at].size(), ' ');
  // BuildKit reads directives up to the first line that is none (frontend/dockerfile/parser/directives.go, v0.34.2):
  // the blank line has to stand behind those that follow, or `# escape=` would lose its effect.
  for (; at + 1 < lines.size() && is_directive(lines[at + 1]); ++at) std::swap(lines[at], lines[at + 1]);
  CP_TRY(write_all(file, util::join(lines, "\n"), folder_ / path));
  const timespec times[] = {info.st_atim, info.st_mtim};
  if (futimens(file.get(), times) != 0) return system_failure("cannot set the times of", folder_ / path);
  return {};
}

} // namespace cacheproof::workspace
