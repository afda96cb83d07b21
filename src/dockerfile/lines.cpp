#include "dockerfile/lines.hpp"

#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

namespace cacheproof::dockerfile {
namespace {

bool blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

std::string_view trim_left(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  return text;
}

bool is_comment(std::string_view line) {
  return trim_left(line).starts_with('#');
}

/// Whether the line goes on: an escape at its end (blanks may follow) that no other escape precedes. Cuts it off.
bool take_continuation(std::string& line, char escape) {
  auto end = line.find_last_not_of(" \t");
  if (end == std::string::npos || line[end] != escape) return false;
  if (end > 0 && line[end - 1] == escape) return false;
  line.resize(end);
  return true;
}

struct Heredoc {
  std::string name;
  bool chomp = false;
};

/// A word `<<EOT`, `3<<-"EOT"`.
std::optional<Heredoc> heredoc(std::string_view word) {
  const auto start = std::min(word.find_first_not_of("0123456789"), word.size());
  auto rest = word.substr(start);
  if (!rest.starts_with("<<") || rest.find('<', 2) != std::string_view::npos) return std::nullopt;
  Heredoc found{{}, rest.starts_with("<<-")};
  rest.remove_prefix(found.chomp ? 3 : 2);
  char quote = 0;
  for (size_t i = 0; i < rest.size(); ++i) {
    if (quote == 0 && (rest[i] == '"' || rest[i] == '\''))
      quote = rest[i];
    else if (quote != 0 && rest[i] == quote)
      quote = 0;
    else if (rest[i] == '\\' && quote != '\'' && i + 1 < rest.size())
      found.name += rest[++i];
    else
      found.name += rest[i];
  }
  if (found.name.empty()) return std::nullopt;
  return found;
}

bool is_json_list(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  return json.is_array() && std::all_of(json.begin(), json.end(), [](const auto& item) { return item.is_string(); });
}

/// ADD, COPY and RUN in their shell form may carry heredocs, also behind ONBUILD.
std::vector<Heredoc> heredocs(std::string_view line, char escape) {
  if (line.find("<<") == std::string_view::npos) return {};
  auto [keyword, rest] = split_keyword(line);
  if (keyword == "ONBUILD") std::tie(keyword, rest) = split_keyword(rest);
  if (keyword != "RUN" && keyword != "COPY" && keyword != "ADD") return {};
  auto arguments = rest;
  take_flags(arguments, escape);
  if (is_json_list(arguments)) return {};
  std::vector<Heredoc> found;
  for (const auto& word : words(line, '\\')) // BuildKit looks for them with this escape, whatever the directive says
    if (auto document = heredoc(word)) found.push_back(std::move(*document));
  return found;
}

class Cutter {
public:
  Cutter(std::string_view text, const std::string& file)
      : physical_(util::lines(text)),
        file_(file) {
    if (!physical_.empty() && physical_[0].starts_with("\xEF\xBB\xBF")) physical_[0].erase(0, 3);
  }

  LogicalLines cut() {
    read_directives();
    while (next_ < physical_.size()) {
      const int first = static_cast<int>(next_) + 1;
      const auto start = physical_[next_++];
      if (is_comment(start)) continue;
      std::string text(trim_left(start));
      bool goes_on = take_continuation(text, result_.escape);
      if (!goes_on && text.empty()) continue;
      while (goes_on && next_ < physical_.size()) {
        std::string more = physical_[next_++];
        if (is_comment(more) || trim_left(more).empty()) continue;
        goes_on = take_continuation(more, result_.escape);
        text += more;
      }
      LogicalLine line{first, 0, std::move(text), {}};
      for (const auto& document : heredocs(line.text, result_.escape)) {
        if (!skip(document, first)) return std::move(result_);
        line.heredocs.push_back(document.name);
      }
      line.last = static_cast<int>(next_);
      if (!util::trim(line.text).empty()) result_.lines.push_back(std::move(line));
    }
    return std::move(result_);
  }

private:
  /// `# escape=`, `# syntax=`, `# check=` before anything else; the first line that is none of them ends it. A `#!`
  /// line is skipped when BuildKit looks for the syntax, and ends the directives for everything else.
  void read_directives() {
    std::set<std::string> seen;
    const bool shebang = !physical_.empty() && physical_[0].starts_with("#!");
    for (size_t i = shebang ? 1 : 0; i < physical_.size(); ++i) {
      const auto line = trim_left(physical_[i]);
      const auto equals = line.find('=');
      if (!line.starts_with('#') || equals == std::string_view::npos) return;
      const auto key = util::lower(util::trim(line.substr(1, equals - 1)));
      const auto value = util::trim(line.substr(equals + 1));
      if (value.empty()) return;
      if (key != "syntax" && key != "escape" && key != "check") return;
      const int number = static_cast<int>(i) + 1;
      if (!seen.insert(key).second) return error(number, fmt::format("only one '{}' directive can be used", key));
      if (key == "syntax") {
        result_.syntax.line = number;
        result_.syntax.image = value.substr(0, value.find_first_of(" \t")); // what follows is for the frontend
      }
      if (key != "escape" || shebang) continue;
      if (value != "`" && value != "\\")
        return error(number, fmt::format("invalid escape '{}': it can be \\ or `", value));
      result_.escape = value.front();
    }
  }

  bool skip(const Heredoc& document, int first) {
    while (next_ < physical_.size()) {
      std::string_view line = physical_[next_++];
      if (document.chomp)
        while (line.starts_with('\t')) line.remove_prefix(1);
      if (line == document.name) return true;
    }
    result_.diagnostics.push_back(
        {util::Severity::error,
         "CP0205",
         "unterminated_heredoc",
         {file_, first, 1},
         physical_[static_cast<size_t>(first - 1)],
         1,
         fmt::format("cannot read this instruction: its heredoc '{}' has no end", document.name),
         fmt::format("write a line that holds nothing but {}", document.name)});
    return false;
  }

  void error(int number, std::string message) {
    const auto& line = physical_[static_cast<size_t>(number - 1)];
    result_.diagnostics.push_back({util::Severity::error,
                                   "CP0203",
                                   "bad_directive",
                                   {file_, number, 1},
                                   line,
                                   static_cast<int>(line.size()),
                                   "cannot read this directive: " + std::move(message),
                                   {}});
  }

  std::vector<std::string> physical_;
  const std::string& file_;
  size_t next_ = 0;
  LogicalLines result_;
};

} // namespace

LogicalLines cut(std::string_view text, const std::string& file) {
  return Cutter(text, file).cut();
}

std::pair<std::string, std::string_view> split_keyword(std::string_view line) {
  line = util::trim(line);
  const auto end = std::find_if(line.begin(), line.end(), blank);
  std::string keyword(line.begin(), end);
  std::transform(keyword.begin(), keyword.end(), keyword.begin(), [](unsigned char c) { return std::toupper(c); });
  return {keyword, trim_left(line.substr(keyword.size()))};
}

std::vector<std::string> take_flags(std::string_view& rest, char escape) {
  std::vector<std::string> flags;
  for (;;) {
    rest = trim_left(rest);
    if (!rest.starts_with("--")) return flags;
    std::string flag;
    char quote = 0;
    size_t i = 0;
    for (; i < rest.size() && (quote != 0 || !blank(rest[i])); ++i) {
      if (quote == 0 && (rest[i] == '"' || rest[i] == '\''))
        quote = rest[i];
      else if (quote != 0 && rest[i] == quote)
        quote = 0;
      else if (rest[i] == escape && i + 1 < rest.size())
        flag += rest[++i];
      else
        flag += rest[i];
    }
    rest.remove_prefix(i);
    if (flag == "--") return flags;
    flags.push_back(std::move(flag));
  }
}

std::vector<std::string> words(std::string_view text, char escape) {
  std::vector<std::string> found;
  std::string word;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == 0 && blank(c)) {
      if (!word.empty()) found.push_back(std::exchange(word, {}));
      continue;
    }
    word += c;
    if (c == escape && quote != '\'' && i + 1 < text.size())
      word += text[++i];
    else if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    else if (quote != 0 && c == quote)
      quote = 0;
  }
  if (quote != 0) return {};
  if (!word.empty()) found.push_back(std::move(word));
  return found;
}

} // namespace cacheproof::dockerfile
