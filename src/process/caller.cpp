#include "process/caller.hpp"

#include "util/caller.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <string_view>

namespace cacheproof::process {

std::map<std::string, std::string> inherited_environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != text.npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

Command as_caller(Command command) {
  const auto caller = util::sudo_caller();
  if (!caller) return command;
  if (!command.environment) command.environment = inherited_environment();
  (*command.environment)["HOME"] = caller->home.string();
  command.argv.insert(
      command.argv.begin(),
      {"setpriv", fmt::format("--reuid={}", caller->uid), fmt::format("--regid={}", caller->gid), "--init-groups"});
  return command;
}

} // namespace cacheproof::process
