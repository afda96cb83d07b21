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
                    + ", linux-other: x}}\n    v0.9.3: {sha256: {linux-other: x}}\n    v0.8.0: {}\n",
                Kind::buildkit);
  EXPECT_EQ(pins.standard, "v0.9.3");
  EXPECT_THAT(pins.versions, ElementsAre("v0.8.0", "v0.9.3", "v0.10.0"));
  EXPECT_THAT(pins.digests, ElementsAre(std::pair("v0.10.0", "sha256:" + k_digest)));
}

TEST(Pins, OfTheProgramAreWhole) {
  for (const auto kind : k_kinds) {
    EXPECT_THAT(pinned(kind), testing::Contains(default_version(kind)));
    for (const auto& [version, digest] : read_pins(k_versions_yaml, kind).digests)
      EXPECT_THAT(digest, testing::MatchesRegex("sha256:[0-9a-f]{64}")) << version;
  }
}

class ToolchainRecord : public ToolchainTest {};

TEST_F(ToolchainRecord, AReleaseFileMustBeTheOneThatIsPinnedNow) {
  const auto kit = install_with(false);
  ASSERT_TRUE(kit);
  auto record = read_record(folder_of(Kind::buildkit, "v0.34.2")).value().value();
  EXPECT_EQ(record.from, k_from_release);
  EXPECT_TRUE(compare(*kit, record, record.origin.digest, Depth::contents));
  const auto other = compare(*kit, record, "sha256:" + k_digest, Depth::sizes);
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().what, HasSubstr("it comes from a release file with the digest " + record.origin.digest));
  record.from = "container image";
  EXPECT_TRUE(compare(*kit, record, "sha256:" + k_digest, Depth::sizes)) << "another file";
}

} // namespace
} // namespace cacheproof::toolchain
