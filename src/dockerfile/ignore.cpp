#include "dockerfile/ignore.hpp"

#include "util/text.hpp"

#include <filesystem>

namespace cacheproof::dockerfile {
namespace {

/// The end of the class `[…]` that begins at `at`; npos for one that is not closed.
std::size_t class_end(std::string_view glob, std::size_t at) {
  auto end = at + 1;
  if (end < glob.size() && glob[end] == '^') ++end;
  if (end < glob.size() && glob[end] == ']') ++end;
  for (; end < glob.size(); ++end) {
    if (glob[end] == '\\')
      ++end;
    else if (glob[end] == ']')
      return end;
  }
  return std::string_view::npos;
}

/// `inside` is what stands between the brackets.
bool in_class(std::string_view inside, char c) {
  const bool negated = inside.starts_with('^');
  if (negated) inside.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '\\' && i + 1 < inside.size()) ++i;
    const char low = inside[i];
    char high = low;
    if (i + 2 < inside.size() && inside[i + 1] == '-') high = inside[i += 2];
    found = found || (low <= c && c <= high);
  }
  return found != negated;
}

/// Whether all of `text` matches: `*` and `?` stop at a slash, `**` does not, and `**/` may be nothing at all. Every
/// length that can have matched so far is followed at once, so that no pattern takes long.
bool matches(std::string_view glob, std::string_view text) {
  std::vector<bool> open(text.size() + 1, false);
  open[0] = true;
  const auto one = [&](auto accepts) {
    for (std::size_t i = text.size(); i-- > 0;) open[i + 1] = open[i] && accepts(text[i]);
    open[0] = false;
  };
  for (std::size_t at = 0; at < glob.size(); ++at) {
    if (glob.substr(at).starts_with("**")) {
      while (at + 1 < glob.size() && glob[at + 1] == '*') ++at;
      const bool folders = at + 1 < glob.size() && glob[at + 1] == '/';
      if (folders) ++at;
      bool before = false;
      for (std::size_t i = 0; i <= text.size(); ++i) {
        const bool here = open[i];
        if (before && (!folders || text[i - 1] == '/')) open[i] = true;
        before = before || here;
      }
    } else if (glob[at] == '*') {
      for (std::size_t i = 0; i < text.size(); ++i)
        if (open[i] && text[i] != '/') open[i + 1] = true;
    } else if (glob[at] == '?') {
      one([](char c) { return c != '/'; });
    } else if (glob[at] == '[') {
      const auto end = class_end(glob, at);
      if (end == std::string_view::npos) return false;
      const auto inside = glob.substr(at + 1, end - at - 1);
      one([&](char c) { return in_class(inside, c); });
      at = end;
    } else {
      if (glob[at] == '\\' && at + 1 < glob.size()) ++at;
      one([&](char c) { return c == glob[at]; });
    }
  }
  return open[text.size()];
}

} // namespace

IgnoreFile IgnoreFile::read(std::string_view text) {
  IgnoreFile file;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (const auto& line : util::lines(text)) {
    if (line.starts_with('#')) continue;
    auto rest = util::trim(line);
    Pattern pattern;
    pattern.exclusion = rest.starts_with('!');
    if (pattern.exclusion) rest = util::trim(rest.substr(1));
    if (rest.empty()) continue;
    pattern.glob = std::filesystem::path(rest).lexically_normal().string();
    while (pattern.glob.size() > 1 && pattern.glob.ends_with('/')) pattern.glob.pop_back();
    if (pattern.glob.size() > 1 && pattern.glob.starts_with('/')) pattern.glob.erase(0, 1);
    file.patterns_.push_back(std::move(pattern));
  }
  return file;
}

bool IgnoreFile::ignores(std::string_view path) const {
  bool ignored = false;
  for (const auto& pattern : patterns_) {
    if (pattern.exclusion != ignored) continue;
    bool match = matches(pattern.glob, path);
    for (auto slash = path.find('/'); !match && slash != std::string_view::npos; slash = path.find('/', slash + 1))
      match = matches(pattern.glob, path.substr(0, slash));
    if (match) ignored = !pattern.exclusion;
  }
  return ignored;
}

} // namespace cacheproof::dockerfile
