#include "scenario/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

// Files that a scenario holds.
namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;
using Kind = InlineFile::Kind;
using FileKey = Key<InlineFile>;

constexpr std::size_t k_most_entries = 20'000; ///< of an archive: a long path has thousands of folders above it

/// An entry of an archive has the archive's time where it has none of its own.
struct Archive {
  InlineFiles files;
  std::optional<std::int64_t> mtime;
};

const std::vector<Key<Archive>>& archive_keys() {
  static const std::vector<Key<Archive>> keys{
      {"files",
       "its entries, as under `files`",
       [](Reader& reader, const Node& at, Archive& archive) { archive.files = read_files(reader, at); },
       true,
       {},
       files_shape()},
      {"mtime",
       "the time of every entry without one of its own",
       [](Reader& reader, const Node& at, Archive& archive) { archive.mtime = reader.time(at); },
       false,
       {},
       shape::time(),
       "2020-01-01T00:00:00Z"},
  };
  return keys;
}

/// Each entry after the folders above it: what unpacks them would otherwise make those with the time of that moment.
/// Ends where there are too many.
InlineFiles with_folders(const InlineFiles& files, std::optional<std::int64_t> mtime) {
  std::map<std::string_view, const InlineFile*> listed;
  for (const auto& file : files) listed.emplace(file.path, &file);
  std::set<std::string> done;
  InlineFiles all;
  for (const auto& file : files) {
    fs::path above;
    for (const auto& part : fs::path(file.path).parent_path()) {
      if (all.size() > k_most_entries) return all;
      above /= part;
      if (!done.insert(above.string()).second) continue;
      InlineFile folder;
      folder.path = above.string();
      folder.spot = file.spot;
      folder.kind = Kind::folder;
      if (const auto own = listed.find(folder.path); own != listed.end()) folder = *own->second;
      all.push_back(std::move(folder));
    }
    if (done.insert(file.path).second) all.push_back(file);
  }
  for (auto& file : all)
    if (!file.mtime) file.mtime = mtime;
  return all;
}

void read_archive(Reader& reader, const Node& at, InlineFile& file) {
  Archive archive;
  read_keys(reader, at, "a mapping for 'archive'", archive_keys(), archive);
  file.kind = Kind::archive;
  file.files = with_folders(archive.files, archive.mtime);
  if (file.files.size() > k_most_entries)
    reader.report(
        codes::k_too_large,
        at,
        fmt::format("an archive has at most {} entries, the folders above its files included", k_most_entries));
}

FileKey content_key(std::string_view name, std::string_view doc, Shape shape, decltype(FileKey::read) read) {
  return {name, doc, std::move(read), false, "content", std::move(shape)};
}

const std::vector<FileKey>& file_keys() {
  static const std::vector<FileKey> keys{
      {"text",
       "its content",
       [](Reader& reader, const Node& at, InlineFile& file) { file.text = reader.literal(at).value_or(""); },
       true,
       "content",
       shape::text()},
      content_key("base64",
                  "its content, encoded",
                  shape::text("^[A-Za-z0-9+/= \\n]*$"),
                  [](Reader& reader, const Node& at, InlineFile& file) { file.text = reader.base64(at).value_or(""); }),
      content_key("symlink",
                  "it is a symbolic link; what stands in it, from where the link is",
                  shape::text("^[^/]"),
                  [](Reader& reader, const Node& at, InlineFile& file) {
                    file.kind = Kind::symlink;
                    file.text = reader.link_target(at, file.path).value_or("");
                  }),
      content_key("hardlink",
                  "it is another name of this file among the same files",
                  shape::path(),
                  [](Reader& reader, const Node& at, InlineFile& file) {
                    file.kind = Kind::hardlink;
                    file.text = reader.inner_path(at).value_or("");
                  }),
      content_key("dir",
                  "`true`: it is a folder",
                  shape::boolean(),
                  [](Reader& reader, const Node& at, InlineFile& file) {
                    file.kind = Kind::folder;
                    if (reader.boolean(at) == false) reader.wrong_type(at, "true");
                  }),
      content_key("archive",
                  "it is a tar of these files, gzipped when its name ends in `.gz` or `.tgz`",
                  shape::table("archive", archive_keys),
                  read_archive),
      {"mode",
       "its permissions in octal digits",
       [](Reader& reader, const Node& at, InlineFile& file) { file.mode = reader.mode(at); },
       false,
       {},
       shape::mode(),
       "0644, a folder's 0755"},
      {"mtime",
       "its time: RFC 3339 to the nanosecond, or seconds since 1970",
       [](Reader& reader, const Node& at, InlineFile& file) { file.mtime = reader.time(at); },
       false,
       {},
       shape::time(),
       "2020-01-01T00:00:00Z"},
  };
  return keys;
}

/// What links do not have of their own.
void check_link(Reader& reader, const Node& at, const InlineFile& file) {
  const auto* mode = at.find("mode");
  const auto* mtime = at.find("mtime");
  if (mode && file.kind == Kind::symlink)
    reader.report(codes::k_wrong_value, *mode, "a symbolic link has no permissions of its own");
  if (file.kind != Kind::hardlink) return;
  for (const auto* each : {mode, mtime})
    if (each) reader.report(codes::k_wrong_value, *each, fmt::format("it is that of '{}'", file.text));
}

/// A file of a mapping, and where it stands there.
struct Entry {
  InlineFile file;
  const Node* key = nullptr;
  const Node* value = nullptr;
};

/// Hard links name a file of the same files, which is no link itself.
void check_hardlinks(Reader& reader, const std::vector<Entry>& entries) {
  std::set<std::string_view> targets;
  for (const auto& [file, key, value] : entries)
    if (file.kind == Kind::file || file.kind == Kind::archive) targets.insert(file.path);
  for (const auto& [file, key, value] : entries)
    if (file.kind == Kind::hardlink && !file.text.empty() && !targets.contains(file.text))
      reader.report(
          codes::k_bad_path, *value, fmt::format("there is no file '{}' among these files", file.text), {}, file.text);
}

/// No file stands where another, or a folder above another, has to.
void check_clashes(Reader& reader, const std::vector<Entry>& entries) {
  std::vector<const Entry*> sorted;
  for (const auto& entry : entries) sorted.push_back(&entry);
  // With `/` before every other sign, what is below a path follows it at once.
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* left, const auto* right) {
    const auto rank = [](char c) { return c == '/' ? 0 : static_cast<int>(static_cast<unsigned char>(c)); };
    return std::lexicographical_compare(left->file.path.begin(),
                                        left->file.path.end(),
                                        right->file.path.begin(),
                                        right->file.path.end(),
                                        [&](char a, char b) { return rank(a) < rank(b); });
  });
  std::vector<const Entry*> above;
  for (const auto* entry : sorted) {
    const auto& path = entry->file.path;
    const auto holds = [&](const InlineFile& other) {
      return path.starts_with(other.path) && (path.size() == other.path.size() || path[other.path.size()] == '/');
    };
    while (!above.empty() && !holds(above.back()->file)) above.pop_back();
    const bool same = !above.empty() && above.back()->file.path == path;
    if (!above.empty() && (above.back()->file.kind != Kind::folder || same)) {
      // `entries` is in the order of the file.
      const auto& [first, second] = std::minmax(entry, above.back());
      reader.report(codes::k_exclusive_keys,
                    *second->key,
                    fmt::format("'{}' and '{}' cannot both be files", first->file.path, second->file.path));
    }
    if (!same) above.push_back(entry);
  }
}

} // namespace

Shape files_shape() {
  return shape::filled(shape::names(shape::one_of({shape::text(), shape::table("file", file_keys)})));
}

InlineFiles read_files(Reader& reader, const Node& at) {
  if (!at.is_map() || at.entries() == 0) {
    reader.wrong_type(at, "a mapping from paths to texts");
    return {};
  }
  check_duplicates(reader, at);
  std::set<std::string_view> keys;
  std::vector<Entry> entries;
  for (std::size_t i = 0; i < at.entries(); ++i) {
    const auto& key = at.key(i);
    const auto& value = at.value(i);
    const auto path = reader.inner_path(key);
    InlineFile file;
    file.path = path.value_or("");
    file.spot = reader.spot(key);
    if (value.is_map()) {
      read_keys(reader, value, "a mapping for a file", file_keys(), file);
      check_link(reader, value, file);
    } else if (auto text = reader.literal(value)) {
      file.text = std::move(*text);
    } else {
      continue;
    }
    if (path && keys.insert(key.text).second) entries.push_back({std::move(file), &key, &value});
  }
  check_clashes(reader, entries);
  check_hardlinks(reader, entries);
  InlineFiles files;
  for (auto& entry : entries) files.push_back(std::move(entry.file));
  return files;
}

} // namespace cacheproof::scenario
