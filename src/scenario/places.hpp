#pragma once

#include "scenario/node.hpp"
#include "scenario/shell_words.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::scenario {

/// Where something stands in a file, and how many bytes a caret underlines.
struct Place {
  int line = 0;
  int column = 0;
  int width = 1;
};

/// Finds the words of a command line in the lines of the YAML file, which may have folded it from several. Where the
/// file spells a word otherwise (escapes of YAML), that word and all behind it stand where the whole begins.
class Places {
public:
  Places(const std::vector<std::string>& lines, const Node& at, const std::vector<ShellWord>& words);

  Place of_word(std::size_t i) const;
  /// Of what ends the word, spelt as it is.
  Place tail(std::size_t word, std::string_view text) const;
  /// Of bytes of the command line.
  Place of(std::size_t from, std::size_t to) const;

private:
  struct Found {
    std::size_t from = 0;
    std::string raw;
    Place place;
    bool exact = false;
  };
  Place start_;
  std::vector<Found> found_;
};

} // namespace cacheproof::scenario
