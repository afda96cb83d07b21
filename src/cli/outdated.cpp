#include "cli/outdated.hpp"

#include "cli/scenarios.hpp"
#include "toolchain/sources.hpp"
#include "toolchain/toolchain.hpp"
#include "util/version.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <map>
#include <memory>
#include <utility>

namespace cacheproof::cli {
namespace {

using Versions = std::vector<std::string>;

util::Version parsed(const std::string& version) {
  return util::Version::parse(version).value_or(util::Version{});
}

/// What is pinned of a kind beside what is released.
struct Comparison {
  toolchain::Kind kind;
  std::string newest;                                     ///< release; empty: not known
  std::string unknown;                                    ///< why it is not
  std::vector<std::pair<std::string, std::string>> lines; ///< a pin, and the newest patch of its line where it is newer
  bool outdated = false;                                  ///< the default
};

/// Pre-releases are pinned for themselves.
std::string newer_of_line(const std::string& pin, const Versions& released) {
  const auto own = parsed(pin);
  for (const auto& text : released)
    if (const auto version = parsed(text);
        own.prerelease.empty() && version.major == own.major && version.minor == own.minor && own < version)
      return text; // the newest is first
  return {};
}

util::Result<Comparison> compare(toolchain::Kind kind, const toolchain::Options& options) {
  Comparison compared{.kind = kind};
  const auto released = toolchain::released(kind, options);
  if (!released && released.error().blame == util::Blame::interrupted) return tl::unexpected(released.error());
  if (!released) {
    compared.unknown = released.error().what;
    return compared;
  }
  const auto& standard = toolchain::default_version(kind);
  for (const auto& pin : toolchain::pinned(kind))
    if (auto newer = newer_of_line(pin, *released); !newer.empty()) compared.lines.emplace_back(pin, std::move(newer));
  if (parsed(released->front())
      < parsed(standard)) { // a source that does not know the default does not know its successor
    compared.unknown = fmt::format("the newest that is listed, {}, is older", released->front());
    return compared;
  }
  compared.newest = released->front();
  compared.outdated = parsed(standard) < parsed(compared.newest);
  return compared;
}

nlohmann::json to_json(const std::vector<Comparison>& all) {
  auto json = nlohmann::json::array();
  for (const auto& one : all) {
    nlohmann::json entry{{"kind", toolchain::recipe(one.kind).name},
                         {"default", toolchain::default_version(one.kind)},
                         {"pinned", toolchain::pinned(one.kind)},
                         {"newest", nullptr},
                         {"outdated", nullptr},
                         {"newer_in_line", nlohmann::json::object()}};
    if (one.unknown.empty()) {
      entry["newest"] = one.newest;
      entry["outdated"] = one.outdated;
    } else {
      entry["unknown"] = one.unknown;
    }
    for (const auto& [pin, newer] : one.lines) entry["newer_in_line"][pin] = newer;
    json.push_back(std::move(entry));
  }
  return json;
}

void print(const Comparison& one) {
  const auto say = [&](const std::string& what) {
    std::cout << fmt::format("{:<9} {}\n", toolchain::recipe(one.kind).name, what);
  };
  const auto& standard = toolchain::default_version(one.kind);
  if (!one.unknown.empty())
    say(fmt::format("{} is the default, which cannot be compared: {}", standard, one.unknown));
  else if (one.outdated)
    say(fmt::format("{} is the default, and {} is released", standard, one.newest));
  else
    say(fmt::format("{} is the default and the newest release", standard));
  for (const auto& [pin, newer] : one.lines)
    if (pin != standard || newer != one.newest)
      say(fmt::format("{} is pinned, and {} is released of its line", pin, newer));
}

int outdated(bool as_json, const std::stop_token& stop) {
  toolchain::Options options;
  options.stop = stop;
  std::vector<Comparison> all;
  bool any = false;
  bool unknown = false;
  for (const auto kind : toolchain::k_kinds) {
    auto compared = compare(kind, options);
    if (!compared) return report_error(compared.error());
    any = any || compared->outdated;
    unknown = unknown || !compared->unknown.empty();
    all.push_back(std::move(*compared));
  }
  if (as_json) {
    std::cout << to_json(all).dump(2) << '\n';
  } else {
    for (const auto& one : all) print(one);
    if (any) std::cout << "to do: cacheproof toolchain pin --latest\n";
  }
  return any ? 1 : unknown ? 2 : 0;
}

} // namespace

void add_outdated(CLI::App& toolchain, Session& session) {
  auto* command = toolchain.add_subcommand("outdated", "Compare the pinned versions with what is released");
  const auto json = std::make_shared<bool>(false);
  command->add_option("--format", *json, "How it is printed: text, or json (one document)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, bool>{{"text", false}, {"json", true}}))
      ->option_text("text|json");
  command->footer(
      "\nAsks the releases of the public projects and the list of their Go modules. A newer patch of a line\n"
      "that is pinned is told, and is no fault.\n\n"
      "Exit codes:\n"
      "  0    every default is the newest release\n"
      "  1    a default is older than the newest release\n"
      "  2    of none that is known to be, but some could not be compared\n");
  command->callback([&session, json] { session.action = [&session, json] { return outdated(*json, session.stop); }; });
}

} // namespace cacheproof::cli
