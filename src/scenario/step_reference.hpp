#pragma once

#include "util/diagnostic.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace cacheproof::scenario {

/// `build-public 4`, `build-public 4-8`, `build-public` (the whole stage), `build-public RUN npm ci*` (instruction
/// glob), each behind a platform or not: `linux/arm64 build-public 4`. Before that stands the build that is meant,
/// `alpha:app 3`, where a command line starts several. Numbers are those that BuildKit prints. Sources (FROM) are never
/// counted, so a whole stage or a range leaves them out.
struct StepReference {
  std::string text; ///< as written
  util::SourceSpot spot;
  std::string build;    ///< of several: whose; empty: every one that needs the step
  std::string platform; ///< as `util::normal_platform` has it; empty: of every one
  std::string stage;
  int first = 0; ///< 0: no numbers given
  int last = 0;
  std::string glob; ///< of the instruction; empty: none given
  bool operator==(const StepReference&) const = default;

  /// Nothing for text that is no reference (an empty one, `a 3-2`, `a 0`).
  static std::optional<StepReference> parse(std::string_view text, util::SourceSpot spot);

  /// Whether it names the step `number` of `stage`, whose instruction is `instruction` (line continuations folded).
  /// Stage names compare without case, as BuildKit's do; the glob has its blanks folded.
  bool matches(std::string_view stage, int number, std::string_view instruction) const;
  /// Whether it names steps of this platform; a build that is not for several has an empty one.
  bool of_platform(std::string_view platform) const;
};

} // namespace cacheproof::scenario
