#include "scenario/shell_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace cacheproof::scenario {
namespace {

bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool in_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

class Cutter {
public:
  explicit Cutter(std::string_view line)
      : line_(line) {}

  ShellLine cut() {
    while (at_ < line_.size()) {
      if (blank(peek()) || continues()) {
        ++at_;
        continue;
      }
      word();
    }
    return std::move(result_);
  }

private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < line_.size() ? line_[at_ + ahead] : '\0'; }
  /// A backslash that ends a line; folding has made a blank of the line's end.
  bool continues() const {
    const bool starts = at_ == 0 || blank(line_[at_ - 1]);
    return peek() == '\\' && (peek(1) == '\n' || (starts && (blank(peek(1)) || at_ + 1 == line_.size())));
  }

  void word() {
    ShellWord made{{}, at_, at_};
    while (at_ < line_.size() && !blank(peek())) {
      const char c = peek();
      if (c == '\'') {
        quoted_plainly(made.text);
      } else if (c == '"') {
        quoted(made.text);
      } else if (c == '\\') {
        if (peek(1) != '\n') made.text += peek(1) == '\0' ? '\\' : peek(1);
        at_ += 2;
      } else if (c == '$' || c == '`') {
        expansion(made.text);
      } else {
        plain(made);
      }
    }
    at_ = std::min(at_, line_.size());
    made.to = at_;
    result_.words.push_back(std::move(made));
  }

  void plain(ShellWord& made) {
    const char c = peek();
    constexpr std::string_view operators = ";&|<>()";
    if (operators.find(c) != std::string_view::npos)
      mistake(at_, 1, fmt::format("'{}' is for a shell", c), "write one command, or use `run` for a script", true);
    else if (c == '*' || c == '?' || c == '[' || (c == '~' && at_ == made.from))
      mistake(at_, 1, fmt::format("'{}' would be expanded by a shell", c), "quote it, or write out what it stands for");
    else if (c == '#' && at_ == made.from)
      mistake(at_, 1, "a comment cannot stand here", "write it above `build`, as one of YAML", true);
    made.text += c;
    ++at_;
  }

  void quoted_plainly(std::string& text) {
    const auto end = line_.find('\'', at_ + 1);
    if (end == std::string_view::npos) return open_quote();
    text += line_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
  }

  void quoted(std::string& text) {
    const auto start = at_++;
    while (at_ < line_.size() && peek() != '"') {
      const char c = peek();
      if (c == '\\' && std::string_view("\\\"$`\n").find(peek(1)) != std::string_view::npos && peek(1) != '\0') {
        if (peek(1) != '\n') text += peek(1);
        at_ += 2;
      } else if (c == '$' || c == '`') {
        expansion(text);
      } else {
        text += c;
        ++at_;
      }
    }
    if (at_ < line_.size()) {
      ++at_;
      return;
    }
    at_ = start;
    open_quote();
  }

  void open_quote() {
    mistake(at_, 1, "a quote is not closed", "", true);
    at_ = line_.size();
  }

  /// At a `$` or a backtick. `${…}` is the scenario's own; whether it is defined, others say.
  void expansion(std::string& text) {
    const auto start = at_;
    if (line_.substr(at_).starts_with("$${") || line_.substr(at_).starts_with("${")) {
      const auto end = std::min(line_.find('}', at_), line_.size() - 1);
      text += line_.substr(at_, end + 1 - at_);
      at_ = end + 1;
      return;
    }
    ++at_;
    if (line_[start] == '`' || peek() == '(') {
      const auto end = line_.find(line_[start] == '`' ? '`' : ')', at_);
      at_ = end == std::string_view::npos ? line_.size() : end + 1;
      mistake(start,
              at_ - start,
              "the output of a command cannot stand here",
              "write its value, or a matrix dimension: ${name}");
      text += '?';
      return;
    }
    while (at_ < line_.size() && in_name(peek())) ++at_;
    const auto name = line_.substr(start + 1, at_ - start - 1);
    if (!name.empty())
      mistake(start,
              at_ - start,
              fmt::format("'${}' is a variable of a shell, and there is none", name),
              fmt::format("write its value, a matrix dimension `${{{}}}`, or a build argument under `args`", name));
    text += line_.substr(start, at_ - start);
  }

  void mistake(std::size_t from, std::size_t size, std::string message, std::string hint, bool confusing = false) {
    result_.mistakes.push_back({from, from + size, std::move(message), std::move(hint), confusing});
  }

  std::string_view line_;
  std::size_t at_ = 0;
  ShellLine result_;
};

} // namespace

ShellLine shell_words(std::string_view line) {
  return Cutter(line).cut();
}

} // namespace cacheproof::scenario
