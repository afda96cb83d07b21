#include "judge/caches.hpp"

#include "judge/finding.hpp"
#include "util/pattern.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace cacheproof::judge {
namespace {

using Findings = std::vector<evidence::Finding>;
using Strings = std::vector<std::string>;

} // namespace

Findings
judge_exported(const scenario::Exported& claim, const util::SourceSpot& spot, const evidence::RoundEvidence& seen) {
  const auto& of = claim.of;
  const auto& layers = claim.layers;
  const auto refused = [&](std::string why, Strings observed) {
    return finding(layers ? "exported.layers" : "exported",
                   layers ? claim.layers_spot : spot,
                   std::move(why),
                   {layers ? layers->to_text() + " layers" : "a cache"},
                   std::move(observed));
  };
  std::vector<const evidence::CacheContents*> caches;
  Strings refs;
  for (const auto& cache : seen.caches) {
    refs.push_back(cache.ref);
    if (!of || cache.ref == of->value || cache.ref.ends_with("/" + of->value)) caches.push_back(&cache);
  }
  if (caches.empty()) return {refused(of ? "no cache was exported to " + of->value : "no cache was exported", refs)};
  if (caches.size() > 1)
    return {refused(of ? fmt::format("several caches were exported to {}: write more of its name", of->value)
                       : "several caches were exported: say `of:` which one is meant",
                    refs)};
  const auto& cache = *caches.front();
  if (cache.shape == evidence::CacheShape::absent || cache.shape == evidence::CacheShape::not_a_cache)
    return {refused(fmt::format("there is no cache at {}", cache.ref), {std::string(to_text(cache.shape))})};
  Findings findings;
  if (layers && !layers->holds(cache.layers.size()))
    findings.push_back(refused(fmt::format("the cache at {} holds another number of layers", cache.ref),
                               {fmt::format("{} layers", cache.layers.size())}));
  if (const auto& type = claim.media_type; type && type->value != cache.media_type)
    findings.push_back(finding("exported.media_type",
                               type->spot,
                               fmt::format("the cache at {} has another media type", cache.ref),
                               {type->value},
                               {cache.media_type}));
  using Manifest = scenario::Exported::Manifest;
  const auto manifest = cache.shape == evidence::CacheShape::index ? Manifest::index : Manifest::image;
  const auto word = [](Manifest kind) -> std::string { return kind == Manifest::index ? "index" : "image"; };
  if (const auto& expected = claim.manifest; expected && *expected != manifest)
    findings.push_back(finding("exported.manifest",
                               claim.manifest_spot,
                               fmt::format("another kind of manifest holds the cache at {}", cache.ref),
                               {word(*expected)},
                               {word(manifest)}));
  return findings;
}

Findings judge_imported(const scenario::ExpectedImport& claim,
                        const util::SourceSpot& spot,
                        const evidence::RoundEvidence& seen) {
  const auto& error = claim.error;
  const std::string expected = error ? "error: " + error->value : "ok";
  const auto pattern = util::Pattern::compile(error ? error->value : "");
  if (!pattern) return {finding("imported", error->spot, "`error` is no regular expression", {expected}, {})};
  Strings observed;
  bool failed = false;
  bool found = false;
  for (const auto& import : seen.record.imports) {
    observed.push_back(fmt::format("{}: {}", import.ref, import.error.empty() ? "ok" : import.error));
    failed = failed || !import.error.empty();
    found = found || (!import.error.empty() && pattern->found(import.error));
  }
  const auto refused = [&](std::string why) {
    return Findings{finding("imported", spot, std::move(why), {expected}, observed)};
  };
  if (observed.empty()) return refused("this build imported no cache");
  if (error && !failed) return refused("every cache import succeeded, but one should fail");
  if (error && !found) return refused("a cache import failed, but in another way");
  if (!error && failed) return refused("a cache import failed");
  return {};
}

} // namespace cacheproof::judge
