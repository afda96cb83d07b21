#pragma once

#include "scenario/node.hpp"
#include "util/result.hpp"

#include <string>
#include <string_view>

namespace cacheproof::scenario {

/// Why a text is no YAML document, and where.
struct YamlError {
  enum class Kind { syntax, too_large };
  Kind kind = Kind::syntax;
  std::string message;
  int line = 0;
  int column = 0;
};

/// The one document of a UTF-8 text, with aliases expanded to copies. YAML 1.2: `on`, `yes` and `no` are words.
/// A document may have 20,000 nodes, aliases may expand to 10,000 more and nesting go 64 deep; beyond, it is
/// `too_large`: no reader of it needs to fear what takes the square of their number.
tl::expected<Node, YamlError> parse_yaml(std::string_view text);

} // namespace cacheproof::scenario
