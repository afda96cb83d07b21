#include "workspace/edit.hpp"

#include <fmt/format.h>

namespace cacheproof::workspace {
namespace {

using Kind = scenario::Edit::Kind;

} // namespace

tl::unexpected<util::Error> refuse(const scenario::Edit& edit, const std::string& why) {
  const auto what = edit.kind == Kind::patch      ? "the patch" + (edit.name.empty() ? "" : " " + edit.name)
                    : edit.kind == Kind::checkout ? "the checkout of " + edit.text
                                                  : "the edit of " + edit.path;
  return util::failure(
      fmt::format("{}:{}: {} {}", edit.spot.file, edit.spot.line, what, why), {}, {}, util::Blame::input);
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

} // namespace cacheproof::workspace
