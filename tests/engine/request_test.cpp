#include "engine/request.hpp"
#include "util/files.hpp"

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
  const auto request = make_request(spec, variables({{"mode", "max"}}, {"127.0.0.1:5000"}, "/s/context"), "/s/context");
  EXPECT_EQ(request.context, "/s/context");
  EXPECT_EQ(request.dockerfile, "max.Dockerfile");
  EXPECT_EQ(request.target, "app-max");
  EXPECT_THAT(request.args, ElementsAre(Pair("REGISTRY", "127.0.0.1:5000"), Pair("LITERAL", "${registry}")));
  EXPECT_THAT(request.cache_from, ElementsAre("type=registry,ref=127.0.0.1:5000/app:cache"));
  EXPECT_THAT(request.cache_to, ElementsAre("type=registry,ref=127.0.0.1:5000/app:cache,mod=max"));
  EXPECT_TRUE(request.no_cache);
}

TEST(Requests, NameFilesOfTheContextByTheirWholePath) {
  scenario::BuildSpec spec;
  spec.context = text("app");
  spec.dockerfile = text("../docker/Dockerfile");
  spec.secrets = {{{text("id=a,src=s.txt"), {}}, {text("id=b,type=env,src=B"), {}}, {text("c"), "${c}"}}};
  spec.ssh = {{{text("default=a.pem,/b.pem"), {}}, {text("agent"), {}}}};
  spec.additional_contexts = {{"lib", text("./lib")}, {"i", text("docker-image://${registry}/i")}};
  spec.env = {{"SOURCE_DATE_EPOCH", text("5")}};
  const auto request = make_request(spec, {{"registry", "r:1"}}, "/s/context", "/s/build");
  EXPECT_EQ(request.context, "/s/context/app");
  EXPECT_EQ(dockerfile_path(request, "/s/context"), "docker/Dockerfile");
  EXPECT_EQ(request.secrets[0].words, "id=a,src=/s/context/s.txt");
  EXPECT_EQ(request.secrets[1].words, "id=b,type=env,src=B");
  EXPECT_EQ(request.secrets[2].words, "id=c");
  EXPECT_EQ(request.secrets[2].text, "${c}");
  EXPECT_EQ(request.ssh[0].words, "default=/s/context/a.pem,/b.pem");
  EXPECT_EQ(request.ssh[1].words, "agent");
  EXPECT_THAT(request.additional_contexts,
              ElementsAre(Pair("lib", "/s/context/lib"), Pair("i", "docker-image://r:1/i")));
  EXPECT_THAT(request.environment, ElementsAre(Pair("SOURCE_DATE_EPOCH", "5")));
  EXPECT_THAT(request.args, ElementsAre(Pair("SOURCE_DATE_EPOCH", "5"))) << "as buildx hands it on";
}

TEST(Requests, SendTheWholeContextForADot) {
  scenario::BuildSpec spec;
  spec.context = text(".");
  EXPECT_EQ(make_request(spec, {}, "/s/context").context, "/s/context");
  EXPECT_EQ(dockerfile_path(make_request(spec, {}, {}), {}), "Dockerfile");
}

TEST(Requests, SendNoFolderFromOutsideOfTheContext) {
  const auto folder = util::TempDir::create().value();
  const auto context = folder.path() / "context";
  ASSERT_TRUE(util::make_directories(context / "app"));
  std::filesystem::create_directory_symlink("..", context / "up");
  builder::BuildRequest request{.context = context / "app"};
  EXPECT_TRUE(check_folders(request, context));
  request.context = context / "none";
  EXPECT_EQ(check_folders(request, context).error().what, "the build's folder 'none' is none of the context");
  request.context = context;
  request.additional_contexts = {{"a", (context / "up").string()}};
  const auto refused = check_folders(request, context);
  EXPECT_EQ(refused.error().what, "the folder 'up' of the build leads out of the context");
  EXPECT_EQ(refused.error().blame, util::Blame::input);
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

TEST(Requests, ExportToEachFolderUnderItsTag) {
  builder::BuildRequest request;
  request.cache_to = {
      "type=local,dest=/l/a", "type=local,dest=/l/b,tag=v1", "type=registry,ref=r/a:b", "type=local", "\""};
  EXPECT_THAT(exported_folders(request), ElementsAre(Pair("/l/a", "latest"), Pair("/l/b", "v1")));
}

TEST(BaseImages, AreMirroredForTheirHosts) {
  scenario::Scenario scenario;
  scenario.images = {{"alpine", {}}, {"node:20", {}}, {"ghcr.io/a/b:1", {}}};
  const auto images = base_images(scenario).value();
  ASSERT_EQ(images.size(), 3U);
  EXPECT_THAT(mirrored_hosts(images), ElementsAre("docker.io", "ghcr.io"));
  scenario.images = {{"UPPER", {}}};
  EXPECT_FALSE(base_images(scenario));
}

} // namespace
} // namespace cacheproof::engine
