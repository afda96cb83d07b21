#include "oci/cache.hpp"
#include "oci/change.hpp"
#include "oci/fake_registry.hpp"
#include "oci/real_registry.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

namespace cacheproof::oci {
namespace {

/// Deletes by a real registry, as a sandbox's is set up: what it says must be true afterwards.
class RegistryChange : public testing::Test {
protected:
  void SetUp() override {
    registry_ = RealRegistry::start({{"REGISTRY_STORAGE_DELETE_ENABLED", "true"}});
    if (!registry_) GTEST_SKIP() << "needs docker-registry";
    client_.emplace(registry_->address());
    ASSERT_TRUE(push(*client_, "app", "cache", image_));
  }
  Reference ref(const std::string& name) { return parse_reference(registry_->address() + "/" + name).value(); }
  template <class Result> static std::string why(const Result& result) { return result ? "" : result.error().what; }

  const Image image_ = image_of({{.path = "a", .content = "content"}});
  std::unique_ptr<RealRegistry> registry_;
  std::optional<RegistryClient> client_;
};

TEST_F(RegistryChange, TakesATagOutUnlessAnotherWouldGoWithIt) {
  ASSERT_TRUE(push(*client_, "app", "twin", image_));
  const auto place = registry_->address() + "/app:";
  EXPECT_EQ(why(delete_tag(*client_, ref("app:cache"))), place + "cache is tagged 'twin' too, and both tags would go");
  ASSERT_TRUE(push(*client_, "app", "twin", image_of({{.path = "b", .content = "other"}})));
  EXPECT_EQ(delete_tag(*client_, ref("app:cache")).value_or(""), util::sha256_digest(image_.manifest));
  EXPECT_FALSE(client_->manifest("app", "cache").value());
  EXPECT_TRUE(client_->manifest("app", "twin").value());
  EXPECT_EQ(why(delete_tag(*client_, ref("app:cache"))), "there is nothing at " + place + "cache");
}

TEST_F(RegistryChange, TakesABlobOutOfARepository) {
  const auto layer = util::sha256_digest(image_.layer);
  EXPECT_EQ(why(delete_blob(*client_, ref("app:cache"), Part::layer, 2)),
            registry_->address() + "/app:cache has no layer 2, but 1");
  EXPECT_EQ(delete_blob(*client_, ref("app:cache"), Part::layer, 1).value_or(""), layer);
  EXPECT_FALSE(client_->has_blob("app", layer).value());
  EXPECT_EQ(why(delete_blob(*client_, ref("app:cache"), Part::layer, 1)), layer + " is not in app any more");
  EXPECT_EQ(delete_blob(*client_, ref("app:cache"), Part::config, 0).value_or(""), util::sha256_digest(image_.config));
  EXPECT_EQ(delete_blob(*client_, ref("app:cache"), Part::manifest, 0).value_or(""),
            util::sha256_digest(image_.manifest));
  EXPECT_FALSE(client_->manifest("app", "cache").value());
}

TEST_F(RegistryChange, CopiesAManifestWithItsBlobs) {
  const auto other = RealRegistry::open();
  ASSERT_TRUE(other);
  RegistryClient there(other->address());
  const auto destination = parse_reference(other->address() + "/copied/app:cache").value();
  EXPECT_EQ(copy(*client_, ref("app:cache"), there, destination).value_or(""), util::sha256_digest(image_.manifest));
  EXPECT_EQ(there.blob("copied/app", util::sha256_digest(image_.layer), 1 << 20).value_or(""), image_.layer);
  EXPECT_EQ(why(copy(*client_, ref("app:cache"), there, destination)),
            other->address() + "/copied/app:cache holds the same already");
  ASSERT_TRUE(delete_blob(*client_, ref("app:cache"), Part::layer, 1));
  EXPECT_EQ(why(copy(*client_, ref("app:cache"), there, parse_reference(other->address() + "/b:c").value())),
            registry_->address() + "/app:cache lacks " + util::sha256_digest(image_.layer));
}

TEST(CacheFolder, LosesTheBlobThatIsNamed) {
  const auto folder = util::TempDir::create().value();
  const auto why = [&](Part part, std::size_t layer) {
    const auto deleted = delete_blob(folder.path(), "latest", part, layer);
    return deleted ? *deleted : deleted.error().what;
  };
  const auto blobs = folder.path() / "blobs/sha256";
  ASSERT_TRUE(util::make_directories(blobs));
  EXPECT_EQ(why(Part::layer, 1), "there is no cache 'latest' in " + folder.path().string());
  ASSERT_TRUE(util::write_text(folder.path() / "index.json",
                               R"({"manifests":[{"digest":"sha256:m","annotations":)"
                               R"({"org.opencontainers.image.ref.name":"latest"}}]})"));
  ASSERT_TRUE(util::write_text(blobs / "m",
                               R"({"config":{"digest":"sha256:c"},"layers":[{"digest":"sha256:a"},)"
                               R"({"digest":"sha256:b"},{"digest":"sha256:../../m"}]})"));
  for (const auto* name : {"a", "b", "c"}) ASSERT_TRUE(util::write_text(blobs / name, name));
  EXPECT_EQ(why(Part::layer, 2), "sha256:b");
  EXPECT_EQ(why(Part::layer, 2), "sha256:b is not in " + folder.path().string() + " any more");
  EXPECT_EQ(why(Part::layer, 4), folder.path().string() + " has no layer 4, but 3");
  EXPECT_EQ(why(Part::layer, 3), "'sha256:../../m' is no digest");
  EXPECT_TRUE(std::filesystem::exists(blobs / "a"));
  EXPECT_EQ(why(Part::config, 0), "sha256:c");
  EXPECT_EQ(why(Part::manifest, 0), "sha256:m");
  EXPECT_FALSE(std::filesystem::exists(blobs / "m"));
}

// A proxy in between, or another registry than the sandbox's: it says that it did what it was asked, and did not.
TEST(RegistryThatOnlySaysSo, IsATroubleOfTheRig) {
  const auto image = image_of({{.path = "a", .content = "content"}});
  FakeRegistry registry;
  RegistryClient client(registry.address());
  ASSERT_TRUE(push(client, "app", "cache", image));
  registry.spoil = [](const http::Received& received) -> std::optional<http::Answer> {
    if (received.target.ends_with("/tags/list?n=100")) return http::Answer{.body = R"({"tags":["cache"]})"};
    if (received.method == "DELETE") return http::Answer{.status = 202};
    if (received.method == "PUT" && received.target.find("/manifests/") != std::string::npos)
      return http::Answer{.status = 201};
    return {};
  };
  const auto ref = [&](const std::string& name) { return parse_reference(registry.address() + "/" + name).value(); };
  const auto trouble = [](const auto& result) {
    EXPECT_EQ(result ? util::Blame::input : result.error().blame, util::Blame::rig);
    return result ? "" : result.error().what;
  };
  EXPECT_EQ(trouble(delete_tag(client, ref("app:cache"))), "the registry still serves cache of app");
  EXPECT_EQ(trouble(delete_blob(client, ref("app:cache"), Part::manifest, 0)),
            "the registry still serves cache of app");
  const auto layer = util::sha256_digest(image.layer);
  EXPECT_EQ(trouble(delete_blob(client, ref("app:cache"), Part::layer, 1)),
            "the registry still serves " + layer + " of app");
  EXPECT_EQ(trouble(copy(client, ref("app:cache"), client, ref("app:copy"))),
            registry.address() + "/app:copy does not hold what was copied to it");
}

} // namespace
} // namespace cacheproof::oci
