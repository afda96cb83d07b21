#pragma once

#include "scenario/client_flags.hpp"
#include "scenario/places.hpp"
#include "scenario/reader.hpp"
#include "scenario/shell_words.hpp"

#include <functional>
#include <span>
#include <string>

namespace cacheproof::scenario {

/// Goes through the words of a command line, and says what is wrong with it where it stands.
class LineWords {
public:
  LineWords(Reader& reader, const Node& at);

  /// Reports what a shell would do with the line; false: the words are none of one command.
  bool check();

  bool at_end() const { return next_ == line_.words.size(); }
  /// The next word, or one behind it; empty behind the last.
  const std::string& word(std::size_t ahead = 0) const;
  Place place(std::size_t ahead = 0) const { return places_.of_word(next_ + ahead); }
  Place start() const { return places_.of_word(0); }
  bool is_flag() const { return word().size() > 1 && word().front() == '-'; }
  void skip(std::size_t words = 1) { next_ += words; }

  /// Takes a flag, where it stands, and its value, where that stands.
  using Take = std::function<void(const ClientFlag&, const Place&, const std::string&, const Place&)>;
  /// Reads the flag, or the letters in a row, that the next word is, as pflag does. `client` is whose flags they are.
  void read_flag(std::span<const ClientFlag> flags, std::string_view client, const Take& take);

  void report(const Code& code, const Place& place, std::string message, std::string hint);
  /// Whether anything was wrong so far.
  bool failed() const { return failed_; }

private:
  void read_name(std::span<const ClientFlag> flags, std::string_view client, const Take& take);
  void read_letters(std::span<const ClientFlag> flags, std::string_view client, const Take& take);
  void take_next(const ClientFlag& flag, const std::string& shown, const Place& at, const Take& take);
  void refuse(const std::string& shown, Place at, std::span<const ClientFlag> flags, std::string_view client);

  Reader& reader_;
  ShellLine line_;
  Places places_;
  std::size_t next_ = 0;
  bool failed_ = false;
};

} // namespace cacheproof::scenario
