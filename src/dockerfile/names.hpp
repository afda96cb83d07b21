#pragma once

#include "dockerfile/dockerfile.hpp"

#include <map>
#include <string>
#include <vector>

namespace cacheproof::dockerfile {

/// A numbered step and its name as BuildKit v0.34.2 prints it: `[build 2/5] RUN make`.
struct NamedStep {
  int stage = 0; ///< index
  const Instruction* instruction = nullptr;
  std::string name;
};

/// The steps of the stages that a build of `target` (an index) needs, in the order of the file. `build_args` replace
/// the values of ARGs. What the environment of an image would put into a name is left as it is written, and so is what
/// BuildKit says of an image beyond its name in the file.
std::vector<NamedStep>
named_steps(const File& file, int target, const std::map<std::string, std::string>& build_args = {});

} // namespace cacheproof::dockerfile
