#pragma once

#include <tl/expected.hpp>

#include <map>
#include <string>
#include <string_view>

namespace cacheproof::dockerfile {

/// What becomes of quotes, escapes and variables without a value: BuildKit takes the first two off and has nothing for
/// the third, but leaves all of them as they are in the names of RUN (its Lex: RawQuotes, RawEscapes, SkipUnsetEnv).
enum class Quotes { taken_off, kept };

/// Expands `$X`, `${X}`, `${X:-word}`, `${X-word}`, `${X:+word}`, `${X+word}` as BuildKit does with a FROM.
/// The error says what cannot be read.
tl::expected<std::string, std::string> expand(std::string_view text,
                                              const std::map<std::string, std::string>& values,
                                              char escape,
                                              Quotes quotes = Quotes::taken_off);

} // namespace cacheproof::dockerfile
