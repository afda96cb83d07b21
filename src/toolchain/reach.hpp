#pragma once

#include "toolchain/sources.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cacheproof::toolchain {

/// A source from whose host no answer comes.
struct Blocked {
  std::string host;
  std::string why;
};

/// The wanted sources that cannot be reached.
struct Reach {
  std::optional<Blocked> release;
  std::optional<Blocked> image;
  std::optional<Blocked> module; ///< go can still build what is in its own cache
};

/// Asks the hosts of all wanted sources at the same time, and takes any answer for a yes: a machine without a way out,
/// or a network that swallows packets, costs `options.patience` once. `go` is asked in `folder` for its proxy.
Reach look_out(const Order& order, const std::filesystem::path& folder, const Options& options);

/// The same for any groups of URLs: why none of a group gives an answer; nothing where one does, or a group is empty.
std::vector<std::optional<Blocked>> knock(const std::vector<std::vector<std::string>>& groups, const Options& options);

/// All that is blocked, and what becomes of it, in one line; empty where nothing is.
std::string to_line(const Reach& reach);

} // namespace cacheproof::toolchain
