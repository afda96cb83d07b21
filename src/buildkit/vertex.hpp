#pragma once

#include "buildkit/raw_build.hpp"
#include "evidence/record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::buildkit {

/// All that was told about one digest.
struct Vertex {
  std::string digest;
  std::string name;
  std::string group;
  std::vector<std::string> inputs;
  std::vector<RawVertex> intervals; ///< its announcements with a time, in order; a longer one replaces its beginning
  std::vector<RawStatus> pulls;     ///< statuses of layers on their way
};

/// In the order in which the digests were first named.
std::vector<Vertex> collect(const RawBuild& build);

/// The names of what had begun and not ended, in that order: where a build hangs.
std::vector<std::string> running(const RawBuild& build);

/// What became of one vertex, by the rules of "Decoding a step's outcome" (buildkit-facts):
/// an error counts unless a later interval went well; a cached interval before one that is not is a pull when layers
/// came or the later one names no inputs, else the step ran after all; a vertex that was cancelled because another
/// failed was not reached, and one that was in a build that succeeded was not needed.
struct Fate {
  evidence::Outcome outcome = evidence::Outcome::unneeded;
  std::string error;
  bool pulled = false;
};
Fate fate(const Vertex& vertex, bool build_succeeded);

/// `[build 2/5] RUN x`, `[ 2/5] …`, `[linux/arm64 build 2/5] …`, `[linux/amd64->arm64 build 2/5] …`.
struct Label {
  std::string platform; ///< of several, the one that it runs on or, where that is told, is built for
  std::string stage;    ///< empty in a file of one stage
  int number = 0;
  int total = 0;
  std::string text; ///< without LINK and ONBUILD
  bool onbuild = false;
};
std::optional<Label> read_label(std::string_view name);

} // namespace cacheproof::buildkit
