#include "http/client.hpp"
#include "toolchain/reach.hpp"
#include "toolchain/sources.hpp"
#include "util/version.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace cacheproof::toolchain {
namespace {

using namespace std::chrono_literals;
using Versions = std::vector<std::string>;

constexpr std::string_view k_api = "https://api.github.com";

/// $CACHEPROOF_RELEASES_API in the place of the public host.
std::string mirrored(const std::string& url) {
  const char* mirror = std::getenv("CACHEPROOF_RELEASES_API");
  return mirror && *mirror && url.starts_with(k_api) ? mirror + url.substr(k_api.size()) : url;
}

util::Result<Versions> list_releases(const std::string& url, const Options& options) {
  CP_TRY_ASSIGN(
      const auto answer,
      http::send(
          {.url = url, .connect_timeout = 2500ms, .answer_timeout = 2500ms, .timeout = 30s, .follow_redirects = true},
          options.stop));
  if (!answer.ok()) return util::failure(fmt::format("status {}", answer.status), "GET " + http::printable(url));
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  if (!json.is_array()) return util::failure("the answer is no list of releases", "GET " + http::printable(url));
  Versions tags;
  for (const auto& release : json)
    if (release.is_object() && release.contains("tag_name") && release["tag_name"].is_string())
      tags.push_back(release["tag_name"].get<std::string>());
  return tags;
}

constexpr std::string_view k_engine = "docker-"; // `docker-v29.0.0`: moby/moby has a client's releases beside it

/// Only release numbers, the newest first, each once.
Versions in_order(const Versions& tags) {
  std::vector<util::Version> versions;
  for (const auto& tag : tags) // other tags are there too: `dockerfile/1.7.0`
    if (const auto version = util::Version::parse(tag.substr(tag.starts_with(k_engine) ? k_engine.size() : 0));
        version && tag.ends_with(version->to_text()))
      versions.push_back(*version);
  std::sort(versions.begin(), versions.end(), [](const auto& left, const auto& right) { return left > right; });
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
  Versions texts;
  for (const auto& version : versions) texts.push_back(version.to_text());
  return texts;
}

} // namespace

std::vector<Offer> available(Kind kind, const Options& options) {
  const auto& of = recipe(kind);
  const auto sources = sources_of(of, options.sources);
  const auto api = options.releases_api.empty() ? mirrored(of.releases_api) : options.releases_api;
  std::vector<std::vector<std::string>> doors(2);
  if (sources.release) doors[0] = {api};
  if (sources.module) doors[1] = module_doors(of, std::filesystem::temp_directory_path(), options);
  const auto silent = knock(doors, options);
  const auto unless = [](const std::optional<Blocked>& blocked, auto list) -> util::Result<Versions> {
    if (blocked) return util::failure(fmt::format("no way out to {} ({})", blocked->host, blocked->why));
    return list().map(in_order);
  };
  std::vector<Offer> offers;
  if (sources.release) offers.push_back({"release", unless(silent[0], [&] { return list_releases(api, options); })});
  if (sources.module) offers.push_back({"Go module", unless(silent[1], [&] { return list_module(of, options); })});
  return offers;
}

util::Result<std::vector<std::string>> released(Kind kind, const Options& options) {
  Versions all;
  std::string silent;
  for (const auto& offer : available(kind, options)) {
    if (!offer.versions && offer.versions.error().blame == util::Blame::interrupted)
      return tl::unexpected(offer.versions.error());
    const auto why = offer.versions ? "lists none" : offer.versions.error().what;
    silent += fmt::format("{}{}: {}", silent.empty() ? "" : "; ", offer.source, why);
    for (const auto& version : offer.versions.value_or(Versions{}))
      if (util::Version::parse(version)->prerelease.empty()) all.push_back(version);
  }
  if (!all.empty()) return in_order(all);
  return util::failure(
      fmt::format("nobody says which {} is the latest ({})", recipe(kind).title, silent), {}, "name the version");
}

} // namespace cacheproof::toolchain
