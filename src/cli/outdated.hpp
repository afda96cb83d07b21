#pragma once

#include "cli/commands.hpp"

namespace cacheproof::cli {

/// Adds `outdated` and `pin` to `toolchain`: what is released beside what is pinned, and the file of the pins.
void add_outdated(CLI::App& toolchain, Session& session);
void add_pin(CLI::App& toolchain, Session& session);

} // namespace cacheproof::cli
