#include "oci/reference.hpp"

#include <gtest/gtest.h>

namespace cacheproof::oci {
namespace {

TEST(Reference, IsCompletedAsDockerDoes) {
  EXPECT_EQ(parse_reference("alpine"), (Reference{"docker.io", "library/alpine", "latest", ""}));
  EXPECT_EQ(parse_reference("acme/app:1"), (Reference{"docker.io", "acme/app", "1", ""}));
  EXPECT_EQ(parse_reference("docker.io/alpine:3"), (Reference{"docker.io", "library/alpine", "3", ""}));
  EXPECT_EQ(parse_reference("ghcr.io/a/b:1"), (Reference{"ghcr.io", "a/b", "1", ""}));
  EXPECT_EQ(parse_reference("127.0.0.1:5000/x"), (Reference{"127.0.0.1:5000", "x", "latest", ""}));
  EXPECT_EQ(parse_reference("localhost/x"), (Reference{"localhost", "x", "latest", ""}));
}

TEST(Reference, KeepsADigest) {
  const auto digest = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(parse_reference("alpine@" + digest), (Reference{"docker.io", "library/alpine", "", digest}));
  EXPECT_EQ(parse_reference("alpine:3@" + digest), (Reference{"docker.io", "library/alpine", "3", digest}));
}

TEST(Reference, IsWrittenInFull) {
  EXPECT_EQ(to_text(*parse_reference("alpine")), "docker.io/library/alpine:latest");
}

TEST(Reference, RefusesWhatNoRegistryCouldHave) {
  const std::string longer(1'000'000, 'a');
  for (const auto& text : std::vector<std::string>{"",
                                                   "Alpine",
                                                   "a//b",
                                                   "a:",
                                                   "a:b=c",
                                                   "a@sha256:12",
                                                   "a b",
                                                   "../x",
                                                   "ghcr.io/",
                                                   longer,
                                                   longer + ".io/a",
                                                   std::string(256, 'a')}) {
    const auto parsed = parse_reference(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().blame, util::Blame::input);
  }
  EXPECT_EQ(parse_reference("h.io/" + std::string(255, 'a'))->repository.size(), 255U);
}

} // namespace
} // namespace cacheproof::oci
