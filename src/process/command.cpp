#include "process/command.hpp"

#include "util/text.hpp"

#include <cstddef>
#include <string_view>

namespace cacheproof::process {
namespace {

/// One word for a POSIX shell. `=` is safe except in the first word, where it would make an assignment.
std::string shell_word(std::string_view word, bool first = false) {
  constexpr std::string_view k_safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@%+:,./-=";
  const bool plain = !word.empty() && word.find_first_not_of(k_safe) == std::string_view::npos
                     && !(first && word.find('=') != std::string_view::npos);
  if (plain) return std::string(word);
  std::string text = "'";
  for (const char c : word) c == '\'' ? text += "'\\''" : text += c;
  return text + "'";
}

} // namespace

std::string to_line(const Command& command) {
  std::vector<std::string> words;
  if (!command.directory.empty()) {
    const std::string folder = command.directory.string();
    words.insert(words.end(), {"cd", shell_word(folder.front() == '-' ? "./" + folder : folder), "&&"});
  }
  if (command.environment) {
    words.insert(words.end(), {"env", "-i"});
    for (const auto& [name, value] : *command.environment) words.push_back(shell_word(name + "=" + value));
  }
  for (std::size_t i = 0; i < command.argv.size(); ++i)
    words.push_back(shell_word(command.argv[i], i == 0 && !command.environment));
  return util::join(words, " ");
}

} // namespace cacheproof::process
