#include "workspace/inline_files.hpp"

#include "workspace/apply.hpp"
#include "workspace/archive.hpp"
#include "workspace/beneath.hpp"
#include "workspace/copy.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace cacheproof::workspace {
namespace fs = std::filesystem;
namespace {

using Kind = scenario::InlineFile::Kind;

util::Status set_time(const util::Fd& root, const std::string& path, std::int64_t mtime) {
  const timespec times[] = {to_timespec(mtime), to_timespec(mtime)};
  if (utimensat(root.get(), path.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    return system_failure("cannot set the times of", path);
  return {};
}

/// An edit of the same effect, so that there is one way to write into a context.
util::Result<scenario::Edit> edit_of(const scenario::InlineFile& file) {
  scenario::Edit edit;
  edit.path = file.path;
  edit.spot = file.spot;
  switch (file.kind) {
  case Kind::folder:
    edit.kind = scenario::Edit::Kind::mkdir;
    break;
  case Kind::symlink:
  case Kind::hardlink:
    edit.kind = file.kind == Kind::symlink ? scenario::Edit::Kind::symlink : scenario::Edit::Kind::hardlink;
    edit.to = file.text;
    break;
  case Kind::file:
  case Kind::archive:
    CP_TRY_ASSIGN(edit.text, content_of(file));
    edit.mode = mode_of(file);
    break;
  }
  return edit;
}

/// Files before the links to them. A folder may be there already, for a file in it.
util::Status make(const util::Fd& root, const scenario::InlineFiles& files) {
  for (const bool links : {false, true})
    for (const auto& file : files) {
      if ((file.kind == Kind::hardlink) != links) continue;
      if (file.kind == Kind::folder && open_beneath(root, file.path, O_PATH)) continue;
      CP_TRY_ASSIGN(const auto edit, edit_of(file));
      CP_TRY(apply(root, edit));
    }
  return {};
}

} // namespace

mode_t mode_of(const scenario::InlineFile& file) {
  if (file.kind == Kind::symlink) return 0777;
  return file.mode.value_or(file.kind == Kind::folder ? 0755 : 0644);
}

util::Result<std::string> content_of(const scenario::InlineFile& file) {
  return file.kind == Kind::archive ? archive_bytes(file) : file.text;
}

util::Status write_inline(const util::Fd& root, const scenario::InlineFiles& files) {
  CP_TRY(make(root, files));
  // At the end: a folder may forbid writing into it, and gets a new time with everything that is made in it.
  const auto here = fs::path("/proc/self/fd") / std::to_string(root.get());
  std::error_code error;
  for (fs::recursive_directory_iterator it(here / ".", error), end; !error && it != end; it.increment(error))
    CP_TRY(set_time(root, it->path().lexically_relative(here), k_inline_mtime));
  if (error) return util::failure("cannot read the new context: " + error.message());
  CP_TRY(set_time(root, ".", k_inline_mtime));
  for (const auto& file : files) {
    if (file.mtime && file.kind != Kind::hardlink) CP_TRY(set_time(root, file.path, *file.mtime));
    if (file.kind == Kind::folder && fchmodat(root.get(), file.path.c_str(), mode_of(file), 0) != 0)
      return system_failure("cannot chmod", file.path);
  }
  return {};
}

} // namespace cacheproof::workspace
