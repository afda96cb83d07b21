#include "oci/fake_registry.hpp"
#include "oci/registry_client.hpp"

#include <gtest/gtest.h>

namespace cacheproof::oci {
namespace {

TEST(RegistryClient, FindsARegistryThatAnswers) {
  std::string address;
  {
    const FakeRegistry registry;
    address = registry.address();
    EXPECT_TRUE(RegistryClient(address).ping());
  }
  EXPECT_FALSE(RegistryClient(address).ping());
}

TEST(RegistryClient, ReadsEveryPageOfTheCatalogue) {
  const FakeRegistry registry;
  EXPECT_EQ(RegistryClient(registry.address()).catalogue(), (std::vector<std::string>{"a", "b"}));
}

TEST(RegistryClient, ReadsEveryPageOfTheTagsAndTakesNoOtherAnswerForNone) {
  FakeRegistry registry;
  registry.spoil = [](const http::Received& received) -> std::optional<http::Answer> {
    if (received.target == "/v2/app/tags/list?n=100&last=b") return http::Answer{.body = R"({"tags":["a"]})"};
    if (received.target.starts_with("/v2/app/tags/list"))
      return http::Answer{.headers = {{"Link", "</v2/app/tags/list?n=100&last=b>; rel=\"next\""}},
                          .body = R"({"tags":["b"]})"};
    return http::Answer{.body = "<html>"};
  };
  RegistryClient client(registry.address());
  EXPECT_EQ(client.tags("app"), (std::vector<std::string>{"a", "b"}));
  const auto other = client.tags("other");
  EXPECT_EQ(other ? "read" : other.error().what, "the registry's list of tags cannot be read");
}

TEST(RegistryClient, ReadsBackWhatItPut) {
  const FakeRegistry registry;
  RegistryClient client(registry.address());
  ASSERT_TRUE(client.put_manifest("app", "1", "application/x", "{}"));
  const auto manifest = client.manifest("app", "1");
  ASSERT_TRUE(manifest && *manifest);
  EXPECT_EQ((*manifest)->media_type, "application/x");
  EXPECT_EQ((*manifest)->body, "{}");
  EXPECT_EQ((*manifest)->digest, util::sha256_digest("{}"));

  const auto digest = util::sha256_digest("content");
  ASSERT_TRUE(client.put_blob("app", digest, "content"));
  EXPECT_EQ(client.blob("app", digest, 100), "content");
}

TEST(RegistryClient, HasNothingForATagThatIsNotThere) {
  const FakeRegistry registry;
  const auto manifest = RegistryClient(registry.address()).manifest("app", "1");
  ASSERT_TRUE(manifest);
  EXPECT_FALSE(*manifest);
}

TEST(RegistryClient, SendsABlobOnlyOnce) {
  const FakeRegistry registry;
  RegistryClient client(registry.address());
  const auto digest = util::sha256_digest("content");
  ASSERT_TRUE(client.put_blob("app", digest, "content"));
  ASSERT_TRUE(client.put_blob("app", digest, "content"));
  EXPECT_EQ(registry.uploads, 1);
}

TEST(RegistryClient, RefusesContentThatIsNotWhatItsDigestSays) {
  FakeRegistry registry;
  const auto digest = util::sha256_digest("content");
  registry.blobs[digest] = "corrupt";
  registry.manifests["app/manifests/" + digest] = {"application/x", "corrupt"};
  RegistryClient client(registry.address());
  EXPECT_FALSE(client.blob("app", digest, 100));
  EXPECT_FALSE(client.manifest("app", digest));
}

TEST(RegistryClient, RefusesABlobOverTheLimit) {
  FakeRegistry registry;
  const auto digest = util::sha256_digest("content");
  registry.blobs[digest] = "content";
  EXPECT_FALSE(RegistryClient(registry.address()).blob("app", digest, 6));
}

} // namespace
} // namespace cacheproof::oci
