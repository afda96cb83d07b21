#include "workspace/edit.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace cacheproof::workspace {
namespace {

using Kind = scenario::Edit::Kind;

std::string normal(const std::string& path) {
  return std::filesystem::path(path).lexically_normal().string();
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
  case Kind::remove:
  case Kind::touch:
    return refuse(edit, "has no content"); // the caller's mistake
  }
  if (old && text == *old && !edit.mtime) return refuse(edit, "changes nothing");
  return text;
}

util::Result<std::optional<std::string>>
text_after(const std::vector<scenario::Edit>& edits, const std::string& path, std::optional<std::string> text) {
  const auto wanted = normal(path);
  for (const auto& edit : edits) {
    const auto touched = normal(edit.path);
    if (edit.kind == Kind::remove) {
      if (goes_with(wanted, touched)) text.reset();
    } else if (touched == wanted && edit.kind != Kind::touch) {
      CP_TRY_ASSIGN(text, edited(edit, text));
    }
  }
  return text;
}

} // namespace cacheproof::workspace
