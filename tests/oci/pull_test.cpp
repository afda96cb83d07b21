#include "oci/fake_registry.hpp"
#include "oci/platform.hpp"
#include "oci/pull.hpp"
#include "oci/tar_support.hpp"
#include "util/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace cacheproof::oci {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

constexpr const char* k_layer_type = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr const char* k_manifest_type = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* k_index_type = "application/vnd.oci.image.index.v1+json";

/// A registry with an image `app:1` of layers that the test gives.
class ImagePull : public testing::Test {
protected:
  std::string put(const std::string& name, const std::string& type, const json& document) {
    const auto text = document.dump();
    auto digest = util::sha256_digest(text);
    for (const auto& reference : {name, digest})
      if (!reference.empty()) registry_.manifests["app/manifests/" + reference] = {type, text};
    return digest;
  }
  json manifest(const std::vector<std::string>& layers) {
    json descriptors = json::array();
    for (const auto& layer : layers) {
      const auto digest = util::sha256_digest(layer);
      registry_.blobs[digest] = layer;
      descriptors.push_back({{"mediaType", k_layer_type}, {"digest", digest}, {"size", layer.size()}});
    }
    return {{"schemaVersion", 2}, {"layers", descriptors}};
  }
  util::Result<std::string> pull(const std::vector<std::string>& files, std::uint64_t limit = 1 << 20) {
    RegistryClient client(Endpoint{.url = "http://" + registry_.address(), .credentials = {}, .attempts = attempts_});
    return pull_files(client, {"app", "1", files, folder_.path() / "into", limit});
  }
  void expect_failure(const std::string& words, const std::vector<std::string>& files = {"bin/x"}) {
    const auto pulled = pull(files);
    ASSERT_FALSE(pulled);
    EXPECT_THAT(util::to_text(pulled.error()), HasSubstr(words));
  }
  std::string text(const std::string& name) { return util::read_text(folder_.path() / "into" / name).value_or("none"); }
  std::vector<std::string> everything() {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path()))
      names.push_back(fs::relative(entry.path(), folder_.path()));
    std::sort(names.begin(), names.end());
    return names;
  }

  void SetUp() override { fs::create_directories(folder_.path() / "into"); }
  FakeRegistry registry_;
  int attempts_ = 1;
  util::TempDir folder_ = std::move(*util::TempDir::create());
};

TEST_F(ImagePull, TakesTheFilesAndNothingElse) {
  const auto digest = put("1",
                          k_manifest_type,
                          manifest({tar({{"bin/x", "old"}, {"bin/y", "y"}, {"etc/passwd", "root"}}),
                                    tar({{"bin/x", "new"}}, Packing::zstd),
                                    tar({{"other", "o"}}, Packing::none)}));
  const auto pulled = pull({"bin/x", "bin/y"});
  ASSERT_TRUE(pulled) << util::to_text(pulled.error());
  EXPECT_EQ(*pulled, digest);
  EXPECT_EQ(text("x"), "new");
  EXPECT_EQ(text("y"), "y");
  EXPECT_EQ(everything(), (std::vector<std::string>{"into", "into/x", "into/y"}));
  EXPECT_EQ(fs::status(folder_.path() / "into" / "x").permissions(), fs::perms(0755));
}

TEST_F(ImagePull, TakesTheEntryOfThisMachine) {
  const auto own = put("", k_manifest_type, manifest({tar({{"bin/x", "mine"}})}));
  const auto other = put("", k_manifest_type, manifest({tar({{"bin/x", "other"}})}));
  const auto entry = [](const std::string& digest, const std::string& os, const std::string& architecture) {
    return json{{"digest", digest}, {"platform", {{"os", os}, {"architecture", architecture}}}};
  };
  const auto index = put("1",
                         k_index_type,
                         {{"manifests",
                           {entry(other, "unknown", "unknown"),
                            entry(other, "windows", architecture()),
                            entry(other, "linux", "s390x"),
                            entry(own, "linux", architecture())}}});
  EXPECT_EQ(pull({"bin/x"}), index);
  EXPECT_EQ(text("x"), "mine");

  put("1", k_index_type, {{"manifests", {entry(other, "linux", "s390x")}}});
  expect_failure("the image is not there for linux/" + architecture());
}

TEST_F(ImagePull, FollowsLinksAndTakesOneFileUnderTwoNames) {
  put("1",
      k_manifest_type,
      manifest({tar({{"usr/bin/real", "r"},
                     {"bin", "", S_IFLNK, "usr/bin"},
                     {"usr/bin/x", "", S_IFLNK, "/usr/bin/real"},
                     {"usr/bin/y", "", S_IFREG, {}, "usr/bin/real"}})}));
  ASSERT_TRUE(pull({"bin/x", "bin/y"}));
  EXPECT_EQ(text("x") + text("y"), "rr");
}

TEST_F(ImagePull, TakesAFileFromTheFirstPlaceThatHasIt) {
  put("1", k_manifest_type, manifest({tar({{"plugins/docker-x", "plugin"}, {"other/x", "other"}, {"y", "root"}})}));
  RegistryClient client(registry_.address());
  const auto from = [&](const std::vector<std::string>& places, const std::vector<std::string>& files) {
    return pull_files(
        client,
        {.repository = "app", .reference = "1", .files = files, .into = folder_.path() / "into", .places = places});
  };
  ASSERT_TRUE(from({"", "plugins/docker-", "other/"}, {"x", "y"}));
  EXPECT_EQ(text("x") + " " + text("y"), "plugin root");
  EXPECT_EQ(from({"", "bin/"}, {"x"}).error().what, "the image has no file x or bin/x");
}

TEST_F(ImagePull, SaysWhatIsNotThere) {
  expect_failure("the registry has no " + registry_.address() + "/app:1");
  put("1", k_manifest_type, manifest({tar({{"bin/x", "x"}}), tar({{"bin/.wh.x", ""}})}));
  expect_failure("the image has no file bin/x");
  put("1", k_manifest_type, {{"schemaVersion", 1}});
  expect_failure("it is no image");
  put("1", k_manifest_type, {{"layers", {{{"mediaType", "application/x"}, {"digest", "sha256:1"}, {"size", 1}}}}});
  expect_failure("a layer has the type 'application/x'");
}

TEST_F(ImagePull, RefusesAWrongDigestAtEveryLevel) {
  const auto layers = manifest({tar({{"bin/x", "x"}}, Packing::none)});
  const auto own = put("", k_manifest_type, layers);
  put("1",
      k_index_type,
      {{"manifests", {{{"digest", own}, {"platform", {{"os", "linux"}, {"architecture", architecture()}}}}}}});
  ASSERT_TRUE(pull({"bin/x"}));

  registry_.blobs[layers["layers"][0]["digest"]] = tar({{"bin/x", "y"}}, Packing::none);
  expect_failure("was expected");
  registry_.manifests["app/manifests/" + own].second += " ";
  expect_failure("the registry served another manifest");
}

TEST_F(ImagePull, IsNotMisledByHostileLayers) {
  put("1",
      k_manifest_type,
      manifest({tar({{"../escaped", "e"},
                     {"/tmp/../../escaped", "e"},
                     {"bin/x", "x"},
                     {"into", "", S_IFLNK, folder_.path().string()},
                     {"into/escaped", "e"},
                     {"bin/dev", "", S_IFCHR},
                     {"bin/../x", "wrong"}})}));
  ASSERT_TRUE(pull({"bin/x"}));
  EXPECT_EQ(text("x"), "x");
  EXPECT_EQ(everything(), (std::vector<std::string>{"into", "into/x"}));
  expect_failure("the image has no file bin/dev", {"bin/dev"});
}

TEST_F(ImagePull, RefusesABombBeforeItGoesOff) {
  put("1", k_manifest_type, manifest({tar({{"bin/x", "x"}, {"big", std::string(3 << 20, '\0')}})}));
  expect_failure("it unpacks to more than 1048576 bytes");
  put("1", k_manifest_type, manifest({std::string(600'000, 'x'), std::string(600'001, 'y')}));
  expect_failure("its layers have more than 1048576 bytes");
  EXPECT_EQ(everything(), (std::vector<std::string>{"into"}));
}

TEST_F(ImagePull, SaysThatALayerIsNoTar) {
  put("1", k_manifest_type, manifest({"garbage, and not even packed"}));
  expect_failure("it is no tarball");
  const auto whole = tar({{"bin/x", std::string(100'000, 'x')}}, Packing::none);
  put("1", k_manifest_type, manifest({whole.substr(0, 50'000)}));
  expect_failure("it is no tarball");
}

TEST_F(ImagePull, OutlivesARegistryInTrouble) {
  put("1", k_manifest_type, manifest({tar({{"bin/x", "x"}})}));
  int answers = 0;
  registry_.spoil = [&](const http::Received& received) -> std::optional<http::Answer> {
    ++answers;
    if (answers <= 2) return http::Answer{.status = 503};                                             // of the manifest
    if (answers == 4) return http::Answer{.status = 500};                                             // of the HEAD
    if (answers == 6) return http::Answer{.status = 502};                                             // of the layer
    if (answers == 7) return http::Answer{.body = registry_.blobs.begin()->second, .break_after = 9}; // again
    EXPECT_EQ(received.method == "HEAD", answers == 5);
    return {};
  };
  attempts_ = 3;
  const auto pulled = pull({"bin/x"});
  ASSERT_TRUE(pulled) << util::to_text(pulled.error());
  EXPECT_EQ(answers, 8);

  registry_.spoil = [](const http::Received&) { return http::Answer{.status = 429, .body = "too many"}; };
  expect_failure("the registry answered 429");
}

TEST_F(ImagePull, FollowsALayerToAnotherHostWithoutTheLogin) {
  const auto layers = manifest({tar({{"bin/x", "x"}})});
  put("1", k_manifest_type, layers);
  std::mutex mutex;
  std::vector<std::string> seen;
  const auto store = *http::Server::start([&, body = registry_.blobs.begin()->second](const http::Received& received) {
    const std::lock_guard lock(mutex);
    seen.push_back(received.method + received.header("Authorization"));
    return http::Answer{.body = body};
  });
  registry_.spoil = [&](const http::Received& received) -> std::optional<http::Answer> {
    if (received.header("Authorization").empty())
      return http::Answer{.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=x"}}};
    if (received.target.find("/blobs/") == std::string::npos) return {};
    return http::Answer{.status = 307, .headers = {{"Location", store.url() + "/signed?for=you"}}};
  };
  RegistryClient client(Endpoint{.url = "http://" + registry_.address(), .credentials = {"user", "secret", {}}});
  EXPECT_TRUE(pull_files(client, {"app", "1", {"bin/x"}, folder_.path() / "into"}));
  EXPECT_EQ(seen, std::vector<std::string>{"GET"});
}

TEST_F(ImagePull, EndsWhenAStopIsRequested) {
  put("1", k_manifest_type, manifest({tar({{"bin/x", "x"}})}));
  std::stop_source stop;
  RegistryClient client(registry_.address());
  stop.request_stop();
  const auto pulled = pull_files(client, {"app", "1", {"bin/x"}, folder_.path() / "into"}, stop.get_token());
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().blame, util::Blame::interrupted);
}

} // namespace
} // namespace cacheproof::oci
