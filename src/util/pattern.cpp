#include "util/pattern.hpp"

#include "util/text.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

namespace cacheproof::util {

Pattern::Pattern(std::shared_ptr<const re2::RE2> compiled)
    : compiled_(std::move(compiled)) {}

tl::expected<Pattern, std::string> Pattern::compile(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_shared<const re2::RE2>(std::string(pattern), options);
  if (!compiled->ok()) return tl::unexpected(compiled->error());
  return Pattern(std::move(compiled));
}

bool Pattern::found(std::string_view text) const {
  const auto all = lines(text);
  return std::any_of(
      all.begin(), all.end(), [&](const auto& line) { return re2::RE2::PartialMatch(line, *compiled_); });
}

} // namespace cacheproof::util
