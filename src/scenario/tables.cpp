#include "scenario/schema.hpp"
#include "scenario/shape.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

// The tables of scenarios/README.md.
namespace cacheproof::scenario {
namespace {

using Kind = Shape::Kind;
using Keys = std::vector<KeyFacts>;

/// One key at a time, as those of an edit: what is in its value is told in its row.
bool is_choice_of_keys(const Keys& keys) {
  return keys.size() > 1 && std::all_of(keys.begin(), keys.end(), [&](const auto& key) {
           return !key.group.empty() && key.group == keys.front().group;
         });
}

/// `{path, text or base64, mode}`
std::string short_form(const Keys& keys) {
  std::vector<std::string> parts;
  std::string_view last;
  for (const auto& key : keys) {
    if (!key.group.empty() && key.group == last)
      parts.back() += fmt::format(" or {}", key.name);
    else
      parts.emplace_back(key.name);
    last = key.group;
  }
  return "`{" + util::join(parts, ", ") + "}`";
}

std::string said(const Shape& shape, bool inner_tables) {
  const auto each = [&](std::size_t i) { return said(shape.of[i], inner_tables); };
  switch (shape.kind) {
  case Kind::none:
  case Kind::later:
    return "";
  case Kind::text:
    return "text";
  case Kind::path:
    return "path";
  case Kind::boolean:
    return "`true` or `false`";
  case Kind::number:
    return "number";
  case Kind::comparison:
    return "number or `\"<= 3\"`";
  case Kind::duration:
    return "`90 s`, `2m`, `1h` or a number of seconds";
  case Kind::time:
    return "time";
  case Kind::mode:
    return "mode like `0644`";
  case Kind::regex:
    return "regex";
  case Kind::step:
    return "step reference";
  case Kind::version:
    return "version or range";
  case Kind::choice: {
    std::vector<std::string> words;
    for (const auto& one : shape.words)
      if (!one.starts_with("CP")) words.push_back(fmt::format("`{}`", one));
    return util::join(words, ", ");
  }
  case Kind::list:
    return "list of " + each(0);
  case Kind::table:
    return inner_tables ? short_form(shape.keys()) : fmt::format("mapping ([{0}](#{0}))", shape.name);
  case Kind::names: {
    const auto value = each(0);
    return value.empty() ? "mapping" : "mapping from names to " + value;
  }
  case Kind::one_of: {
    const auto& last = shape.of.back();
    if (shape.of.size() == 2 && last.kind == Kind::list && last.of[0].kind == shape.of[0].kind)
      return each(0) + " or a list of them";
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < shape.of.size(); ++i) parts.push_back(each(i));
    return util::join(parts, " or ");
  }
  case Kind::conditions:
    return "mapping as in `when`";
  case Kind::alternatives:
    return each(0);
  }
  return "";
}

/// A `|` would end the cell.
std::string cell(std::string_view text) {
  std::string all;
  for (const char c : text) all += c == '|' ? std::string("\\|") : std::string(1, c);
  return all;
}

std::string table(const Keys& keys) {
  const bool inner = is_choice_of_keys(keys);
  const bool defaults = std::any_of(keys.begin(), keys.end(), [](const auto& key) { return !key.otherwise.empty(); });
  std::string text = defaults ? "| key | value | meaning | default |\n| --- | --- | --- | --- |\n"
                              : "| key | value | meaning |\n| --- | --- | --- |\n";
  for (const auto& key : keys) {
    std::string meaning(key.doc);
    if (!key.group.empty() && !inner) {
      std::vector<std::string> others;
      bool required = false;
      for (const auto& each : keys) {
        if (each.group != key.group) continue;
        required = required || each.required;
        if (each.name != key.name) others.push_back(fmt::format("`{}`", each.name));
      }
      if (!others.empty())
        meaning += fmt::format("; {} {}", required ? "this or" : "not beside", util::join(others, ", "));
    } else if (key.required) {
      meaning += " (required)";
    }
    if (!key.built) meaning += " — *not played yet*";
    text += fmt::format("| `{}` | {} | {} |", key.name, cell(said(*key.shape, inner)), cell(meaning));
    if (defaults) text += key.otherwise.empty() ? " |" : fmt::format(" {} |", cell(key.otherwise));
    text += '\n';
  }
  return text;
}

} // namespace

std::string with_tables(std::string_view text) {
  constexpr std::string_view begin = "<!-- table: ";
  constexpr std::string_view after_name = " -->\n";
  constexpr std::string_view end = "<!-- end -->";
  const auto all_tables = tables();
  std::string all;
  for (std::size_t at; (at = text.find(begin)) != std::string_view::npos;) {
    const auto name_end = text.find(after_name, at);
    const auto until = text.find(end, at);
    if (name_end == std::string_view::npos || until == std::string_view::npos || until < name_end) break;
    const auto name = text.substr(at + begin.size(), name_end - at - begin.size());
    const auto found =
        std::find_if(all_tables.begin(), all_tables.end(), [&](const auto& each) { return each.first == name; });
    all += text.substr(0, name_end + after_name.size());
    all += found == all_tables.end() ? fmt::format("the language has no table '{}'\n", name) : table(found->second);
    all += end;
    text.remove_prefix(until + end.size());
  }
  return all += text;
}

} // namespace cacheproof::scenario
