#include "workspace/edit.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace cacheproof::workspace {
namespace fs = std::filesystem;
namespace {

using Kind = scenario::Edit::Kind;

std::string normal(const std::string& path) {
  return fs::path(path).lexically_normal().string();
}

/// Whether removing `removed` (a file or a folder) takes `path` with it.
bool goes_with(const std::string& path, const std::string& removed) {
  return path == removed || path.starts_with(removed + "/");
}

} // namespace

tl::unexpected<util::Error> refuse(const scenario::Edit& edit, const std::string& why) {
  return util::failure(fmt::format("{}:{}: the edit of {} {}", edit.spot.file, edit.spot.line, edit.path, why),
                       {},
                       {},
                       util::Blame::input);
}

util::Result<std::string> edited(const scenario::Edit& edit, const std::optional<std::string>& old) {
  if (edit.kind != Kind::write && !old) return refuse(edit, "finds no such file in the context");
  std::string text;
  switch (edit.kind) {
  case Kind::write:
    text = edit.text;
    break;
  case Kind::append:
    text = *old + edit.text;
    break;
  case Kind::replace: {
    const auto at = edit.old.empty() ? std::string::npos : old->find(edit.old);
    if (at == std::string::npos) return refuse(edit, "does not find its `old` text");
    if (old->find(edit.old, at + 1) != std::string::npos) return refuse(edit, "finds its `old` text more than once");
    text = *old;
    text.replace(at, edit.old.size(), edit.text);
    break;
  }
  default:
    return refuse(edit, "has no content"); // the caller's mistake
  }
  if (old && text == *old && !edit.mtime && !edit.mode) return refuse(edit, "changes nothing");
  if (edit.keep_size && old && text.size() != old->size())
    return refuse(edit, fmt::format("would change the size from {} to {} bytes", old->size(), text.size()));
  return text;
}

util::Result<std::optional<std::string>>
text_after(std::span<const scenario::Edit> edits, const std::string& path, const Original& original) {
  const auto wanted = normal(path);
  if (edits.empty()) return original(wanted);
  const auto& edit = edits.back();
  const auto before = [&](const std::string& where) {
    return text_after(edits.first(edits.size() - 1), where, original);
  };
  const auto touched = normal(edit.path);
  const auto to = normal(edit.to);
  switch (edit.kind) {
  case Kind::write:
  case Kind::append:
  case Kind::replace: {
    if (touched != wanted) return before(wanted);
    CP_TRY_ASSIGN(const auto old, before(wanted));
    CP_TRY_ASSIGN(auto text, edited(edit, old));
    return std::optional(std::move(text));
  }
  case Kind::remove:
    return goes_with(wanted, touched) ? std::optional<std::string>() : before(wanted);
  case Kind::rename:
  case Kind::copy:
    if (goes_with(wanted, to)) return before(touched + wanted.substr(to.size()));
    if (edit.kind == Kind::rename && goes_with(wanted, touched)) return std::optional<std::string>();
    return before(wanted);
  case Kind::symlink:
    if (!goes_with(wanted, touched)) return before(wanted);
    return before(normal((fs::path(touched).parent_path() / edit.to).string() + wanted.substr(touched.size())));
  case Kind::hardlink:
    return before(touched == wanted ? to : wanted);
  case Kind::touch:
  case Kind::mkdir:
  case Kind::chmod:
  case Kind::chown:
  case Kind::xattr:
    return before(wanted);
  }
  return before(wanted);
}

} // namespace cacheproof::workspace
