#include "toolchain/toolchain.hpp"

#include "cli/commands.hpp"
#include "cli/scenarios.hpp"
#include "toolchain/store.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <iostream>

namespace cacheproof::cli {
namespace {

int list() {
  std::cout << fmt::format("{:<12} {:<10} {:>8}  {}\n", "BUILDKIT", "STATE", "SIZE", "SOURCE");
  for (const auto& entry : toolchain::list()) {
    const bool installed = entry.installed.has_value();
    std::cout << fmt::format("{:<12} {:<10} {:>8}  {}{}\n",
                             entry.version,
                             installed ? "installed" : "-",
                             installed ? fmt::format("{} MB", entry.bytes / 1'000'000) : "",
                             installed ? entry.installed->source : "",
                             entry.is_default ? "  (default)" : "");
  }
  std::cout << "store: " << toolchain::store().string() << '\n';
  return 0;
}

int install(std::vector<std::string> versions, std::stop_token stop) {
  if (versions.empty()) versions = toolchain::pinned();
  for (const auto& version : versions) {
    const auto installed = toolchain::install(toolchain::Kind::buildkit,
                                              version,
                                              {.say = [](std::string_view line) { std::cout << line << std::endl; },
                                               .stop = stop,
                                               .sources = {},
                                               .releases_url = {}});
    if (!installed) return report_error(installed.error());
    std::cout << fmt::format("{} is installed: {}\n", installed->version, installed->bin.string());
  }
  return 0;
}

int path(const std::string& version) {
  const auto found = toolchain::find(toolchain::Kind::buildkit, version);
  if (!found) return report_error(found.error());
  std::cout << found->bin.string() << '\n';
  return 0;
}

} // namespace

void add_toolchain(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("toolchain", "List, install or locate BuildKit versions");
  command->require_subcommand(1);

  command->add_subcommand("list", "The pinned versions and those in the store")->callback([&session] {
    session.action = [] { return list(); };
  });

  auto versions = std::make_shared<std::vector<std::string>>();
  auto* install_command = command->add_subcommand("install", "Install versions (default: all pinned ones)");
  install_command->add_option("VERSION", *versions, "e.g. v0.34.2");
  install_command->footer(
      "\nSources, tried in this order: the store, the release tarball of the public project, the Go\n"
      "module built here (needs a recent go).\n");
  install_command->callback(
      [&session, versions] { session.action = [&session, versions] { return install(*versions, session.stop); }; });

  auto version = std::make_shared<std::string>(toolchain::default_version());
  auto* path_command = command->add_subcommand("path", "Print the folder of an installed version's programs");
  path_command->add_option("VERSION", *version, "default: the pinned default");
  path_command->callback([&session, version] { session.action = [version] { return path(*version); }; });
}

} // namespace cacheproof::cli
