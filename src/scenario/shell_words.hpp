#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::scenario {

/// One word of a command line, and the bytes of the line that it was made of.
struct ShellWord {
  std::string text; ///< quotes and escapes taken off; `${…}` and `$${` stay as they are
  std::size_t from = 0;
  std::size_t to = 0;
};

/// What a shell would do and this reader does not.
struct ShellMistake {
  std::size_t from = 0;
  std::size_t to = 0;
  std::string message;
  std::string hint;
  bool confusing = false; ///< the words behind it are no words of this command
};

struct ShellLine {
  std::vector<ShellWord> words;
  std::vector<ShellMistake> mistakes;
};

/// Cuts a command line as a POSIX shell does (quotes, backslashes, continued lines), without any expansion: `$NAME`,
/// backticks, patterns, a second command and redirections are mistakes, each with its place. A backslash between blanks
/// is the end of a continued line that YAML has folded.
ShellLine shell_words(std::string_view line);

} // namespace cacheproof::scenario
