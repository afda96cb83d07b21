#include "scenario/reader.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <cstdint>
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

void read_to(Reader& reader, const Node& at, Edit& edit) {
  if (auto path = reader.inner_path(at)) edit.to = std::move(*path);
}
void read_base64(Reader& reader, const Node& at, Edit& edit) {
  edit.text = reader.base64(at).value_or("");
}
void read_mode(Reader& reader, const Node& at, Edit& edit) {
  edit.mode = reader.mode(at);
}
std::optional<std::uint32_t> read_id(Reader& reader, const Node& at) {
  const auto id = at.is_scalar() ? util::parse_number<std::uint32_t>(at.text) : std::nullopt;
  // The last one means "leave it" to the kernel (chown(2)).
  if (id && *id != UINT32_MAX) return id;
  reader.wrong_type(at, "a number from 0 to 4294967294");
  return std::nullopt;
}
void read_link_target(Reader& reader, const Node& at, Edit& edit) {
  edit.to = reader.link_target(at, edit.path).value_or("");
}
void read_xattr_name(Reader& reader, const Node& at, Edit& edit) {
  auto name = reader.literal(at);
  if (!name) return;
  if (!name->starts_with("user.") || name->size() == 5 || name->size() > 255)
    return reader.report(codes::k_wrong_value,
                         at,
                         fmt::format("'{}' is no name of an attribute that a context can have", *name),
                         "names begin with 'user.' (xattr(7)): those alone are part of BuildKit's content keys");
  edit.name = std::move(*name);
}
EditKey flag_key(std::string_view name, std::string_view doc, bool Edit::*member) {
  return {name,
          doc,
          [member](Reader& reader, const Node& at, Edit& edit) { edit.*member = reader.boolean(at).value_or(false); },
          false,
          {},
          shape::boolean(),
          "false"};
}

const EditKey k_path{"path", "the file, relative to the context", read_path, true, {}, shape::path()};
const EditKey k_mtime{"mtime",
                      "its time: RFC 3339 to the nanosecond, or seconds since 1970",
                      read_mtime,
                      false,
                      "mtime",
                      shape::time(),
                      "now"};
const EditKey k_mode{"mode", "its permissions in octal digits", read_mode, false, {}, shape::mode()};
const EditKey k_atomic = flag_key("atomic", "write a new file and rename it over the old one", &Edit::atomic);
const EditKey k_keep_size = flag_key("keep_size", "the edit must not change the size", &Edit::keep_size);

EditKey keep_mtime_key() {
  auto key = flag_key("keep_mtime", "the time stays what it was", &Edit::keep_mtime);
  key.group = "mtime";
  return key;
}
const EditKey k_keep_mtime = keep_mtime_key();

const std::vector<EditKey>& write_keys() {
  static const std::vector<EditKey> keys{
      k_path,
      {"text", "the whole new content", read_text_of, true, "content", shape::text()},
      {"base64", "the whole new content, encoded", read_base64, false, "content", shape::text("^[A-Za-z0-9+/= \\n]*$")},
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
      k_path,
      {"text", "what is added at the end", read_added_text, true, {}, shape::text("[\\s\\S]")},
      k_atomic,
      k_keep_mtime}; // and no `keep_size`: no text that is added could keep it
  return keys;
}
const std::vector<EditKey>& replace_keys() {
  static const std::vector<EditKey> keys{
      k_path,
      {"old", "the text that is there exactly once", read_old, true, {}, shape::text("[\\s\\S]")},
      {"new", "the text in its place", read_text_of, true, {}, shape::text()},
      k_atomic,
      k_keep_mtime,
      k_keep_size};
  return keys;
}
const std::vector<EditKey>& move_keys() {
  static const std::vector<EditKey> keys{
      {"from", "a file or a folder", read_path, true, {}, shape::path()},
      {"to", "its new path, at which nothing is yet", read_to, true, {}, shape::path()}};
  return keys;
}
const std::vector<EditKey>& mkdir_keys() {
  static const std::vector<EditKey> keys{{"path", "the folder", read_path, true, {}, shape::path()}, k_mode};
  return keys;
}
const std::vector<EditKey>& symlink_keys() {
  static const std::vector<EditKey> keys{
      {"path", "the link", read_path, true, {}, shape::path()},
      {"target", "what stands in it, from where the link is", read_link_target, true, {}, shape::text("^[^/]")}};
  return keys;
}
const std::vector<EditKey>& hardlink_keys() {
  static const std::vector<EditKey> keys{
      {"path", "the new name", read_path, true, {}, shape::path()},
      {"target", "the file, relative to the context", read_to, true, {}, shape::path()}};
  return keys;
}
const std::vector<EditKey>& chmod_keys() {
  static const std::vector<EditKey> keys{
      k_path, {"mode", "its new permissions in octal digits", read_mode, true, {}, shape::mode()}};
  return keys;
}
const std::vector<EditKey>& chown_keys() {
  static const std::vector<EditKey> keys{
      k_path,
      {"uid",
       "the new owner",
       [](Reader& reader, const Node& at, Edit& edit) { edit.uid = read_id(reader, at); },
       false,
       {},
       shape::number(0, UINT32_MAX - 1)},
      {"gid",
       "the new group",
       [](Reader& reader, const Node& at, Edit& edit) { edit.gid = read_id(reader, at); },
       false,
       {},
       shape::number(0, UINT32_MAX - 1)}};
  return keys;
}
const std::vector<EditKey>& xattr_keys() {
  static const std::vector<EditKey> keys{
      k_path,
      {"name", "the attribute, `user.…`", read_xattr_name, true, {}, shape::text("^user\\..")},
      {"value", "its value", read_text_of, true, {}, shape::text()}};
  return keys;
}
const std::vector<EditKey>& touch_keys() {
  static const std::vector<EditKey> keys{k_path, k_mtime};
  return keys;
}

void read_patch_text(Reader& reader, const Node& at, Edit& edit) {
  edit.text = reader.literal(at).value_or("");
}
void read_patch_file(Reader& reader, const Node& at, Edit& edit) {
  edit.text = read_beside(reader, at, "a patch").value_or("");
  edit.name = at.text;
}
const std::vector<EditKey>& patch_keys() {
  static const std::vector<EditKey> keys{
      {"text", "the diff itself", read_patch_text, true, "content", shape::text("[\\s\\S]")},
      {"file", "a file of it, from the scenario's folder", read_patch_file, false, "content", shape::text("^[^/]")},
      k_atomic,
      k_keep_mtime,
      k_keep_size};
  return keys;
}
void read_patch(Reader& reader, const Node& at, Edit& edit) {
  edit.kind = Edit::Kind::patch;
  if (at.is_map())
    read_keys(reader, at, "a mapping for 'patch'", patch_keys(), edit);
  else if (at.is_scalar() && at.text.find('\n') == std::string::npos)
    read_patch_file(reader, at, edit);
  else
    read_patch_text(reader, at, edit);
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
          "edit",
          shape::table(name, keys)};
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
       "edit",
       shape::path()},
      edit_key("touch", "sets the time of a file or a folder", Edit::Kind::touch, touch_keys),
      {"patch",
       "applies a unified diff: itself (a text of several lines), or a file of it, from the scenario's folder",
       read_patch,
       false,
       "edit",
       shape::one_of({shape::text(), shape::table("patch", patch_keys)})},
      edit_key("rename", "renames a file or a folder", Edit::Kind::rename, move_keys),
      edit_key("copy", "copies a file or a folder, with modes, owners and times", Edit::Kind::copy, move_keys),
      {"mkdir",
       "makes a folder",
       [](Reader& reader, const Node& at, Edit& edit) {
         edit.kind = Edit::Kind::mkdir;
         if (at.is_map())
           read_keys(reader, at, "a mapping for 'mkdir'", mkdir_keys(), edit);
         else
           read_path(reader, at, edit);
       },
       false,
       "edit",
       shape::one_of({shape::path(), shape::table("mkdir", mkdir_keys)})},
      edit_key("symlink", "makes a symbolic link", Edit::Kind::symlink, symlink_keys),
      edit_key("hardlink", "makes a hard link", Edit::Kind::hardlink, hardlink_keys),
      edit_key("chmod", "changes permissions", Edit::Kind::chmod, chmod_keys),
      edit_key("chown", "changes the owner", Edit::Kind::chown, chown_keys),
      edit_key("xattr", "sets an extended attribute", Edit::Kind::xattr, xattr_keys),
      {"checkout",
       "checks out a commit, a tag or a branch of a git context: files that differ get the time of now",
       [](Reader& reader, const Node& at, Edit& edit) {
         edit.kind = Edit::Kind::checkout;
         edit.text = reader.word(at, "a commit, a tag or a branch").value_or("");
         if (at.is_scalar() && at.text.empty()) reader.wrong_type(at, "a commit, a tag or a branch");
       },
       false,
       "edit",
       shape::text("[\\s\\S]")},
  };
  return keys;
}

} // namespace

Shape edits_shape() {
  return shape::list(shape::filled(shape::table("edit", kinds)));
}

void read_edits(Reader& reader, const Node& at, std::vector<Edit>& edits) {
  if (!at.is_sequence()) return reader.wrong_type(at, "a list of edits");
  for (const auto& item : at.children) {
    Edit edit;
    edit.spot = reader.spot(item);
    if (!read_keys(reader, item, "an edit like {append: {path: …, text: …}}", kinds(), edit)) continue;
    if (item.entries() == 0) reader.wrong_type(item, "an edit like {append: {path: …, text: …}}");
    if (edit.kind == Edit::Kind::replace && !edit.old.empty() && edit.old == edit.text)
      reader.report(codes::k_wrong_value, item, "'old' and 'new' are equal: this edit changes nothing");
    const auto* owner = item.find("chown");
    if (owner && owner->is_map() && !owner->find("uid") && !owner->find("gid"))
      reader.report(codes::k_missing_key, item, "'chown' needs 'uid' or 'gid'");
    edits.push_back(std::move(edit));
  }
}

} // namespace cacheproof::scenario
