#include "dockerfile/expand.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace cacheproof::dockerfile {
namespace {

using Expanded = tl::expected<std::string, std::string>;
using Values = std::map<std::string, std::string>;

constexpr int k_depth = 100;          ///< of substitutions in each other
constexpr std::size_t k_grown = 4096; ///< bytes that values add to a text: arguments of arguments double each time

struct Rules;
Expanded expand(std::string_view text, const Rules& rules, int depth);

bool in_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// What stays the same in every text of one expansion.
struct Rules {
  const Values& values;
  char escape;
  Quotes quotes;
};

/// `X:-word` between the braces.
Expanded substitute(std::string_view inside, const Rules& rules, int depth) {
  const auto end = std::find_if_not(inside.begin(), inside.end(), in_name);
  const std::string name(inside.begin(), end);
  auto rest = inside.substr(name.size());
  const auto value = rules.values.find(name);
  bool there = value != rules.values.end();
  const bool left = !there && rules.quotes == Quotes::kept;
  const auto text = there ? value->second : std::string();
  if (name.empty()) return tl::unexpected(fmt::format("'${{{}}}' names no argument", inside));
  if (rest.empty()) return left ? fmt::format("${{{}}}", name) : text;
  const bool colon = rest.starts_with(':');
  if (colon) {
    there = there && !text.empty();
    rest.remove_prefix(1);
  }
  if (!rest.starts_with('-') && !rest.starts_with('+'))
    return tl::unexpected(fmt::format("'${{{}}}' is a substitution that cacheproof does not know", inside));
  const bool wanted = there == rest.starts_with('+');
  if (!wanted && !left) return text;
  auto word = expand(rest.substr(1), rules, depth + 1);
  if (!word || !left) return word;
  return fmt::format("${{{}{}{}{}}}", name, colon ? ":" : "", rest.front(), *word);
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
Expanded variable(std::string_view text, size_t& at, const Rules& rules, int depth) {
  const size_t begin = at + 1;
  if (begin < text.size() && text[begin] == '{') {
    const auto brace = closing_brace(text, begin + 1);
    if (brace == std::string_view::npos) return tl::unexpected(std::string("a '${' is not closed"));
    at = brace;
    return substitute(text.substr(begin + 1, brace - begin - 1), rules, depth);
  }
  size_t end = begin;
  while (end < text.size() && in_name(text[end])) ++end;
  if (end == begin) return "$";
  at = end - 1;
  const auto name = std::string(text.substr(begin, end - begin));
  const auto value = rules.values.find(name);
  if (value != rules.values.end()) return value->second;
  return rules.quotes == Quotes::kept ? "$" + name : "";
}

/// Whether the sign opens or closes a quote; `quote` is the open one, 0 without.
bool turns(char& quote, char sign) {
  if ((sign != '\'' && sign != '"') || (quote != 0 && quote != sign)) return false;
  quote = quote == 0 ? sign : '\0';
  return true;
}

Expanded expand(std::string_view text, const Rules& rules, int depth) {
  if (depth > k_depth)
    return tl::unexpected(fmt::format("substitutions stand deeper in each other than {} levels", k_depth));
  const bool kept = rules.quotes == Quotes::kept;
  std::string result;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool literal = quote == '\'';
    if (turns(quote, c)) {
      if (kept) result += c;
    } else if (c == '$' && !literal) {
      auto value = variable(text, i, rules, depth);
      if (!value) return value;
      result += *value;
    } else if (c == rules.escape && !literal && i + 1 < text.size()) {
      if (kept) result += c;
      result += text[++i];
    } else {
      result += c;
    }
    if (result.size() > text.size() + k_grown)
      return tl::unexpected(fmt::format("its variables stand for more than {} bytes", k_grown));
  }
  if (quote != 0) return tl::unexpected(std::string("a quote is not closed"));
  return result;
}

} // namespace

Expanded expand(std::string_view text, const Values& values, char escape, Quotes quotes) {
  return expand(text, Rules{values, escape, quotes}, 0);
}

} // namespace cacheproof::dockerfile
