#include "oci/cache.hpp"
#include "oci/fake_registry.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

namespace cacheproof::oci {
namespace {

using evidence::CacheShape;

/// Documents that a daemon of that version left in a registry: `mode=max` of three COPY steps in two stages.
std::string golden(const std::string& version, const std::string& name) {
  return *util::read_text(std::string(CACHEPROOF_SOURCE_DIR) + "/tests/oci/golden/" + version + "/" + name);
}

evidence::CacheContents read_back(const std::string& type, const std::string& manifest, const std::string& config) {
  FakeRegistry registry;
  registry.manifests["app/manifests/cache"] = {type, manifest};
  registry.blobs[util::sha256_digest(config)] = config;
  RegistryClient client(registry.address());
  auto contents = read_cache(client, registry.address() + "/app:cache");
  EXPECT_TRUE(contents) << util::to_text(contents.error());
  return contents.value_or(evidence::CacheContents{});
}

constexpr auto k_index = "application/vnd.oci.image.index.v1+json";
constexpr auto k_image = "application/vnd.oci.image.manifest.v1+json";

TEST(Cache, IsReadFromAnIndex) {
  for (const auto* version : {"v0.11.6", "v0.17.3"}) {
    const auto manifest = golden(version, "cache_manifest.json");
    const auto contents = read_back(k_index, manifest, golden(version, "cache_config.json"));
    EXPECT_EQ(contents.shape, CacheShape::index) << version;
    EXPECT_EQ(contents.digest, util::sha256_digest(manifest)) << version;
    EXPECT_EQ(contents.media_type, k_index) << version;
    EXPECT_EQ(contents.layers.size(), 3U) << version;
    EXPECT_EQ(contents.records, 5U) << version;
  }
}

TEST(Cache, IsReadFromAnImageManifest) {
  const auto contents =
      read_back(k_image, golden("v0.34.2", "cache_manifest.json"), golden("v0.34.2", "cache_config.json"));
  EXPECT_EQ(contents.shape, CacheShape::image_manifest);
  EXPECT_EQ(contents.layers.size(), 3U);
  EXPECT_EQ(contents.records, 5U);
  EXPECT_GT(contents.layers.at(0).bytes, 0U);
}

TEST(Cache, CountsABlobThatIsListedTwiceOnce) {
  const std::string layer = R"({"mediaType":"t","digest":"sha256:aa","size":3})";
  const std::string config = R"({"records":[{},{}]})";
  const auto contents = read_back(k_image,
                                  R"({"config":{"mediaType":"application/vnd.buildkit.cacheconfig.v0","digest":")"
                                      + util::sha256_digest(config) + R"("},"layers":[)" + layer + "," + layer + "]}",
                                  config);
  EXPECT_EQ(contents.layers, (std::vector<evidence::CacheLayer>{{"sha256:aa", 3}}));
  EXPECT_EQ(contents.records, 2U);
}

TEST(Cache, SaysThatATagIsAbsent) {
  const FakeRegistry registry;
  RegistryClient client(registry.address());
  const auto contents = read_cache(client, registry.address() + "/app:other");
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->shape, CacheShape::absent);
}

TEST(Cache, SaysThatAnOrdinaryImageIsNone) {
  EXPECT_EQ(read_back(k_image, golden("v0.11.6", "image_manifest.json"), "{}").shape, CacheShape::not_a_cache);
  EXPECT_EQ(read_back(k_image, golden("v0.34.2", "image_manifest.json"), "{}").shape, CacheShape::not_a_cache);
}

TEST(Cache, SaysThatAnEmptyIndexIsNone) {
  EXPECT_EQ(read_back(k_index, R"({"schemaVersion":2,"manifests":[]})", "{}").shape, CacheShape::not_a_cache);
}

TEST(Cache, RefusesDocumentsThatCannotBeRead) {
  FakeRegistry registry;
  RegistryClient client(registry.address());
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  for (const auto& text : {std::string("no json"), R"({"manifests":)" + deep + "}"}) {
    registry.manifests["app/manifests/cache"] = {k_index, text};
    EXPECT_FALSE(read_cache(client, registry.address() + "/app:cache"));
  }
}

TEST(CacheFolder, IsReadAsARegistrysCacheIs) {
  const auto folder = util::TempDir::create().value();
  const auto write = [&](const std::string& text) {
    const auto digest = util::sha256_digest(text);
    EXPECT_TRUE(util::make_directories(folder.path() / "blobs/sha256"));
    EXPECT_TRUE(util::write_text(folder.path() / "blobs/sha256" / digest.substr(7), text));
    return digest;
  };
  EXPECT_EQ(read_cache_folder(folder.path(), "latest")->shape, evidence::CacheShape::absent);
  const auto config = write(R"({"layers":[],"records":[{},{}]})");
  const auto manifest = write(R"({"config":{"mediaType":"application/vnd.buildkit.cacheconfig.v0","digest":")" + config
                              + R"("},"layers":[{"mediaType":"x","digest":"sha256:aa","size":3}]})");
  ASSERT_TRUE(util::write_text(folder.path() / "index.json",
                               R"({"manifests":[{"mediaType":"m","digest":")" + manifest
                                   + R"(","annotations":{"org.opencontainers.image.ref.name":"latest"}}]})"));
  const auto contents = read_cache_folder(folder.path(), "latest");
  ASSERT_TRUE(contents) << util::to_text(contents.error());
  EXPECT_EQ(*contents,
            (evidence::CacheContents{
                folder.path().string(), evidence::CacheShape::image_manifest, manifest, "m", {{"sha256:aa", 3}}, 2}));
  EXPECT_EQ(read_cache_folder(folder.path(), "other")->shape, evidence::CacheShape::absent);
}

} // namespace
} // namespace cacheproof::oci
