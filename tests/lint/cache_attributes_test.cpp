#include "lint/cache_attributes.hpp"
#include "util/diagnostic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::lint {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

/// What is said of an entry that stands alone in its line, each as `message: hint`.
std::vector<std::string> said(const std::string& entry, Direction direction = Direction::export_to) {
  std::vector<std::string> all;
  for (const auto& one : check_cache_entry({entry, {"s.yaml", 1, 1}}, entry, direction, {entry}))
    all.push_back(one.message + ": " + one.hint);
  return all;
}

TEST(CacheAttributes, TheTypoOfTheIssueIsShownUnderItsCaret) {
  const std::string line = "  cache_to: [\"type=registry,ref=${registry}/app:cache,mod=max\"]";
  const auto found = check_cache_entry({"type=registry,ref=${registry}/app:cache,mod=max", {"s.yaml", 1, 15}},
                                       "type=registry,ref=${registry}/app:cache,mod=max",
                                       Direction::export_to,
                                       {line});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(util::to_text(found[0]),
            "s.yaml:1:55: warning[CP0102]: unknown cache attribute 'mod', BuildKit ignores it silently "
            "(moby/buildkit#1515): did you mean "
            "'mode'?\n"
            "    1 | "
                + line
                + "\n"
                  "      |                                                       ^~~~~~~\n");
}

TEST(CacheAttributes, AFieldThatCameFromAVariableIsShownUnderTheWholeEntry) {
  const auto found = check_cache_entry({"type=registry,ref=r,${mode}", {"s.yaml", 1, 3}},
                                       "type=registry,ref=r,mod=max",
                                       Direction::export_to,
                                       {"- type=registry,ref=r,${mode}"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].spot, (util::SourceSpot{"s.yaml", 1, 3}));
  EXPECT_EQ(found[0].width, 27);
}

TEST(CacheAttributes, GoodEntriesHaveNothingToSay) {
  for (const char* entry : {"type=registry,ref=r/a:b,mode=max",
                            "type=registry,ref=r/a:b,mode=min,image-manifest=true,oci-mediatypes=true",
                            "type=registry,ref=r/a:b,compression=zstd,compression-level=3,force-compression=true",
                            "type=registry,ref=r/a:b,ignore-error=true",
                            "type=inline",
                            "type=local,dest=/x,mode=max",
                            "type=gha,scope=x",
                            "r/a:b"})
    EXPECT_THAT(said(entry), IsEmpty()) << entry;
  for (const char* entry : {"type=registry,ref=r/a:b", "type=local,src=/x", "r/a:b"})
    EXPECT_THAT(said(entry, Direction::import_from), IsEmpty()) << entry;
}

TEST(CacheAttributes, AnUnknownModeIsTakenForMin) {
  EXPECT_THAT(said("type=registry,ref=r,mode=MAX"),
              ElementsAre("unknown cache mode 'MAX', BuildKit takes it for 'min' silently, as without a mode in "
                          "moby/buildkit#1515: did you mean 'max'?"));
}

TEST(CacheAttributes, NamesOfTheOtherDirectionAreUnknown) {
  EXPECT_THAT(
      said("type=registry,ref=r,mode=max", Direction::import_from),
      ElementsAre(
          "unknown cache attribute 'mode', BuildKit ignores it silently (moby/buildkit#1515): known here: type, ref, "
          "registry.insecure"));
}

TEST(CacheAttributes, AnUnknownTypeIsNamed) {
  EXPECT_THAT(said("type=regsitry,ref=r"),
              ElementsAre("unknown cache type 'regsitry' (docker/bake-action#306): did you mean 'registry'?"));
}

TEST(CacheAttributes, WhatBuildKitRefusesIsNamed) {
  EXPECT_THAT(
      said("type=registry,ref"),
      ElementsAre("BuildKit's clients refuse this entry (see docker/buildx#2942 for another): 'ref' has no value"));
  EXPECT_THAT(
      said("type=registry,\"ref=r"),
      ElementsAre("BuildKit's clients refuse this entry (see docker/buildx#2942 for another): a quote is not closed"));
}

TEST(CacheEntries, AreReadAsBuildKitReadsThem) {
  EXPECT_THAT(*parse_cache_entry("TYPE=registry,\"ref=a,b\",Mode=MAX"),
              ElementsAre(Pair("type", "registry"), Pair("ref", "a,b"), Pair("mode", "MAX")));
  EXPECT_THAT(*parse_cache_entry("r/a:b"), ElementsAre(Pair("type", "registry"), Pair("ref", "r/a:b")));
}

TEST(CacheEntries, OnlyARegistryHasARegistryRef) {
  EXPECT_EQ(registry_ref("type=registry,ref=r/a:b,mod=max"), "r/a:b");
  EXPECT_EQ(registry_ref("r/a:b"), "r/a:b");
  EXPECT_EQ(registry_ref("type=local,dest=/x"), "");
  EXPECT_EQ(registry_ref("type=inline"), "");
  EXPECT_EQ(registry_ref("type=registry,ref"), "");
}

TEST(CacheAttributes, AModeOfAnInlineCacheIsNone) {
  EXPECT_THAT(
      said("type=inline,mode=max"),
      ElementsAre("an inline cache has no mode: it holds the layers of the image, as with 'min': for all layers "
                  "export to a registry (docker/buildx#576)"));
  EXPECT_THAT(said("type=inline"), IsEmpty());
  EXPECT_THAT(said("type=inline,mode=min"), IsEmpty());
}

} // namespace
} // namespace cacheproof::lint
