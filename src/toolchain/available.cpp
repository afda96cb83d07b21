#include "http/client.hpp"
#include "toolchain/sources.hpp"
#include "util/version.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace cacheproof::toolchain {
namespace {

using namespace std::chrono_literals;
using Versions = std::vector<std::string>;

util::Result<Versions> list_releases(const Recipe& recipe, const Options& options) {
  const auto& url = options.releases_api.empty() ? recipe.releases_api : options.releases_api;
  CP_TRY_ASSIGN(const auto answer,
                http::send({.url = url,
                            .headers = {{"User-Agent", "cacheproof"}}, // the API refuses those without one
                            .connect_timeout = 2500ms,
                            .answer_timeout = 2500ms,
                            .timeout = 30s,
                            .follow_redirects = true},
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

/// Only release numbers, the newest first, each once.
Versions in_order(const Versions& tags) {
  std::vector<util::Version> versions;
  for (const auto& tag : tags) // other tags are there too: `dockerfile/1.7.0`
    if (const auto version = util::Version::parse(tag); version && tag == version->to_text())
      versions.push_back(*version);
  std::sort(versions.begin(), versions.end(), [](const auto& left, const auto& right) { return left > right; });
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
  Versions texts;
  for (const auto& version : versions) texts.push_back(version.to_text());
  return texts;
}

} // namespace

std::vector<Offer> available(Kind kind, const Options& options) {
  std::vector<Offer> offers;
  if (options.sources.release) offers.push_back({"release", list_releases(recipe(kind), options).map(in_order)});
  if (options.sources.module) offers.push_back({"Go module", list_module(recipe(kind), options).map(in_order)});
  return offers;
}

} // namespace cacheproof::toolchain
