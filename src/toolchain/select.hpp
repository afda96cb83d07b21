#pragma once

#include "toolchain/toolchain.hpp"
#include "util/result.hpp"

#include <functional>
#include <string>
#include <vector>

namespace cacheproof::toolchain {

struct Selected {
  Kind kind;
  std::string version; ///< as it was written, or of the candidates
  bool operator==(const Selected&) const = default;
};

/// `[KIND] [VERSION|RANGE]…`, e.g. `v0.34.2 '>=0.11 <0.18' buildx v0.36.1 registry`. A kind (at first buildkit) holds
/// for what follows; with nothing after it all its candidates are meant. A range stands for the candidates in it: one
/// that has none of them is an error that names them.
util::Result<std::vector<Selected>> select(const std::vector<std::string>& words,
                                           const std::function<std::vector<std::string>(Kind)>& candidates);

} // namespace cacheproof::toolchain
