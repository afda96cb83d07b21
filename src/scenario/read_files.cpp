#include "scenario/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

// Files that a scenario holds.
namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;
using Kind = InlineFile::Kind;
using FileKey = Key<InlineFile>;

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
InlineFiles with_folders(InlineFiles files, std::optional<std::int64_t> mtime) {
  InlineFiles all;
  const auto has = [&](const std::string& path) {
    return std::any_of(all.begin(), all.end(), [&](const auto& each) { return each.path == path; });
  };
  const auto listed = [&](const std::string& path) {
    return std::find_if(files.begin(), files.end(), [&](const auto& each) { return each.path == path; });
  };
  for (const auto& file : files) {
    fs::path above;
    for (const auto& part : fs::path(file.path).parent_path()) {
      above /= part;
      if (has(above.string())) continue;
      const auto own = listed(above.string());
      InlineFile folder;
      folder.path = above.string();
      folder.spot = file.spot;
      folder.kind = Kind::folder;
      all.push_back(own == files.end() ? std::move(folder) : *own);
    }
    if (!has(file.path)) all.push_back(file);
  }
  for (auto& file : all)
    if (!file.mtime) file.mtime = mtime;
  return all;
}

void read_archive(Reader& reader, const Node& at, InlineFile& file) {
  Archive archive;
  read_keys(reader, at, "a mapping for 'archive'", archive_keys(), archive);
  file.kind = Kind::archive;
  file.files = with_folders(std::move(archive.files), archive.mtime);
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

/// Hard links name a file of the same files, which is no link itself.
void check_hardlinks(Reader& reader, const Node& at, const InlineFiles& files) {
  for (const auto& link : files) {
    if (link.kind != Kind::hardlink || link.text.empty()) continue;
    const auto target =
        std::find_if(files.begin(), files.end(), [&](const auto& each) { return each.path == link.text; });
    if (target != files.end() && (target->kind == Kind::file || target->kind == Kind::archive)) continue;
    for (std::size_t i = 0; i < at.entries(); ++i)
      if (at.key(i).line == link.spot.line && at.key(i).column == link.spot.column)
        reader.report(codes::k_bad_path,
                      at.value(i),
                      fmt::format("there is no file '{}' among these files", link.text),
                      {},
                      link.text);
  }
}

} // namespace

Shape files_shape() {
  return shape::filled(shape::names(shape::one_of({shape::text(), shape::table("file", file_keys)})));
}

InlineFiles read_files(Reader& reader, const Node& at) {
  InlineFiles files;
  if (!at.is_map() || at.entries() == 0) {
    reader.wrong_type(at, "a mapping from paths to texts");
    return files;
  }
  check_duplicates(reader, at);
  for (std::size_t i = 0; i < at.entries(); ++i) {
    const auto& value = at.value(i);
    auto path = reader.inner_path(at.key(i));
    InlineFile file;
    file.path = path.value_or("");
    file.spot = reader.spot(at.key(i));
    if (value.is_map()) {
      read_keys(reader, value, "a mapping for a file", file_keys(), file);
      check_link(reader, value, file);
    } else if (auto text = reader.literal(value)) {
      file.text = std::move(*text);
    } else {
      continue;
    }
    if (!path) continue;
    for (const auto& other : files) {
      const auto in_the_way = [](const InlineFile& above, const InlineFile& below) {
        return above.kind != Kind::folder && below.path.starts_with(above.path + "/");
      };
      if (in_the_way(other, file) || in_the_way(file, other)
          || (other.path == *path && at.find(at.key(i).text) == &value))
        reader.report(
            codes::k_exclusive_keys, at.key(i), fmt::format("'{}' and '{}' cannot both be files", other.path, *path));
    }
    files.push_back(std::move(file));
  }
  check_hardlinks(reader, at, files);
  return files;
}

} // namespace cacheproof::scenario
