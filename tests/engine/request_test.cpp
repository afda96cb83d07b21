#include "engine/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::engine {
namespace {

using testing::ElementsAre;
using testing::Pair;

scenario::Text text(const std::string& value) {
  return {value, {}};
}

TEST(Requests, HaveEveryVariableExpandedAndAttributesUntouched) {
  scenario::BuildSpec spec;
  spec.dockerfile = text("${mode}.Dockerfile");
  spec.target = text("app-${mode}");
  spec.args = {{"REGISTRY", text("${registry}")}, {"LITERAL", text("$${registry}")}};
  spec.cache_from = {{text("type=registry,ref=${registry}/app:cache")}};
  spec.cache_to = {{text("type=registry,ref=${registry}/app:cache,mod=${mode}")}};
  spec.no_cache = true;
  const auto request = make_request(spec, variables({{"mode", "max"}}, "127.0.0.1:5000", "/s/context"), "/s/context");
  EXPECT_EQ(request.context, "/s/context");
  EXPECT_EQ(request.dockerfile, "max.Dockerfile");
  EXPECT_EQ(request.target, "app-max");
  EXPECT_THAT(request.args, ElementsAre(Pair("REGISTRY", "127.0.0.1:5000"), Pair("LITERAL", "${registry}")));
  EXPECT_THAT(request.cache_from, ElementsAre("type=registry,ref=127.0.0.1:5000/app:cache"));
  EXPECT_THAT(request.cache_to, ElementsAre("type=registry,ref=127.0.0.1:5000/app:cache,mod=max"));
  EXPECT_TRUE(request.no_cache);
}

TEST(Requests, HaveTheBuildersDefaultsForAbsentKeys) {
  const auto request = make_request({}, {}, "/c");
  EXPECT_EQ(request.dockerfile, "Dockerfile");
  EXPECT_EQ(request.target, "");
  EXPECT_TRUE(request.cache_to.empty());
  EXPECT_FALSE(request.no_cache);
}

TEST(Requests, ExportToEachRegistryRefOnce) {
  builder::BuildRequest request;
  request.cache_to = {"type=registry,ref=r/a:b,mode=max", "type=inline", "r/a:c", "type=registry,ref=r/a:b"};
  EXPECT_THAT(exported_refs(request), ElementsAre("r/a:b", "r/a:c"));
}

TEST(BaseImages, AreMirroredForTheirHosts) {
  scenario::Scenario scenario;
  scenario.images = {{"alpine", text("busybox")}, {"node:20", text("busybox")}, {"ghcr.io/a/b:1", text("busybox")}};
  const auto images = base_images(scenario).value();
  ASSERT_EQ(images.size(), 3U);
  EXPECT_THAT(mirrored_hosts(images), ElementsAre("docker.io", "ghcr.io"));
  scenario.images = {{"UPPER", text("busybox")}};
  EXPECT_FALSE(base_images(scenario));
}

} // namespace
} // namespace cacheproof::engine
