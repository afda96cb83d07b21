#include "workspace/apply_patch.hpp"

#include "util/text.hpp"
#include "workspace/apply.hpp"
#include "workspace/beneath.hpp"
#include "workspace/copy.hpp"
#include "workspace/edit.hpp"
#include "workspace/patch.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

namespace cacheproof::workspace {
namespace fs = std::filesystem;
namespace {

using Kind = scenario::Edit::Kind;
using FileKind = scenario::InlineFile::Kind;

/// What is at a path; a link there is not followed.
util::Result<std::optional<scenario::InlineFile>> file_at(const util::Fd& root, const std::string& path) {
  const auto parent = parent_of(root, path, false);
  const auto name = fs::path(path).filename();
  struct stat info {};
  if (!parent || fstatat(parent.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  scenario::InlineFile file{path, {}, {}};
  if (S_ISLNK(info.st_mode)) {
    std::array<char, PATH_MAX> target{};
    const auto size = readlinkat(parent.get(), name.c_str(), target.data(), target.size());
    if (size < 0) return system_failure("cannot read the link", path);
    file.kind = FileKind::symlink;
    file.text.assign(target.data(), static_cast<std::size_t>(size));
    return file;
  }
  if (S_ISDIR(info.st_mode)) {
    file.kind = FileKind::folder;
    return file;
  }
  const auto opened = open_beneath(root, path, O_RDONLY);
  if (!opened) return system_failure("cannot read", path);
  CP_TRY_ASSIGN(file.text, read_all(opened, path));
  return file;
}

/// Git knows no empty folders: those that a removal leaves go with it.
void drop_empty_folders(const util::Fd& root, const std::string& removed) {
  for (auto folder = fs::path(removed).parent_path(); !folder.empty(); folder = folder.parent_path()) {
    const auto above = parent_of(root, folder, false);
    if (!above || unlinkat(above.get(), folder.filename().c_str(), AT_REMOVEDIR) != 0) return;
  }
}

/// The parts of a patch or a checkout, each an edit of its own.
class Parts {
public:
  Parts(const util::Fd& root, const scenario::Edit& whole)
      : root_(root),
        whole_(whole) {}

  scenario::Edit part(Kind kind, std::string path, std::string to = {}) const {
    scenario::Edit edit;
    edit.kind = kind;
    edit.path = std::move(path);
    edit.to = std::move(to);
    edit.spot = whole_.spot;
    return edit;
  }

  util::Status apply(const scenario::Edit& edit) {
    CP_TRY_ASSIGN(auto said, workspace::apply(root_, edit));
    words_.push_back(std::move(said));
    return {};
  }

  util::Status remove(const std::string& path, bool for_good = true) {
    CP_TRY(apply(part(Kind::remove, path)));
    if (for_good) drop_empty_folders(root_, path);
    return {};
  }

  util::Status make(const std::string& path, bool link, std::string text, std::uint32_t mode) {
    if (link) return apply(part(Kind::symlink, path, std::move(text)));
    auto edit = part(Kind::write, path);
    edit.text = std::move(text);
    edit.mode = mode;
    return apply(edit);
  }

  const std::vector<std::string>& words() const { return words_; }

private:
  const util::Fd& root_;
  const scenario::Edit& whole_;
  std::vector<std::string> words_;
};

/// A file that stays a file, at its path.
util::Status rewrite(Parts& parts, const scenario::Edit& whole, const PatchedFile& file, const std::string& before) {
  if (file.text == before) {
    if (!file.mode) return {}; // renamed or copied as it is
    auto edit = parts.part(Kind::chmod, file.path);
    edit.mode = file.mode;
    return parts.apply(edit);
  }
  auto edit = parts.part(Kind::write, file.path);
  edit.text = file.text;
  edit.mode = file.mode;
  edit.atomic = whole.atomic;
  edit.keep_mtime = whole.keep_mtime;
  edit.keep_size = whole.keep_size;
  return parts.apply(edit);
}

util::Status apply_one(Parts& parts, const util::Fd& root, const scenario::Edit& whole, const PatchedFile& file) {
  if (file.from.empty()) return parts.make(file.path, file.link, file.text, file.mode.value_or(0644));
  if (file.path.empty()) return parts.remove(file.from);
  CP_TRY_ASSIGN(const auto old, file_at(root, file.from));
  const bool was_link = old && old->kind == FileKind::symlink;
  if (file.copied || file.from != file.path) {
    CP_TRY(parts.apply(parts.part(file.copied ? Kind::copy : Kind::rename, file.from, file.path)));
    if (!file.copied) drop_empty_folders(root, file.from);
  }
  if (!was_link && !file.link) return rewrite(parts, whole, file, old ? old->text : "");
  if (was_link && file.link && old->text == file.text) return {};
  CP_TRY(parts.apply(parts.part(Kind::remove, file.path)));
  return parts.make(file.path, file.link, file.text, file.mode.value_or(0644));
}

} // namespace

util::Result<std::string> apply_patch(const util::Fd& root, const scenario::Edit& edit) {
  CP_TRY_ASSIGN(const auto files, patched(edit, [&](const std::string& path) { return file_at(root, path); }));
  Parts parts(root, edit);
  for (const auto& file : files) CP_TRY(apply_one(parts, root, edit, file));
  if (parts.words().empty()) return refuse(edit, "changes nothing");
  return "patch: " + util::join(parts.words(), ", ");
}

util::Result<std::string>
apply_checkout(const util::Fd& root, const scenario::Edit& edit, const GitCheckout& before, const GitTree& after) {
  CP_TRY_ASSIGN(const auto all,
                checkout_changes(edit, before.repository, before.files, after, [&](const std::string& path) {
                  return file_at(root, path);
                }));
  Parts parts(root, edit);
  // Removals first: a folder may become a file, or a file a folder.
  for (const auto& change : all)
    if (change.before) CP_TRY(parts.remove(change.path, !change.after));
  for (const auto& change : all) {
    if (!change.after) continue;
    CP_TRY_ASSIGN(auto text, before.repository.read(*change.after));
    CP_TRY(parts.make(change.path, change.after->link, std::move(text), change.after->executable ? 0755 : 0644));
  }
  return fmt::format("checkout {} ({} changed)", edit.text, all.size());
}

} // namespace cacheproof::workspace
