#pragma once

#include "process/command.hpp"

#include <map>
#include <string>

namespace cacheproof::process {

/// The environment variables of the program.
std::map<std::string, std::string> inherited_environment();

/// The command as the user behind sudo would run it, with their HOME: what it writes to their home stays theirs. The
/// command itself where there is no such user.
Command as_caller(Command command);

} // namespace cacheproof::process
