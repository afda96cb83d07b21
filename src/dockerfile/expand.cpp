#include "dockerfile/expand.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace cacheproof::dockerfile {
namespace {

using Expanded = tl::expected<std::string, std::string>;

bool in_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// `X:-word` between the braces.
Expanded substitute(std::string_view inside, const std::map<std::string, std::string>& values, char escape) {
  const auto end = std::find_if_not(inside.begin(), inside.end(), in_name);
  const std::string name(inside.begin(), end);
  auto rest = inside.substr(name.size());
  const auto value = values.find(name);
  bool there = value != values.end();
  const auto text = there ? value->second : std::string();
  if (name.empty()) return tl::unexpected(fmt::format("'${{{}}}' names no argument", inside));
  if (rest.empty()) return text;
  if (rest.starts_with(':')) {
    there = there && !text.empty();
    rest.remove_prefix(1);
  }
  if (rest.starts_with('-')) return there ? Expanded(text) : expand(rest.substr(1), values, escape);
  if (rest.starts_with('+')) return there ? expand(rest.substr(1), values, escape) : Expanded(std::string());
  return tl::unexpected(fmt::format("'${{{}}}' is a substitution that cacheproof does not know", inside));
}

/// The place behind the brace that closes the one before `from`.
size_t closing_brace(std::string_view text, size_t from) {
  int depth = 1;
  for (size_t i = from; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

/// What the `$` at `at` stands for; `at` moves to the end of its name. A `$` without a name stands for itself.
Expanded variable(std::string_view text, size_t& at, const std::map<std::string, std::string>& values, char escape) {
  const size_t begin = at + 1;
  if (begin < text.size() && text[begin] == '{') {
    const auto brace = closing_brace(text, begin + 1);
    if (brace == std::string_view::npos) return tl::unexpected(std::string("a '${' is not closed"));
    at = brace;
    return substitute(text.substr(begin + 1, brace - begin - 1), values, escape);
  }
  size_t end = begin;
  while (end < text.size() && in_name(text[end])) ++end;
  if (end == begin) return "$";
  at = end - 1;
  const auto value = values.find(std::string(text.substr(begin, end - begin)));
  return value == values.end() ? "" : value->second;
}

/// The name behind the `$` at `at`, where nothing else is asked of it (`$X`, `${X}`).
std::string name_at(std::string_view text, size_t at) {
  auto rest = text.substr(at + 1);
  const bool braces = rest.starts_with('{');
  if (braces) rest.remove_prefix(1);
  const auto end = std::find_if_not(rest.begin(), rest.end(), in_name);
  return braces && (end == rest.end() || *end != '}') ? std::string() : std::string(rest.begin(), end);
}

} // namespace

Expanded expand(std::string_view text, const std::map<std::string, std::string>& values, char escape, Quotes quotes) {
  const bool kept = quotes == Quotes::kept;
  std::string result;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == '\'') {
      if (c == '\'') quote = 0;
      if (c != '\'' || kept) result += c;
    } else if (c == escape && i + 1 < text.size()) {
      if (kept) result += c;
      result += text[++i];
    } else if (c == '"') {
      quote = quote == '"' ? '\0' : '"';
      if (kept) result += c;
    } else if (c == '\'' && quote == 0) {
      quote = '\'';
      if (kept) result += c;
    } else if (c == '$') {
      const auto begin = i;
      const auto name = name_at(text, i);
      auto value = variable(text, i, values, escape);
      if (!value) return value;
      result +=
          kept && !name.empty() && !values.contains(name) ? std::string(text.substr(begin, i + 1 - begin)) : *value;
    } else {
      result += c;
    }
  }
  if (quote != 0) return tl::unexpected(std::string("a quote is not closed"));
  return result;
}

} // namespace cacheproof::dockerfile
