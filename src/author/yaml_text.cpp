#include "author/yaml_text.hpp"

#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace cacheproof::author {
namespace {

constexpr std::string_view k_bom = "\xEF\xBB\xBF";
constexpr std::string_view k_blanks = " \t\r\n";

bool is_blank(char c) {
  return k_blanks.find(c) != std::string_view::npos;
}

/// Safe in block and flow form, whatever stands beside it.
bool is_plain(std::string_view text) {
  if (text.empty() || text == "~" || util::lower(text) == "null") return false;
  if (text.find_first_not_of("./") == std::string_view::npos) return true;
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (!letter(text.front()) || text.back() == ' ') return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return letter(c) || std::string_view(" ./=+-").find(c) != std::string_view::npos;
  });
}

} // namespace

std::string yaml_word(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
  if (!printable || !util::is_utf8(text)) return nlohmann::json(util::to_utf8(text)).dump();
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

std::string yaml_list(const std::vector<std::string>& words) {
  std::vector<std::string> items;
  items.reserve(words.size());
  for (const auto& word : words) items.push_back(yaml_word(word));
  return "[" + util::join(items, ", ") + "]";
}

YamlText::YamlText(std::string_view text) {
  if (text.starts_with(k_bom)) {
    bom_ = k_bom;
    text.remove_prefix(k_bom.size());
  }
  text_ = text;
  line_break_ = text_.find("\r\n") == std::string::npos ? "\n" : "\r\n";
  lines_.push_back(0);
  for (std::size_t at = 0; at < text_.size(); ++at)
    if (text_[at] == '\n') lines_.push_back(at + 1);
}

std::size_t YamlText::offset(const scenario::Node& node) const {
  const auto line = std::min(static_cast<std::size_t>(std::max(node.line, 1)) - 1, lines_.size() - 1);
  return std::min(lines_[line] + static_cast<std::size_t>(std::max(node.column, 1)) - 1, text_.size() - 1);
}

std::size_t YamlText::line_begin(std::size_t at) const {
  return *std::prev(std::upper_bound(lines_.begin(), lines_.end(), at));
}

/// Where the line's own line break begins.
std::size_t YamlText::line_end(std::size_t at) const {
  const auto end = std::min(text_.find('\n', at), text_.size());
  return end > at && text_[end - 1] == '\r' ? end - 1 : end;
}

util::Status YamlText::check(const scenario::Node& node) const {
  if (node.kind == scenario::Node::Kind::null || std::string_view("*&!").find(text_[offset(node)]) == std::string::npos)
    return {};
  return util::failure(
      fmt::format("line {} has an anchor, an alias or a tag: a change there would change other places", node.line),
      {},
      "write it out, or change it by hand",
      util::Blame::input);
}

std::size_t YamlText::after_colon(const scenario::Node& key) const {
  const auto begin = offset(key);
  const bool quoted = text_[begin] == '"' || text_[begin] == '\'';
  return text_.find(':', quoted ? quote_end(begin) : begin + key.text.size()) + 1;
}

/// Past the end of the quoted scalar that begins there.
std::size_t YamlText::quote_end(std::size_t begin) const {
  const char quote = text_[begin];
  for (auto at = begin + 1; at < text_.size(); ++at) {
    if (quote == '"' && text_[at] == '\\') {
      ++at;
    } else if (text_[at] == quote) {
      if (quote == '"' || at + 1 >= text_.size() || text_[at + 1] != quote) return at + 1;
      ++at; // '' is one quote inside
    }
  }
  return text_.size();
}

/// Past the end of the flow collection that begins there.
std::size_t YamlText::flow_end(std::size_t begin) const {
  int depth = 0;
  char before = ' '; // the last sign that is neither blank nor comment: a quote opens a scalar only behind these
  for (auto at = begin; at < text_.size(); ++at) {
    const char c = text_[at];
    if (is_blank(c)) continue;
    if (c == '#' && is_blank(text_[at - 1])) {
      at = line_end(at);
      continue;
    }
    if ((c == '"' || c == '\'') && std::string_view("[{,:").find(before) != std::string_view::npos) {
      at = quote_end(at) - 1;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if ((c == ']' || c == '}') && --depth == 0) {
      return at + 1;
    }
    before = c;
  }
  return text_.size();
}

/// Where the last line of a block value ends: its lines are deeper than the key, but for the dashes of a sequence. What
/// looks like a comment is text in a block scalar.
std::size_t YamlText::block_end(const scenario::Node& key, const scenario::Node& value) const {
  const auto column = static_cast<std::size_t>(key.column) - 1;
  const auto* leaf = &value;
  while (!leaf->children.empty()) leaf = &leaf->children.back();
  const bool text_last = leaf->is_scalar() && std::string_view("|>").find(text_[offset(*leaf)]) != std::string::npos;
  const auto leaf_line = lines_[static_cast<std::size_t>(leaf->line) - 1];
  const auto leaf_indent = text_.find_first_not_of(' ', leaf_line) - leaf_line;
  auto end = line_end(offset(key));
  for (auto line = static_cast<std::size_t>(key.line); line < lines_.size(); ++line) {
    const auto text = std::string_view(text_).substr(lines_[line], line_end(lines_[line]) - lines_[line]);
    const auto indent = text.find_first_not_of(k_blanks);
    if (indent == std::string_view::npos) continue;
    const bool in_text = text_last && lines_[line] > leaf_line && indent > leaf_indent;
    if (text[indent] == '#' && !in_text) continue;
    const bool dash = value.is_sequence() && indent == column && text[indent] == '-';
    if (indent <= column && !dash) break;
    end = lines_[line] + text.size();
  }
  return end;
}

YamlText::Extent YamlText::value_of(const scenario::Node& map, std::size_t entry) const {
  const auto& key = map.key(entry);
  const auto& value = map.value(entry);
  const auto colon = after_colon(key);
  if (value.kind == scenario::Node::Kind::null) {
    const auto text = std::string_view(text_).substr(offset(value));
    if (text.starts_with('~')) return {offset(value), offset(value) + 1};
    if (util::lower(text.substr(0, 4)) == "null") return {offset(value), offset(value) + 4};
    return {colon, colon};
  }
  const auto begin = offset(value);
  const char first = text_[begin];
  if (first == '[' || first == '{') return {begin, flow_end(begin)};
  if (value.is_scalar() && (first == '"' || first == '\'')) return {begin, quote_end(begin)};
  if (is_flow(map)) { // a plain scalar
    auto end = std::min(text_.find_first_of(",]}", begin), text_.find(" #", begin));
    while (end > begin && is_blank(text_[end - 1])) --end;
    return {begin, end};
  }
  const auto end = block_end(key, value);
  if (!value.is_scalar() || end != line_end(begin)) return {colon, end};
  auto last = std::min(text_.find(" #", begin), end);
  while (last > begin && is_blank(text_[last - 1])) --last;
  return {begin, last};
}

YamlText::Flow& YamlText::flow(const scenario::Node& map) {
  auto& flow = flows_[offset(map)];
  flow.open = offset(map);
  if (flow.entries.empty())
    for (std::size_t i = 0; i < map.entries(); ++i) flow.entries.push_back({offset(map.key(i)), value_of(map, i).end});
  return flow;
}

/// Comments in a part that goes away become lines of their own above.
void YamlText::hoist_comments(Extent from, std::size_t above) {
  const auto begin = line_begin(above);
  const auto indent = text_.substr(begin, text_.find_first_not_of(" \t", begin) - begin);
  std::string lines;
  char before = ':'; // a value or a key begins here
  for (auto at = from.begin; at < from.end; ++at) {
    const char c = text_[at];
    if (is_blank(c)) continue;
    if (c == '#' && is_blank(text_[at - 1])) {
      const auto end = std::min(line_end(at), from.end);
      lines += indent + text_.substr(at, end - at) + line_break_;
      at = end;
      continue;
    }
    if ((c == '"' || c == '\'') && std::string_view("[{,:-").find(before) != std::string_view::npos)
      at = quote_end(at) - 1;
    before = c;
  }
  if (!lines.empty()) changes_.push_back({{begin, begin}, std::move(lines)});
}

util::Status YamlText::replace(const scenario::Node& map, std::size_t entry, const std::string& value) {
  CP_TRY(check(map));
  CP_TRY(check(map.value(entry)));
  const auto old = value_of(map, entry);
  hoist_comments(old, offset(map.key(entry)));
  const bool behind_colon = old.begin == after_colon(map.key(entry));
  changes_.push_back({old, behind_colon ? " " + value : value});
  return {};
}

util::Status YamlText::remove(const scenario::Node& map, std::size_t entry) {
  CP_TRY(check(map));
  const auto key = offset(map.key(entry));
  const auto end = value_of(map, entry).end;
  if (is_flow(map)) {
    hoist_comments({key, end}, key);
    flow(map).removed.insert(entry);
    return {};
  }
  const auto whole = std::min(line_end(end), text_.size());
  hoist_comments({key, whole}, key);
  const auto next = std::min(text_.find('\n', whole), text_.size() - 1) + 1;
  changes_.push_back({{line_begin(key), next}, ""});
  return {};
}

util::Status YamlText::add(const scenario::Node& map, const std::string& key, const std::string& value) {
  CP_TRY(check(map));
  const auto entry = fmt::format("{}: {}", key, value);
  if (is_flow(map)) {
    flow(map).added.push_back(entry);
    return {};
  }
  const auto at = line_end(value_of(map, map.entries() - 1).end);
  const std::string indent(static_cast<std::size_t>(map.key(0).column) - 1, ' ');
  const auto gone = std::find_if(changes_.begin(), changes_.end(), [&](const auto& change) {
    return change.text.empty() && change.old.begin <= at && at <= change.old.end;
  });
  if (gone == changes_.end())
    changes_.push_back({{at, at}, line_break_ + indent + entry});
  else // the last entry is removed: this one takes its place
    changes_.push_back({{gone->old.begin, gone->old.begin}, indent + entry + line_break_});
  return {};
}

void YamlText::change(std::vector<Change>& changes, const Flow& flow) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < flow.entries.size(); ++i)
    if (!flow.removed.contains(i)) kept.push_back(i);
  for (const auto i : flow.removed)
    if (!kept.empty() && i < kept.back()) changes.push_back({{flow.entries[i].begin, flow.entries[i + 1].begin}, ""});
  auto end = flow.open + 1;
  if (!flow.entries.empty()) {
    end = flow.entries.back().end;
    if (kept.empty())
      changes.push_back({{flow.entries.front().begin, end}, ""});
    else if (kept.back() + 1 < flow.entries.size())
      changes.push_back({{flow.entries[kept.back()].end, end}, ""});
  }
  bool first = kept.empty();
  for (const auto& entry : flow.added) {
    changes.push_back({{end, end}, first ? entry : ", " + entry});
    first = false;
  }
}

std::string YamlText::text() const {
  auto changes = changes_;
  for (const auto& [offset, flow] : flows_) change(changes, flow);
  std::stable_sort(
      changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.old.begin < b.old.begin; });
  std::string text = bom_;
  std::size_t at = 0;
  for (const auto& change : changes) {
    if (change.old.begin > at) text += text_.substr(at, change.old.begin - at);
    text += change.text;
    at = std::max(at, change.old.end);
  }
  return text + text_.substr(at);
}

} // namespace cacheproof::author
