#pragma once

#include "scenario/node.hpp"
#include "util/diagnostic.hpp"

#include <optional>
#include <string>
#include <vector>

namespace cacheproof::scenario {

class Reader;

/// A `build` that was written as a command line, in other words.
struct CommandLine {
  util::SourceSpot spot;
  Node keys;                      ///< the same as a mapping of keys, each with the place of its word
  std::vector<std::string> notes; ///< flags that mean nothing here and hosts that were replaced, each once

  /// The keys as YAML, a line each.
  std::string to_yaml() const;
};

/// Reads a line of `docker build`, `docker buildx build` or `buildctl build` as the mapping that says the same; paths
/// are those of a client that stands in the scenario's context. What the values hold is not looked at yet. Nothing
/// after mistakes, which were reported.
std::optional<CommandLine> read_command_line(Reader& reader, const Node& at);

} // namespace cacheproof::scenario
