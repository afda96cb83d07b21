#include "scenario/reader.hpp"

#include "util/shown_line.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace cacheproof::scenario {
namespace {

constexpr std::size_t k_grown = std::size_t{1} << 20U;

std::string found(const Node& at) {
  switch (at.kind) {
  case Node::Kind::null:
    return "nothing";
  case Node::Kind::sequence:
    return at.children.empty() ? "an empty list" : "a list";
  case Node::Kind::map:
    return at.children.empty() ? "an empty mapping" : "a mapping";
  case Node::Kind::scalar:
    break;
  }
  if (at.text.size() > 40 || at.text.find('\n') != std::string::npos) return "text";
  return fmt::format("'{}'", at.text);
}

/// The words that `expected` has in quotes: one of them was perhaps meant.
std::vector<std::string> quoted(std::string_view expected) {
  std::vector<std::string> words;
  const auto parts = util::split(expected, '\'');
  for (std::size_t i = 1; i + 1 < parts.size(); i += 2) words.push_back(parts[i]);
  return words;
}

/// How many bytes of `line` the scalar takes from its column on.
int width_of(const Node& at, std::string_view line) {
  if (!at.is_scalar() || at.column < 1 || static_cast<std::size_t>(at.column) > line.size()) return 1;
  const auto rest = line.substr(static_cast<std::size_t>(at.column) - 1);
  if (rest.front() == '\'' || rest.front() == '"') {
    const auto end = rest.find(rest.front(), 1);
    return static_cast<int>(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return rest.starts_with(at.text) ? static_cast<int>(std::max<std::size_t>(1, at.text.size())) : 1;
}

/// What a variable that is not there needs.
std::string how_to_define(const std::string& name, const std::vector<std::string>& known) {
  if (name == "http") return "files under 'setup: {http: …}' start the server";
  if (name.size() == 9 && name.starts_with("registry") && name.back() >= '2' && name.back() <= '9')
    return fmt::format("'setup: {{registry: {{instances: {}}}}}' starts it", name.back());
  return did_you_mean(name, known);
}

} // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates, std::string otherwise) {
  const auto near = util::nearest(word, candidates);
  return near ? fmt::format("did you mean '{}'?", *near) : std::move(otherwise);
}

Reader::Reader(std::filesystem::path file, std::vector<std::string> lines)
    : file_(std::move(file)),
      lines_(std::move(lines)) {}

util::SourceSpot Reader::spot(const Node& at) const {
  return {file_.string(), at.line, at.column};
}

const std::vector<Cell>& Reader::cells() {
  if (cells_.empty()) {
    Scenario only_matrix;
    only_matrix.matrix = matrix;
    cells_ = scenario::cells(only_matrix);
  }
  return cells_;
}

void Reader::report(
    const Code& code, const Node& at, std::string message, std::string hint, std::string_view fragment) {
  if (is_full()) return;
  report_at(code, at.line, at.column, std::move(message), std::move(hint));
  auto& made = diagnostics_.back();
  if (is_full()) return; // that one stands for the rest
  if (at.line < 1 || static_cast<std::size_t>(at.line) > lines_.size()) return;
  const auto& line = lines_[static_cast<std::size_t>(at.line) - 1];
  made.width = width_of(at, line);
  util::point_at(made, line, fragment);
}

void Reader::report_at(const Code& code, int line, int column, std::string message, std::string hint) {
  if (is_full()) return;
  const util::SourceSpot spot{file_.string(), line, line > 0 ? column : 0};
  if (diagnostics_.size() + 1 == k_most_diagnostics)
    diagnostics_.push_back(diagnostic(codes::k_too_large, spot, lines_, "more is wrong from here on than is told"));
  else
    diagnostics_.push_back(diagnostic(code, spot, lines_, std::move(message), std::move(hint)));
}

void Reader::report_at(const Code& code, const util::SourceSpot& spot, std::string message, std::string hint) {
  report_at(code, spot.line, spot.column, std::move(message), std::move(hint));
}

void Reader::report_text(const Code& code, const Text& text, std::string message, std::string hint) {
  Node at;
  at.kind = Node::Kind::scalar;
  at.text = text.value;
  at.line = text.spot.line;
  at.column = text.spot.column;
  report(code, at, std::move(message), std::move(hint));
}

void Reader::wrong_type(const Node& at, std::string_view expected) {
  report(codes::k_wrong_type,
         at,
         fmt::format("expected {}, found {}", expected, found(at)),
         at.is_scalar() ? did_you_mean(at.text, quoted(expected)) : "");
}

void check_duplicates(Reader& reader, const Node& map) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < map.entries(); ++i) {
    const auto& key = map.key(i);
    if (!key.is_scalar())
      reader.wrong_type(key, "a key");
    else if (!seen.insert(key.text).second)
      reader.report(codes::k_duplicate_key, key, fmt::format("the key '{}' stands here for the second time", key.text));
  }
}

namespace {

/// Each required key, or another of its group, must be there. `meant` are those that were misspelt.
void check_required(Reader& reader,
                    const Node& map,
                    std::string_view what,
                    const std::vector<KeyFacts>& keys,
                    const std::vector<const KeyFacts*>& present,
                    const std::set<std::string>& meant) {
  for (const auto& key : keys) {
    if (!key.required) continue;
    const auto stands_for_it = [&](const KeyFacts& each) {
      return each.name == key.name || (!key.group.empty() && each.group == key.group);
    };
    const bool found_one = std::any_of(keys.begin(), keys.end(), [&](const auto& each) {
      return stands_for_it(each)
             && (std::find(present.begin(), present.end(), &each) != present.end()
                 || meant.contains(std::string(each.name)));
    });
    if (found_one) continue;
    std::vector<std::string> choices;
    for (const auto& each : keys)
      if (stands_for_it(each) && each.built) choices.push_back(fmt::format("'{}'", each.name));
    reader.report(codes::k_missing_key,
                  map,
                  fmt::format("{} needs the key {}", what, util::join(choices, " or ")),
                  std::string(key.doc));
  }
}

} // namespace

bool check_keys(Reader& reader, const Node& map, std::string_view what, const std::vector<KeyFacts>& keys) {
  if (!map.is_map()) {
    reader.wrong_type(map, what);
    return false;
  }
  check_duplicates(reader, map);
  std::vector<const KeyFacts*> present;
  std::set<std::string> meant; // by misspelt keys: those are not missing as well
  for (std::size_t i = 0; i < map.entries(); ++i) {
    const auto& key = map.key(i);
    if (!key.is_scalar()) continue;
    const auto known = std::find_if(keys.begin(), keys.end(), [&](const auto& each) { return each.name == key.text; });
    if (known == keys.end()) {
      if (reader.is_full()) break;
      std::vector<std::string> names;
      for (const auto& each : keys) names.emplace_back(each.name);
      reader.report(
          codes::k_unknown_key, key, fmt::format("unknown key '{}'", key.text), did_you_mean(key.text, names));
      if (auto near = util::nearest(key.text, names)) meant.insert(std::move(*near));
      continue;
    }
    if (!known->built)
      reader.report(
          codes::k_not_played_yet, key, fmt::format("'{}' is part of the language but not played yet", known->name));
    if (!known->group.empty()) {
      const auto other = std::find_if(present.begin(), present.end(), [&](const auto* each) {
        return each->group == known->group && each->name != known->name;
      });
      if (other != present.end())
        reader.report(
            codes::k_exclusive_keys, key, fmt::format("'{}' and '{}' exclude each other", (*other)->name, known->name));
    }
    present.push_back(&*known);
  }
  check_required(reader, map, what, keys, present, meant);
  return true;
}

std::optional<std::string> Reader::literal(const Node& at) {
  if (at.is_scalar()) return at.text;
  wrong_type(at, "text");
  return std::nullopt;
}

std::optional<std::string> Reader::word(const Node& at, std::string_view what) {
  if (!at.is_scalar()) {
    wrong_type(at, what);
    return std::nullopt;
  }
  if (!check_text(at, false)) return std::nullopt;
  return at.text;
}

std::optional<Text> Reader::text(const Node& at, std::string_view what) {
  if (!at.is_scalar()) {
    wrong_type(at, what);
    return std::nullopt;
  }
  if (!check_text(at, true)) return std::nullopt;
  return Text{at.text, spot(at)};
}

bool Reader::check_text(const Node& at, bool expanded) {
  // Only contents of files may hold one: names, paths and arguments of programs end at it.
  if (at.text.find('\0') != std::string::npos) {
    report(codes::k_wrong_value, at, "a NUL byte cannot stand here");
    return false;
  }
  bool fine = true;
  const std::string_view all = at.text;
  for (std::size_t from = 0; (from = all.find("${", from)) != std::string_view::npos;) {
    if (from > 0 && all[from - 1] == '$') { // `$${` is a literal `${`
      from += 2;
      continue;
    }
    const auto end = all.find('}', from);
    if (end == std::string_view::npos) {
      report(codes::k_unknown_variable, at, "'${' has no end", "write `$${` for a literal `${`", "${");
      return false;
    }
    const auto name = std::string(all.substr(from + 2, end - from - 2));
    const auto whole = all.substr(from, end - from + 1);
    if (is_full()) return false;
    const auto dimension =
        std::find_if(matrix.begin(), matrix.end(), [&](const auto& each) { return each.first == name; });
    if (dimension == matrix.end() && std::find(variables.begin(), variables.end(), name) == variables.end()) {
      auto names = variables;
      for (const auto& each : matrix) names.push_back(each.first);
      if (matrix_is_sound)
        report(codes::k_unknown_variable,
               at,
               fmt::format("'{}' is not defined", whole),
               how_to_define(name, names),
               whole);
      fine = false;
    } else if (!expanded) {
      report(codes::k_not_played_yet, at, "variables are not played in this text yet", {}, whole);
      fine = false;
    } else if (dimension != matrix.end() && !may_grow(at, dimension->second)) {
      return false;
    }
    from = end;
  }
  return fine;
}

bool Reader::may_grow(const Node& at, const std::vector<std::string>& values) {
  std::size_t longest = 0;
  for (const auto& value : values) longest = std::max(longest, value.size());
  grown_ += longest;
  if (grown_ <= k_grown) return true;
  if (grown_ - longest <= k_grown)
    report(codes::k_too_large, at, fmt::format("the variables up to here stand for more than {} bytes", k_grown));
  return false;
}

std::optional<std::vector<Text>> Reader::texts(const Node& at, std::string_view what) {
  return read_list(*this, at, what, [this](const Node& item) { return text(item); });
}

std::optional<std::vector<std::string>> Reader::words(const Node& at, std::string_view what) {
  return read_list(*this, at, what, [this](const Node& item) { return word(item); });
}

} // namespace cacheproof::scenario
