#include "toolchain/fixture.hpp"
#include "toolchain/pins.hpp"
#include "toolchain/record.hpp"
#include "toolchain/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::toolchain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string k_digest(64, 'a');

TEST(Pins, AreReadInOrderWithTheDigestsForThisMachine) {
  const auto here = fill_in("linux-{arch}", "");
  const auto pins =
      read_pins("buildkit:\n  default: v0.9.3\n  versions:\n    v0.10.0: {sha256: {" + here + ": " + k_digest
                    + ", linux-other: x}}\n    v0.9.3: {module: h1:x=, sha256: {linux-other: x}}\n    v0.8.0: {}\n",
                Kind::buildkit);
  EXPECT_EQ(pins.standard, "v0.9.3");
  EXPECT_THAT(pins.versions, ElementsAre("v0.8.0", "v0.9.3", "v0.10.0"));
  EXPECT_EQ(pins.digests.at("v0.10.0").release, "sha256:" + k_digest);
  EXPECT_EQ(pins.digests.at("v0.10.0").module, "");
  EXPECT_EQ(pins.digests.at("v0.9.3").release, "");
  EXPECT_EQ(pins.digests.at("v0.9.3").module, "h1:x=");
}

TEST(Pins, HaveGroupsOfWhichOneIsAll) {
  const auto pins = read_pins("buildx:\n  default: v0.9.0\n  versions:\n    v0.10.0: {groups: [smoke, nightly]}\n"
                              "    v0.9.0: {groups: [nightly]}\n    v0.8.0: {}\n",
                              Kind::buildx);
  EXPECT_THAT(pins.groups.at("smoke"), ElementsAre("v0.10.0"));
  EXPECT_THAT(pins.groups.at("nightly"), ElementsAre("v0.9.0", "v0.10.0"));
  EXPECT_THAT(pins.groups.at("all"), ElementsAre("v0.8.0", "v0.9.0", "v0.10.0"));
}

TEST(Pins, SayWhatASourceHasOnAPlatform) {
  const auto pins = read_pins("docker:\n  default: v1.0.0\n  sources:\n"
                              "    deb: {debian-12: {since: v1.2.0, until: v1.4.0}, debian-13: {since: v2.0.0}}\n"
                              "    module: {any: {until: v1.3.0}, linux-amd64: {since: v1.1.0}}\n"
                              "  versions: {v1.0.0: {}}\n",
                              Kind::docker);
  const auto why = [&](const char* source, const char* version) {
    return out_of_bounds(pins, source, version, {"any", "linux-amd64", "debian-12"}).value_or("");
  };
  EXPECT_EQ(why("deb", "v1.2.0-rc.1"), "on debian-12 it has none before v1.2.0");
  EXPECT_EQ(why("deb", "v1.2.0"), "");
  EXPECT_EQ(why("deb", "v1.4.0"), "");
  EXPECT_EQ(why("deb", "v1.4.1"), "on debian-12 it has none after v1.4.0");
  EXPECT_EQ(why("module", "v1.0.0"), "on linux-amd64 it has none before v1.1.0");
  EXPECT_EQ(why("module", "v1.4.0"), "it has none after v1.3.0");
  EXPECT_EQ(why("release", "v0.1.0"), "") << "of which nobody says anything";
}

TEST(Pins, OfWhatEveryChangeIsTestedWithHaveTheDefaultsAndArePlayedAtNightToo) {
  for (const auto kind : k_kinds) {
    const auto smoke = in_group(kind, k_smoke);
    EXPECT_THAT(smoke, testing::Contains(default_version(kind)));
    EXPECT_THAT(in_group(kind, "nightly"), testing::IsSupersetOf(smoke));
    EXPECT_EQ(in_group(kind, k_all), pinned(kind));
  }
  EXPECT_THAT(in_group(Kind::buildkit, "nobody"), testing::IsEmpty());
}

TEST(Pins, OfTheProgramAreWhole) {
  for (const auto kind : k_kinds) {
    EXPECT_THAT(pinned(kind), testing::Contains(default_version(kind)));
    for (const auto& [version, digests] : read_pins(k_versions_yaml, kind).digests) {
      EXPECT_THAT(digests.release, testing::MatchesRegex("(sha256:[0-9a-f]{64})?")) << version;
      // Debian's engine is apt's to verify, and no module.
      if (kind == Kind::docker && version == "v20.10.24") continue;
      EXPECT_THAT(digests.module, testing::MatchesRegex("h1:[A-Za-z0-9+/]{43}=")) << version;
    }
  }
  for (const auto& version : pinned(Kind::frontend))
    EXPECT_EQ(pinned_digests(Kind::frontend, version).module, pinned_digests(Kind::buildkit, version).module);
}

class ToolchainRecord : public ToolchainTest {};

TEST_F(ToolchainRecord, AReleaseFileMustBeTheOneThatIsPinnedNow) {
  const auto kit = install_with(false);
  ASSERT_TRUE(kit);
  auto record = read_record(folder_of(Kind::buildkit, "v0.34.2")).value().value();
  EXPECT_EQ(record.from, k_from_release);
  EXPECT_TRUE(compare(*kit, record, {.release = record.origin.digest, .module = "h1:x"}, Depth::contents));
  const auto other = compare(*kit, record, {.release = "sha256:" + k_digest, .module = {}}, Depth::changes);
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().what, HasSubstr("it comes from a release with the digest " + record.origin.digest));
  record.from = "container image";
  EXPECT_TRUE(compare(*kit, record, {.release = "sha256:" + k_digest, .module = {}}, Depth::changes)) << "another file";
}

TEST_F(ToolchainRecord, AModuleMustBeTheOneThatIsPinnedNow) {
  const auto kit = install_with(false);
  ASSERT_TRUE(kit);
  auto record = read_record(folder_of(Kind::buildkit, "v0.34.2")).value().value();
  record.from = k_from_module;
  record.origin.digest = "h1:this";
  EXPECT_TRUE(compare(*kit, record, {.release = "sha256:" + k_digest, .module = "h1:this"}, Depth::changes));
  const auto other = compare(*kit, record, {.release = {}, .module = "h1:other"}, Depth::changes);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().what,
            "it comes from a Go module with the digest h1:this, and docker/versions.yaml has h1:other");
  record.origin.digest.clear();
  EXPECT_TRUE(compare(*kit, record, {.release = {}, .module = "h1:other"}, Depth::changes)) << "recorded without one";
}

} // namespace
} // namespace cacheproof::toolchain
