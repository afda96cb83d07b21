#include "author/pin.hpp"

#include "cli/outdated.hpp"
#include "cli/scenarios.hpp"
#include "toolchain/sources.hpp"
#include "toolchain/toolchain.hpp"
#include "util/caller.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

namespace cacheproof::cli {
namespace fs = std::filesystem;
namespace {

struct Options {
  bool latest = false;
  std::vector<toolchain::Kind> kinds;
  std::string file;
};

/// The one that was named, else that of the checkout.
util::Result<fs::path> pins_file(const std::string& named) {
  std::vector<std::string> tried;
  if (!named.empty()) {
    tried = {named};
  } else {
    if (const char* home = std::getenv("CACHEPROOF_HOME"); home && *home)
      tried.push_back((fs::path(home) / "docker/versions.yaml").string());
    tried.emplace_back("docker/versions.yaml");
  }
  std::error_code ignored;
  for (const auto& file : tried)
    if (fs::is_regular_file(file, ignored)) return fs::canonical(file); // what a link names is changed
  return util::failure("there is no docker/versions.yaml to change: the pins of an installed program are built into it",
                       util::join(tried, ", "),
                       "`./cacheproof toolchain pin --latest` in a checkout of the project, or --file FILE",
                       util::Blame::usage);
}

/// Nothing where the newest release is the default already.
util::Result<std::optional<author::Pin>> newest(toolchain::Kind kind, const toolchain::Options& options) {
  const auto& of = toolchain::recipe(kind);
  const auto& standard = toolchain::default_version(kind);
  CP_TRY_ASSIGN(const auto released, toolchain::released(kind, options));
  const auto& version = released.front();
  if (util::Version::parse(version) == util::Version::parse(standard)) return std::nullopt;
  if (util::Version::parse(version) < util::Version::parse(standard))
    return util::failure(
        fmt::format("the newest {} that is listed, {}, is older than the default, {}", of.title, version, standard),
        "the releases, the list of the Go module",
        "try again where the releases can be reached");
  author::Pin pin{of.name, version, {}, {}, {}};
  const auto& pins = toolchain::pinned(kind);
  if (std::find(pins.begin(), pins.end(), version) != pins.end()) return pin;
  auto facts = toolchain::look_at_module({.recipe = of, .version = version}, options);
  if (!facts) {
    auto error =
        util::within(fmt::format("nobody says what the sum of {} {} is", of.title, version), std::move(facts).error());
    if (error.remedy.empty()) error.remedy = "pin it by hand; where its module has another number, that is its `tag`";
    return tl::unexpected(std::move(error));
  }
  pin.module = facts->sum;
  pin.tag = facts->tag;
  if (kind == toolchain::Kind::docker) pin.buildkit = facts->buildkit;
  return pin;
}

int pin(Options options, const std::stop_token& stop) {
  const auto file = pins_file(options.file);
  if (!file) return report_error(file.error());
  if (options.kinds.empty()) options.kinds.assign(toolchain::k_kinds.begin(), toolchain::k_kinds.end());
  toolchain::Options online;
  online.stop = stop;
  std::vector<author::Pin> pins;
  for (const auto kind : options.kinds) {
    const auto one = newest(kind, online);
    if (!one) return report_error(one.error());
    if (*one)
      pins.push_back(**one);
    else
      std::cout << fmt::format(
          "{} {} is the newest release\n", toolchain::recipe(kind).name, toolchain::default_version(kind));
  }
  if (pins.empty()) return 0;
  auto text = util::read_text(*file).and_then([&](const std::string& old) { return author::pin(old, pins); });
  if (!text) return report_error(util::within(file->string(), std::move(text).error()));
  if (const auto written = util::write_text(*file, *text); !written) return report_error(written.error());
  if (const auto given = util::give_to_caller(*file); !given) return report_error(given.error());
  for (const auto& one : pins) std::cout << fmt::format("{} {} is pinned and the default\n", one.kind, one.version);
  std::cout << fmt::format("{} is changed; it is built into the program: build that again\n", file->string());
  return 0;
}

} // namespace

void add_pin(CLI::App& toolchain, Session& session) {
  auto* command = toolchain.add_subcommand("pin", "Pin the newest release in docker/versions.yaml");
  auto options = std::make_shared<Options>();
  std::map<std::string, toolchain::Kind> kinds;
  for (const auto kind : toolchain::k_kinds) kinds.emplace(toolchain::recipe(kind).name, kind);
  command->add_flag("--latest", options->latest, "The newest release of each kind, which is asked")->required();
  command->add_option("KIND", options->kinds, "buildkit, buildx, registry, frontend, docker (default: all of them)")
      ->transform(CLI::CheckedTransformer(kinds))
      ->option_text("KIND...");
  command->add_option("--file", options->file, "The file to change (default: docker/versions.yaml of the checkout)");
  command->footer(
      "\nThe release is added with the groups that the default has so far and the sum of its Go module (which\n"
      "needs a go), and becomes the default; the old default stays pinned. Comments stay. Where something is not\n"
      "known of one kind, nothing is written of any.\n\n"
      "Exit codes: 0 the file has the newest releases, 2 nobody says which they are or what is in them,\n"
      "3 the file has another form, 64 wrong usage, or there is no file.\n");
  command->callback(
      [&session, options] { session.action = [&session, options] { return pin(*options, session.stop); }; });
}

} // namespace cacheproof::cli
