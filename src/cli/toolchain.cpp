#include "toolchain/toolchain.hpp"

#include "cli/commands.hpp"
#include "cli/outdated.hpp"
#include "cli/scenarios.hpp"
#include "toolchain/select.hpp"
#include "toolchain/sources.hpp"
#include "toolchain/store.hpp"
#include "util/bytes.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <utility>

namespace cacheproof::cli {
namespace {

using Words = std::vector<std::string>;

std::vector<std::string> stored(toolchain::Kind kind) {
  std::vector<std::string> versions;
  for (const auto& entry : toolchain::list(kind))
    if (entry.installed || !entry.damage.empty()) versions.push_back(entry.version);
  return versions;
}

std::string name(const toolchain::Selected& one) {
  return fmt::format("{} {}", toolchain::recipe(one.kind).name, one.version);
}

void print_store() {
  std::cout << fmt::format("store: {}, {}", toolchain::store().string(), util::bytes_text(toolchain::store_size()));
  if (const auto limit = toolchain::store_limit(); limit && *limit)
    std::cout << " of at most " << util::bytes_text(**limit);
  std::cout << '\n';
}

int list() {
  constexpr auto* line = "{:<9} {:<12} {:<10} {:>8}  {}{}\n";
  std::cout << fmt::format(line, "KIND", "VERSION", "STATE", "SIZE", "SOURCE", "");
  for (const auto kind : toolchain::k_kinds)
    for (const auto& entry : toolchain::list(kind)) {
      const bool there = entry.installed || !entry.damage.empty();
      std::cout << fmt::format(line,
                               toolchain::recipe(kind).name,
                               entry.installed ? entry.installed->version : entry.version,
                               entry.installed ? "installed"
                               : there         ? "damaged"
                                               : "-",
                               there ? util::bytes_text(entry.bytes) : "",
                               entry.installed ? entry.installed->source : "",
                               entry.is_default ? "  (default)" : "");
    }
  print_store();
  return 0;
}

/// The words in lines of up to 100 columns, indented.
void print_wrapped(const Words& words) {
  std::string line;
  for (const auto& word : words) {
    if (line.size() + word.size() > 94) std::cout << "    " << std::exchange(line, "") << '\n';
    line += (line.empty() ? "" : " ") + word;
  }
  if (!line.empty()) std::cout << "    " << line << '\n';
}

int list_available(const std::stop_token& stop) {
  toolchain::Options options;
  options.stop = stop;
  for (const auto kind : toolchain::k_kinds) {
    std::cout << toolchain::recipe(kind).name << "\n  pinned in docker/versions.yaml\n";
    auto pinned = toolchain::pinned(kind);
    std::reverse(pinned.begin(), pinned.end());
    print_wrapped(pinned);
    for (const auto& offer : toolchain::available(kind, options)) {
      if (!offer.versions && offer.versions.error().blame == util::Blame::interrupted)
        return report_error(offer.versions.error());
      std::cout << "  " << offer.source
                << (offer.versions ? "\n" : " cannot be asked: " + offer.versions.error().what + "\n");
      if (offer.versions) print_wrapped(*offer.versions);
    }
  }
  return 0;
}

int install(Words words, const std::stop_token& stop) {
  if (words.empty()) words = {"buildkit"};
  const auto selected = toolchain::select(words, [](auto kind) { return toolchain::pinned(kind); });
  if (!selected) return report_error(selected.error());
  toolchain::Options options;
  options.say = [](std::string_view line) { std::cout << line << std::endl; };
  options.stop = stop;
  options.verified = true;
  for (const auto& one : *selected) {
    const auto installed = toolchain::install(one.kind, one.version, options);
    if (!installed) return report_error(installed.error());
    std::cout << fmt::format(
        "{} {} is installed: {}\n", toolchain::recipe(one.kind).name, installed->version, installed->bin.string());
  }
  return 0;
}

int remove(const Words& words) {
  const auto selected = toolchain::select(words, stored);
  if (!selected) return report_error(selected.error());
  for (const auto& one : *selected) {
    if (const auto removed = toolchain::remove(one.kind, one.version); !removed) return report_error(removed.error());
    std::cout << name(one) << " is removed\n";
  }
  print_store();
  return 0;
}

int verify(Words words) {
  if (words.empty())
    for (const auto kind : toolchain::k_kinds) words.push_back(toolchain::recipe(kind).name);
  const auto selected = toolchain::select(words, stored);
  if (!selected) return report_error(selected.error());
  int code = 0;
  for (const auto& one : *selected) {
    const auto proof = toolchain::verify(one.kind, one.version);
    if (!proof) code = report_error(proof.error());
    if (!proof) continue;
    std::cout
        << name(one)
        << (*proof == toolchain::Proof::whole
                ? " is, byte for byte, what was installed\n"
                : " cannot be compared: nobody recorded what was installed; remove and install it to change that\n");
  }
  return code;
}

int prune(const std::string& at_most) {
  const auto bytes = util::parse_bytes(at_most);
  if (!bytes)
    return report_error({util::Blame::usage, fmt::format("'{}' is no size", at_most), {}, "e.g. --keep-below 2G"});
  const auto pruned = toolchain::prune(*bytes);
  if (!pruned) return report_error(pruned.error());
  for (const auto& removed : pruned->removed) std::cout << removed << " is removed\n";
  if (pruned->bytes > *bytes) std::cout << "the rest is in use\n";
  print_store();
  return 0;
}

int path(const Words& words) {
  const auto selected = toolchain::select(words, [](auto kind) { return Words{toolchain::default_version(kind)}; });
  if (!selected) return report_error(selected.error());
  for (const auto& one : *selected) {
    const auto found = toolchain::find(one.kind, one.version);
    if (!found) return report_error(found.error());
    std::cout << found->bin.string() << '\n';
  }
  return 0;
}

} // namespace

void add_toolchain(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand(
      "toolchain", "Install, list, check or remove versions of BuildKit, buildx, registry, frontend, Docker");
  command->require_subcommand(1);
  command->footer(
      "\nVersions are named by [KIND] [VERSION|RANGE|GROUP]...: a KIND (buildkit, buildx, registry, frontend,\n"
      "docker; at first buildkit) holds for what follows, and alone means all of its versions. A frontend is\n"
      "BuildKit's for Dockerfiles, as an image of a scenario has it. A GROUP is one of docker/versions.yaml:\n"
      "smoke, nightly or all. An image with the programs is named by image:REF; as a list prints it, with\n"
      "its digest, no registry is asked for what is there.\n"
      "  cacheproof toolchain install v0.34.2 '>=0.11 <0.18' buildx smoke registry\n\n"
      "  CACHEPROOF_STORE           the folder of the store\n"
      "  CACHEPROOF_STORE_LIMIT     what it may have, e.g. 2G: an install then removes what was not used\n"
      "                             for longest and is not in use now\n"
      "  CACHEPROOF_RELEASES_URL    a mirror of the release files\n"
      "  CACHEPROOF_RELEASES_API    a mirror of GitHub's API, which is asked for what was released\n"
      "  CACHEPROOF_DOCKER_HUB_URL  a registry in the place of Docker Hub's, e.g. a mirror of it\n");

  auto* list_command = command->add_subcommand("list", "The pinned versions and those in the store");
  const auto everything = std::make_shared<bool>(false);
  list_command->add_flag("--available", *everything, "Ask each source instead what it has (needs a network)");
  list_command->callback([&session, everything] {
    session.action = [&session, everything] { return *everything ? list_available(session.stop) : list(); };
  });

  const auto words = std::make_shared<Words>();
  const auto add = [&](const char* verb, const char* about, const std::function<int()>& action) {
    auto* one = command->add_subcommand(verb, about);
    one->add_option("VERSION", *words, "[KIND] [VERSION|RANGE|GROUP]...");
    one->callback([&session, action] { session.action = action; });
    return one;
  };
  add("install",
      "Install versions (default: all pinned ones of BuildKit), and again what is damaged",
      [words, &session] { return install(*words, session.stop); })
      ->footer("\nSources, tried in this order: the store, the release file of the public project, its container\n"
               "image (unpacked here, with the login of `docker login` where there is one), the Go module built\n"
               "here (needs a recent go). A RANGE or a GROUP stands for the pinned versions in it.\n");
  add("remove", "Remove installed versions", [words] { return remove(*words); })->get_option("VERSION")->required();
  add("verify", "Compare installed versions (default: all) with what was recorded when they were installed", [words] {
    return verify(*words);
  });
  add("path", "Print the folder of an installed version's programs (default: the default BuildKit)", [words] {
    return path(words->empty() ? Words{"buildkit"} : *words);
  });

  add_outdated(*command, session);
  add_pin(*command, session);

  const auto at_most = std::make_shared<std::string>();
  auto* prune_command = command->add_subcommand("prune", "Remove what was not used for longest and is not in use");
  prune_command->add_option("--keep-below", *at_most, "What the store may have afterwards, e.g. 2G")->required();
  prune_command->callback([&session, at_most] { session.action = [at_most] { return prune(*at_most); }; });
}

} // namespace cacheproof::cli
