#include "workspace/patch.hpp"

#include "util/text.hpp"
#include "workspace/edit.hpp"
#include "workspace/git_handles.hpp"

#include <fmt/format.h>
#include <git2/sys/mempack.h>
#include <git2/sys/repository.h>

#include <filesystem>
#include <set>

namespace cacheproof::workspace {
namespace fs = std::filesystem;
namespace {

using Kind = scenario::InlineFile::Kind;

tl::unexpected<util::Error> unfit(const scenario::Edit& edit, std::string_view why) {
  return refuse(edit, fmt::format("does not apply: {}", why));
}

/// The path of a `--- ` or `+++ ` line, without a time behind it.
std::string_view path_of(std::string_view line) {
  line = line.substr(4);
  return util::trim(line.substr(0, line.find('\t')));
}

/// What git writes above a `---` and a `+++` line with these paths.
std::string git_header(std::string_view from, std::string_view to) {
  constexpr std::string_view nothing = "/dev/null";
  const auto named = [](std::string_view path) { return path.substr(path.find('/') + 1); };
  if (from == nothing) return fmt::format("diff --git a/{0} b/{0}\nnew file mode 100644\n", named(to));
  if (to == nothing) return fmt::format("diff --git a/{0} b/{0}\ndeleted file mode 100644\n", named(from));
  return fmt::format("diff --git {} {}\n", from, to);
}

/// How many lines a hunk has of the old and of the new file: `@@ -10,3 +10,4 @@`; nothing for a line that begins none.
std::optional<std::pair<int, int>> lengths(std::string_view line) {
  if (!line.starts_with("@@ -")) return {};
  const auto length = [&](char sign) {
    const auto at = line.find(sign, 3);
    if (at == std::string_view::npos) return 0;
    const auto range = line.substr(at + 1, line.find(' ', at) - at - 1);
    const auto comma = range.find(',');
    return comma == std::string_view::npos ? 1 : util::parse_number<int>(range.substr(comma + 1)).value_or(0);
  };
  return std::pair(length('-'), length('+'));
}

bool leads_out(const std::string& link, const std::string& target) {
  const auto end = (fs::path(link).parent_path() / target).lexically_normal();
  return end.is_absolute() || (!end.empty() && *end.begin() == "..");
}

/// What libgit2 says of a hunk is no more than that it failed: this is where it was.
struct Progress {
  std::string file;
  int hunk = 0;
  std::string range;
};

int at_file(const git_diff_delta* delta, void* payload) {
  auto& progress = *static_cast<Progress*>(payload);
  progress = {delta->new_file.path, 0, {}};
  return 0;
}

int at_hunk(const git_diff_hunk* hunk, void* payload) {
  auto& progress = *static_cast<Progress*>(payload);
  ++progress.hunk;
  progress.range =
      fmt::format("@@ -{},{} +{},{} @@", hunk->old_start, hunk->old_lines, hunk->new_start, hunk->new_lines);
  return 0;
}

/// A repository that is nowhere but in memory.
git::Repository in_memory() {
  auto odb = git::make<git::Odb>(git_odb_new);
  git_odb_backend* backend = nullptr;
  // The odb takes the backend over.
  if (!odb || git_mempack_new(&backend) != 0 || git_odb_add_backend(odb.get(), backend, 1) != 0) return {};
  return git::make<git::Repository>(git_repository_wrap_odb, odb.get());
}

int add(git_index* index, git_repository* repository, const std::string& path, const scenario::InlineFile& file) {
  git_index_entry entry{};
  entry.path = path.c_str();
  entry.mode = file.kind == Kind::symlink ? GIT_FILEMODE_LINK : GIT_FILEMODE_BLOB;
  const int made = git_blob_create_from_buffer(&entry.id, repository, file.text.data(), file.text.size());
  return made != 0 ? made : git_index_add(index, &entry);
}

/// The files that a patch is about, as they are, as a tree of git's.
util::Result<git::Tree>
preimage(const scenario::Edit& edit, git_repository* repository, git_diff* diff, const FindFile& find) {
  const auto index = git::make<git::Index>(git_index_new);
  std::set<std::string> seen;
  for (std::size_t i = 0; i < git_diff_num_deltas(diff); ++i) {
    const auto* delta = git_diff_get_delta(diff, i);
    const bool is_new = delta->status == GIT_DELTA_ADDED;
    const std::string old_path = delta->old_file.path;
    const std::string new_path = delta->new_file.path;
    if (!seen.insert(new_path).second) return unfit(edit, fmt::format("it names {} twice", new_path));
    if (is_new || new_path != old_path) {
      CP_TRY_ASSIGN(const auto there, find(new_path));
      if (there) return unfit(edit, fmt::format("there is a {} already", new_path));
    }
    if (is_new) continue;
    CP_TRY_ASSIGN(const auto file, find(old_path));
    if (!file || file->kind == Kind::folder) return unfit(edit, fmt::format("there is no {} in the context", old_path));
    if (add(index.get(), repository, old_path, *file) != 0)
      return unfit(edit, fmt::format("{}: {}", old_path, git::words()));
  }
  git_oid id{};
  if (git_index_write_tree_to(&id, index.get(), repository) != 0) return unfit(edit, git::words());
  return git::make<git::Tree>(git_tree_lookup, repository, &id);
}

/// The permissions that git has for a mode, where a patch sets them.
std::optional<std::uint32_t> mode_of(const git_diff_delta& delta) {
  if (delta.new_file.mode == delta.old_file.mode || delta.new_file.mode == GIT_FILEMODE_UNREADABLE) return {};
  if (delta.new_file.mode == GIT_FILEMODE_BLOB_EXECUTABLE) return 0755;
  if (delta.new_file.mode == GIT_FILEMODE_BLOB) return 0644;
  return {};
}

util::Result<PatchedFile>
result_of(const scenario::Edit& edit, git_repository* repository, git_index* after, const git_diff_delta& delta) {
  PatchedFile file;
  if (delta.status != GIT_DELTA_ADDED) file.from = delta.old_file.path;
  if (delta.status == GIT_DELTA_DELETED) return file;
  file.path = delta.new_file.path;
  file.copied = delta.status == GIT_DELTA_COPIED;
  file.mode = mode_of(delta);
  const auto* entry = git_index_get_bypath(after, file.path.c_str(), 0);
  if (!entry) return unfit(edit, fmt::format("{} is not there in the end", file.path));
  if (entry->mode == GIT_FILEMODE_COMMIT) return unfit(edit, fmt::format("{} would be a submodule", file.path));
  file.link = entry->mode == GIT_FILEMODE_LINK;
  const auto blob = git::make<git::Blob>(git_blob_lookup, repository, &entry->id);
  if (!blob) return unfit(edit, git::words());
  file.text.assign(static_cast<const char*>(git_blob_rawcontent(blob.get())), git_blob_rawsize(blob.get()));
  if (file.link && leads_out(file.path, file.text))
    return unfit(edit, fmt::format("{} would be a link that leads out of the context", file.path));
  return file;
}

} // namespace

std::string with_git_headers(std::string_view patch) {
  const auto lines = util::split(patch, '\n');
  std::string all;
  std::pair<int, int> left{0, 0}; // lines of the hunk that are still to come
  bool has_header = false;
  bool has_index = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    const bool begins = line.starts_with("--- ") && i + 1 < lines.size() && lines[i + 1].starts_with("+++ ");
    if (left.first > 0 || left.second > 0) {
      if (!line.starts_with('+') && !line.starts_with('\\')) --left.first;
      if (!line.starts_with('-') && !line.starts_with('\\')) --left.second;
    } else if (const auto hunk = lengths(line)) {
      left = *hunk;
      has_header = has_index = false;
    } else if (line.starts_with("diff --git ")) {
      has_header = true;
      has_index = false;
    } else if (line.starts_with("index ")) {
      has_index = true;
    } else if (begins) {
      const auto from = path_of(line);
      const auto to = path_of(lines[i + 1]);
      if (!has_header) all += git_header(from, to);
      if (!has_index) all += "index 0000000..0000000\n";
      all += fmt::format("--- {}\n+++ {}\n", from, to);
      ++i;
      continue;
    }
    all += line;
    if (i + 1 < lines.size()) all += '\n';
  }
  return all;
}

util::Result<std::vector<PatchedFile>> patched(const scenario::Edit& edit, const FindFile& find) {
  git::start();
  const auto text = with_git_headers(edit.text);
  const auto diff = git::make<git::Diff>(git_diff_from_buffer, text.data(), text.size());
  if (!diff && git::words().find("path components") != std::string::npos)
    return unfit(edit, "its paths have no first part to leave out, as a/ and b/ in git's");
  if (!diff) return unfit(edit, git::words());
  if (git_diff_num_deltas(diff.get()) == 0) return unfit(edit, "it has no file of a unified diff in it");
  const auto repository = in_memory();
  if (!repository) return util::failure("libgit2 cannot make a repository in memory: " + git::words());
  CP_TRY_ASSIGN(const auto before, preimage(edit, repository.get(), diff.get(), find));
  Progress progress;
  git_apply_options options = GIT_APPLY_OPTIONS_INIT;
  options.delta_cb = at_file;
  options.hunk_cb = at_hunk;
  options.payload = &progress;
  const auto after = git::make<git::Index>(git_apply_to_tree, repository.get(), before.get(), diff.get(), &options);
  if (!after && progress.hunk > 0)
    return unfit(edit, fmt::format("hunk {} of {} ({}) does not fit", progress.hunk, progress.file, progress.range));
  if (!after) return unfit(edit, fmt::format("{}: {}", progress.file, git::words()));
  std::vector<PatchedFile> files;
  for (std::size_t i = 0; i < git_diff_num_deltas(diff.get()); ++i) {
    CP_TRY_ASSIGN(auto file, result_of(edit, repository.get(), after.get(), *git_diff_get_delta(diff.get(), i)));
    if (edit.keep_size && !file.from.empty() && !file.path.empty()) {
      CP_TRY_ASSIGN(const auto old, find(file.from));
      if (old && old->text.size() != file.text.size())
        return refuse(
            edit,
            fmt::format(
                "would change the size of {} from {} to {} bytes", file.from, old->text.size(), file.text.size()));
    }
    files.push_back(std::move(file));
  }
  return files;
}

} // namespace cacheproof::workspace
