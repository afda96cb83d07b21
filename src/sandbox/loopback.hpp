#pragma once

#include "util/result.hpp"

#include <stop_token>
#include <string>
#include <string_view>

namespace cacheproof::sandbox {

/// In every answer of a registry that was started here: which one it is.
constexpr std::string_view k_identity_header = "X-Cacheproof-Sandbox";

/// That the registry which answers on `address` is the one of that identity: between finding a port and listening on it
/// another may have come.
util::Status answers(const std::string& address, const std::string& identity, std::stop_token stop = {});

} // namespace cacheproof::sandbox
