#pragma once

#include <tl/expected.hpp>

#include <string>
#include <utility>

namespace cacheproof::util {

/// Who has to act on an error. It decides the exit code, never the text.
enum class Blame {
  rig,         ///< the machine, a daemon, the network: exit 2, no verdict about the cache
  input,       ///< a scenario or another file of the user: exit 3
  usage,       ///< the command line: exit 64
  interrupted, ///< a signal or a stop request
  unable,      ///< this machine cannot do what a scenario asks for, and is sound: the case is skipped
};

/// A failure of the world, in the words a person at 7 in the morning needs.
/// Mistakes inside a user's file are not an `Error` but `Diagnostic`s, all of them at once.
struct Error {
  Blame blame = Blame::rig;
  std::string what;   ///< what happened, one sentence without a full stop
  std::string tried;  ///< what was tried (a command line, an address); may be empty
  std::string remedy; ///< what to do next; may be empty
  bool operator==(const Error&) const = default;
};

/// The value or the reason why there is none. An alias so that `std::expected` can come later.
template <class T> using Result = tl::expected<T, Error>;
using Status = Result<void>;

/// `return failure("cannot read x", "open /x", "check the path");`
inline tl::unexpected<Error>
failure(std::string what, std::string tried = {}, std::string remedy = {}, Blame blame = Blame::rig) {
  return tl::unexpected<Error>(Error{blame, std::move(what), std::move(tried), std::move(remedy)});
}

/// The error with words put before it: `within("pushing alpine", error)` reads "pushing alpine: connection refused".
inline Error within(const std::string& doing, Error error) {
  error.what = doing + ": " + error.what;
  return error;
}

/// The whole error as lines of text: what, tried, remedy.
std::string to_text(const Error& error);

} // namespace cacheproof::util

#define CP_JOIN_INNER(left, right) left##right
#define CP_JOIN(left, right) CP_JOIN_INNER(left, right)

/// Returns the error of `expression` to the caller, else goes on.
#define CP_TRY(expression)                                                                                             \
  do {                                                                                                                 \
    if (auto cp_tried = (expression); !cp_tried) return tl::unexpected(std::move(cp_tried).error());                   \
  } while (false)

/// `CP_TRY_ASSIGN(auto text, read_text(path));` Several statements: under an `if` or `for` it needs braces.
#define CP_TRY_ASSIGN(target, expression) CP_TRY_ASSIGN_INNER(CP_JOIN(cp_tried_, __LINE__), target, expression)
#define CP_TRY_ASSIGN_INNER(name, target, expression)                                                                  \
  auto name = (expression);                                                                                            \
  if (!name) return tl::unexpected(std::move(name).error());                                                           \
  target = std::move(*name)
