#include "scenario/reader.hpp"

#include <fmt/format.h>

#include <utility>

namespace cacheproof::scenario {
namespace {

/// The body of an edit while it is read; an edit that is not whole is dropped, its errors stay.
using EditKey = Key<Edit>;

void read_path(Reader& reader, const Node& at, Edit& edit) {
  if (auto path = reader.inner_path(at)) edit.path = std::move(*path);
}
void read_text_of(Reader& reader, const Node& at, Edit& edit) {
  if (auto text = reader.literal(at)) edit.text = std::move(*text);
}
void read_added_text(Reader& reader, const Node& at, Edit& edit) {
  read_text_of(reader, at, edit);
  if (at.is_scalar() && at.text.empty()) reader.report(codes::k_wrong_value, at, "appending nothing changes nothing");
}
void read_old(Reader& reader, const Node& at, Edit& edit) {
  if (auto text = reader.literal(at)) edit.old = std::move(*text);
  if (at.is_scalar() && at.text.empty()) reader.report(codes::k_wrong_value, at, "an empty text cannot match once");
}
void read_mtime(Reader& reader, const Node& at, Edit& edit) {
  edit.mtime = reader.time(at);
}

const EditKey k_path{"path", "the file, relative to the context", read_path, true};
const EditKey k_mtime{"mtime", "its time: RFC 3339 to the nanosecond, or seconds since 1970", read_mtime};
const EditKey k_mode{"mode", "its permissions", {}};
const EditKey k_atomic{"atomic", "write a new file and rename it over the old one", {}};
const EditKey k_keep_mtime{"keep_mtime", "the time stays what it was", {}};
const EditKey k_keep_size{"keep_size", "the edit must not change the size", {}};

const std::vector<EditKey>& write_keys() {
  static const std::vector<EditKey> keys{
      k_path,
      {"text", "the whole new content", read_text_of, true, "content"},
      {"base64", "the whole new content, encoded", {}, false, "content"},
      k_mode,
      k_mtime,
      k_atomic,
      k_keep_mtime,
      k_keep_size,
  };
  return keys;
}
const std::vector<EditKey>& append_keys() {
  static const std::vector<EditKey> keys{
      k_path, {"text", "what is added at the end", read_added_text, true}, k_atomic, k_keep_mtime, k_keep_size};
  return keys;
}
const std::vector<EditKey>& replace_keys() {
  static const std::vector<EditKey> keys{k_path,
                                         {"old", "the text that is there exactly once", read_old, true},
                                         {"new", "the text in its place", read_text_of, true},
                                         k_atomic,
                                         k_keep_mtime,
                                         k_keep_size};
  return keys;
}
const std::vector<EditKey>& touch_keys() {
  static const std::vector<EditKey> keys{k_path, k_mtime};
  return keys;
}

/// The reader of an edit that is written as a mapping.
EditKey edit_key(std::string_view name, std::string_view doc, Edit::Kind kind, const std::vector<EditKey>& (*keys)()) {
  return {name,
          doc,
          [name, kind, keys](Reader& reader, const Node& at, Edit& edit) {
            edit.kind = kind;
            read_keys(reader, at, fmt::format("a mapping for '{}'", name), keys(), edit);
          },
          false,
          "edit"};
}

const std::vector<EditKey>& kinds() {
  static const std::vector<EditKey> keys{
      edit_key("write", "makes or overwrites a file", Edit::Kind::write, write_keys),
      edit_key("append", "adds text to the end of a file", Edit::Kind::append, append_keys),
      edit_key("replace", "replaces a text that is there once", Edit::Kind::replace, replace_keys),
      {"delete",
       "removes a file or a folder",
       [](Reader& reader, const Node& at, Edit& edit) {
         edit.kind = Edit::Kind::remove;
         read_path(reader, at, edit);
       },
       false,
       "edit"},
      edit_key("touch", "sets the time of a file or a folder", Edit::Kind::touch, touch_keys),
      {"patch", "applies a unified diff", {}, false, "edit"},
      {"rename", "renames a file", {}, false, "edit"},
      {"copy", "copies a file", {}, false, "edit"},
      {"mkdir", "makes a folder", {}, false, "edit"},
      {"symlink", "makes a symbolic link", {}, false, "edit"},
      {"hardlink", "makes a hard link", {}, false, "edit"},
      {"chmod", "changes permissions", {}, false, "edit"},
      {"chown", "changes the owner", {}, false, "edit"},
      {"xattr", "sets an extended attribute", {}, false, "edit"},
      {"checkout", "checks out a commit of a git context", {}, false, "edit"},
  };
  return keys;
}

} // namespace

void read_edits(Reader& reader, const Node& at, std::vector<Edit>& edits) {
  if (!at.is_sequence()) return reader.wrong_type(at, "a list of edits");
  for (const auto& item : at.children) {
    Edit edit;
    edit.spot = reader.spot(item);
    if (!read_keys(reader, item, "an edit like {append: {path: …, text: …}}", kinds(), edit)) continue;
    if (item.entries() == 0) reader.wrong_type(item, "an edit like {append: {path: …, text: …}}");
    if (edit.kind == Edit::Kind::replace && !edit.old.empty() && edit.old == edit.text)
      reader.report(codes::k_wrong_value, item, "'old' and 'new' are equal: this edit changes nothing");
    edits.push_back(std::move(edit));
  }
}

} // namespace cacheproof::scenario
