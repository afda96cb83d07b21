#include "judge/seen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::judge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Exported, CountsLayers) {
  EXPECT_TRUE(green(exported({}, 2)));
  const auto finding = red(exported({}, 16));
  EXPECT_EQ(finding.expectation, "exported.layers");
  EXPECT_EQ(finding.spot, at(9));
  EXPECT_THAT(finding.expected, ElementsAre("16 layers"));
  EXPECT_THAT(finding.observed, ElementsAre("2 layers"));
}

TEST(Exported, IsRedWithoutACache) {
  auto round = seen();
  round.caches[0].shape = evidence::CacheShape::not_a_cache;
  EXPECT_THAT(red(exported({}, 2), round).observed, ElementsAre("not a cache"));
  EXPECT_THAT(red(exported("app:cache", {}), round).observed, ElementsAre("not a cache"));
  round.caches[0].shape = evidence::CacheShape::absent;
  EXPECT_THAT(red(exported({}, 2), round).observed, ElementsAre("absent"));
  round.caches.clear();
  EXPECT_EQ(red(exported({}, 2), round).summary, "no cache was exported");
  EXPECT_EQ(red(exported({}, {}), round).summary, "no cache was exported");
}

TEST(Exported, OfNamesOneOfSeveral) {
  auto round = seen();
  round.caches.push_back(round.caches[0]);
  round.caches[1].ref = "127.0.0.1:5000/lib:cache";
  round.caches[1].layers.pop_back();
  EXPECT_TRUE(green(exported("app:cache", 2), round));
  EXPECT_TRUE(green(exported("127.0.0.1:5000/lib:cache", 1), round));
  EXPECT_TRUE(green(exported("lib:cache", {}), round));
  EXPECT_THAT(red(exported({}, 2), round).summary, HasSubstr("say `of:`"));
  round.caches[1].ref = "127.0.0.1:5000/other/app:cache";
  EXPECT_THAT(red(exported("app:cache", 2), round).summary, HasSubstr("write more of its name"));
}

TEST(Exported, OfAloneClaimsThatACacheIsThere) {
  const auto finding = red(exported("app:cash", {}));
  EXPECT_EQ(finding.expectation, "exported");
  EXPECT_EQ(finding.spot, at(k_claim_line));
  EXPECT_EQ(finding.summary, "no cache was exported to app:cash");
  EXPECT_THAT(finding.observed, ElementsAre("127.0.0.1:5000/app:cache"));
}

TEST(Exported, HasAMediaTypeAndAKindOfManifest) {
  using Manifest = scenario::Exported::Manifest;
  auto round = seen();
  round.caches[0].media_type = "application/vnd.oci.image.index.v1+json";
  const auto claimed = [](std::string type, Manifest manifest) {
    scenario::Exported value;
    value.media_type = scenario::Text{std::move(type), at(8)};
    value.manifest = manifest;
    value.manifest_spot = at(9);
    Expectations expect;
    expect.exported = claim(value);
    return expect;
  };
  const std::string index = "application/vnd.oci.image.index.v1+json";
  EXPECT_TRUE(green(claimed(index, Manifest::index), round));

  auto finding = red(claimed("application/vnd.oci.image.manifest.v1+json", Manifest::index), round);
  EXPECT_EQ(finding.expectation, "exported.media_type");
  EXPECT_EQ(finding.spot, at(8));
  EXPECT_EQ(finding.summary, "the cache at 127.0.0.1:5000/app:cache has another media type");
  EXPECT_THAT(finding.expected, ElementsAre("application/vnd.oci.image.manifest.v1+json"));
  EXPECT_THAT(finding.observed, ElementsAre(index));

  finding = red(claimed(index, Manifest::image), round);
  EXPECT_EQ(finding.expectation, "exported.manifest");
  EXPECT_EQ(finding.spot, at(9));
  EXPECT_EQ(finding.summary, "another kind of manifest holds the cache at 127.0.0.1:5000/app:cache");
  EXPECT_THAT(finding.expected, ElementsAre("image"));
  EXPECT_THAT(finding.observed, ElementsAre("index"));
  round.caches[0].shape = evidence::CacheShape::image_manifest;
  EXPECT_TRUE(green(claimed(index, Manifest::image), round));
  EXPECT_THAT(red(claimed(index, Manifest::index), round).observed, ElementsAre("image"));
}

/// Two imports were asked for, and the second one failed.
RoundEvidence imported_halfway() {
  auto round = seen();
  round.record.imports = {{"r/app:cache", ""}, {"r/lib:cache", "r/lib:cache: not found"}};
  return round;
}

TEST(Imported, OkIsThatEveryImportSucceeded) {
  auto round = imported_halfway();
  const auto finding = red(imported({}), round);
  EXPECT_EQ(finding.expectation, "imported");
  EXPECT_EQ(finding.spot, at(k_claim_line));
  EXPECT_EQ(finding.summary, "a cache import failed");
  EXPECT_THAT(finding.expected, ElementsAre("ok"));
  EXPECT_THAT(finding.observed, ElementsAre("r/app:cache: ok", "r/lib:cache: r/lib:cache: not found"));
  round.record.imports.pop_back();
  EXPECT_TRUE(green(imported({}), round));
}

TEST(Imported, AnErrorIsARegexForThatOfOneImport) {
  auto round = imported_halfway();
  EXPECT_TRUE(green(imported("lib.*not found$"), round));
  const auto finding = red(imported("refused"), round);
  EXPECT_EQ(finding.summary, "a cache import failed, but in another way");
  EXPECT_THAT(finding.expected, ElementsAre("error: refused"));
  round.record.imports.pop_back();
  EXPECT_EQ(red(imported(""), round).summary, "every cache import succeeded, but one should fail");
  EXPECT_EQ(red(imported("(open"), round).summary, "`error` is no regular expression");
}

TEST(Imported, IsRedWhereNothingWasImported) {
  EXPECT_EQ(red(imported({})).summary, "this build imported no cache");
  EXPECT_EQ(red(imported("not found")).summary, "this build imported no cache");
}

TEST(Imports, ThatFailedAreNotes) {
  auto round = seen();
  round.record.imports = {{"r/a:cache", ""}, {"r/b:cache", "not found"}};
  const auto judgement = judged(rebuilt({"app 3"}), round);
  EXPECT_EQ(judgement.verdict, Verdict::passed);
  EXPECT_THAT(judgement.notes, ElementsAre("the cache import of r/b:cache failed: not found"));
}

} // namespace
} // namespace cacheproof::judge
