#include "builder/builder.hpp"
#include "builder/buildx.hpp"
#include "util/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace cacheproof::builder {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string line(BuildRequest request) {
  request.context = "/ctx";
  request.scratch = "/s";
  auto command = buildx_command("buildx", request, {});
  command.environment.reset();
  return process::to_line(command);
}

/// What stands between the words that every command line has.
std::string options(BuildRequest request) {
  const auto whole = line(std::move(request));
  const std::string before = "buildx build --progress=plain --file /ctx/Dockerfile";
  EXPECT_TRUE(whole.starts_with(before) && whole.ends_with(" /ctx")) << whole;
  const auto between = whole.substr(before.size(), whole.size() - before.size() - 5);
  return between.empty() ? between : between.substr(1);
}

TEST(BuildxCommand, SaysEachKey) {
  EXPECT_EQ(options({}), "");
  EXPECT_EQ(options({.target = "app"}), "--target app");
  EXPECT_EQ(options({.args = {{"Z", "1,2"}, {"A", ""}}}), "--build-arg Z=1,2 --build-arg A=");
  EXPECT_EQ(options({.labels = {{"a", "b c"}}}), "--label 'a=b c'");
  EXPECT_EQ(options({.no_cache_filter = {"a", "b"}}), "--no-cache-filter a --no-cache-filter b");
  EXPECT_EQ(options({.no_cache = true, .no_cache_filter = {"a"}}), "--no-cache") << "buildx takes one of the two";
  EXPECT_EQ(options({.pull = true}), "--pull");
  EXPECT_EQ(options({.platforms = {"linux/amd64", "linux/arm64"}}), "--platform linux/amd64 --platform linux/arm64");
  EXPECT_EQ(options({.network = "none"}), "--network none");
  EXPECT_EQ(options({.shm_size = "64"}), "--shm-size 64");
  EXPECT_EQ(options({.ulimits = {{"nofile", "1:2"}}}), "--ulimit nofile=1:2");
  EXPECT_EQ(options({.extra_hosts = {"a=1.2.3.4", "b=::1"}}), "--add-host a:1.2.3.4 --add-host b:::1");
  EXPECT_EQ(options({.provenance = "mode=max", .sbom = "true"}), "--provenance mode=max --sbom true");
  EXPECT_EQ(options({.additional_contexts = {{"lib", "/l"}, {"o", "oci-layout://x"}}}),
            "--build-context lib=/l --build-context o=oci-layout://x");
  EXPECT_EQ(options({.entitlements = {"network.host"}}), "--allow network.host");
  EXPECT_EQ(options({.cache_from = {"r/c:x"}, .cache_to = {"type=registry,ref=r/c:x,mod=max,Odd= y"}}),
            "--cache-from r/c:x --cache-to 'type=registry,ref=r/c:x,mod=max,Odd= y'")
      << "cache attributes are left as they are";
  EXPECT_EQ(options({.client_args = {"--debug"}}), "--debug");
}

TEST(BuildxCommand, NamesFilesOfTheScratchFolder) {
  EXPECT_EQ(options({.secrets = {{"id=a,env=B", {}}, {"id=c", "text"}}, .ssh = {{"k", "pem"}}}),
            "--secret id=a,env=B --secret id=c,src=/s/secret-1 --ssh k=/s/ssh-0");
  EXPECT_EQ(options({.tags = {"a", "b"}, .output = {"type=oci,Dest=x,\"annotation.a=1,2\"", "type=tar,dest=-"}}),
            "--tag a --tag b --output 'type=oci,dest=/s/output/x,\"annotation.a=1,2\"' --output type=tar,dest=-");
  EXPECT_THAT(line({.dockerfile_text = "FROM scratch"}), HasSubstr(" --file /s/dockerfile/Dockerfile "));
  EXPECT_THAT(line({.dockerfile = "../x.Dockerfile"}), HasSubstr(" --file /x.Dockerfile "));
}

TEST(BuildxCommand, HasNoWordsForAFrontendOrForOptionsOfBuildctl) {
  const auto unknown = [](const BuildRequest& request) { return unknown_to_buildx(request, "v0.36.1"); };
  EXPECT_THAT(unknown({.frontend = "dockerfile.v0", .client_args = {"--debug"}}), IsEmpty());
  EXPECT_THAT(unknown({.frontend = "r/f", .client_args = {"--opt", "memory=5"}}),
              ElementsAre("frontend: r/f", "client_args: [--opt, memory=5]"));
  EXPECT_THAT(unknown({.client_args = {"--opt=x=y"}}), ElementsAre("client_args: [--opt=x=y]"));
}

TEST(BuildxCommand, SaysTheOptionOfBuildctlThatItHasToo) {
  const BuildRequest request{.client_args = {"--opt", "cgroup-parent=/a"}};
  EXPECT_THAT(unknown_to_buildx(request, "v0.36.1"), IsEmpty());
  EXPECT_EQ(options(request), "--cgroup-parent /a");
}

TEST(BuildxCommand, HasSeveralOutputsFromV013On) {
  const BuildRequest request{.output = {"type=tar,dest=a", "type=oci,dest=b"}};
  EXPECT_THAT(unknown_to_buildx(request, "v0.12.1"),
              ElementsAre("output: [type=tar,dest=a, type=oci,dest=b], which v0.12.1 takes one of"));
  EXPECT_THAT(unknown_to_buildx(request, "v0.13.0"), IsEmpty());
  EXPECT_THAT(unknown_to_buildx({.output = {"type=tar,dest=a"}}, "v0.12.1"), IsEmpty());
}

TEST(BuildxCommand, PrintsForAProgramWhereItIsAskedTo) {
  EXPECT_THAT(line({.raw_progress = true}), HasSubstr("buildx build --progress=rawjson "));
}

TEST(DockerDriver, OnAGraphDriverExportsOnlyInlineCachesAndNoOciLayout) {
  const BuildRequest request{.cache_to = {"type=inline", "type=registry,ref=r/c", "r/c"},
                             .platforms = {"linux/amd64", "linux/arm64"},
                             .provenance = "mode=max",
                             .sbom = "false",
                             .output = {"type=oci,dest=a", "type=tar,dest=b", "type=image,name=r/i,push=true"}};
  const auto keys = [&](const std::string& docker) {
    return inexpressible({Driver::docker, "v0.36.1", docker}, request);
  };
  EXPECT_THAT(keys("v28.5.2"),
              ElementsAre("cache_to: type=registry,ref=r/c",
                          "cache_to: r/c",
                          "output: type=oci,dest=a",
                          "platforms: [linux/amd64, linux/arm64]",
                          "provenance: mode=max"));
  EXPECT_THAT(keys("v29.0.0"), IsEmpty());
  EXPECT_THAT(inexpressible({Driver::containerd, "v0.36.1", "v28.5.2"}, request), IsEmpty());
}

TEST(DockerDriver, KnowsWhichEnginesKeepAHistory) {
  EXPECT_TRUE(has_no_history({Driver::docker, "v0.36.1", "v20.10.24"}));
  EXPECT_FALSE(has_no_history({Driver::docker, "v0.36.1", "v25.0.6"}));
  EXPECT_FALSE(has_no_history({Driver::buildx, "v0.36.1", {}}));
}

/// The engine's builder is called `default` in every configuration: builds are told apart by theirs.
TEST(BuildxBuilder, OfAnEngineIsItsOwnInAConfigurationOfItsOwn) {
  const auto folder = std::move(*util::TempDir::create());
  const BuildxBuilder engines{folder.path(), "round-1", BuildxPlace::engine};
  EXPECT_FALSE(make_buildx_builder("/no/such/buildx", engines, "unix:///e.sock", {}, {})) << "without a home";
  ASSERT_TRUE(make_buildx_home(folder.path(), "me"));
  const auto environment = make_buildx_builder("/no/such/buildx", engines, "unix:///e.sock", {{"A", "b"}}, {});
  ASSERT_TRUE(environment) << util::to_text(environment.error());
  const auto config = folder.path() / "round-1";
  EXPECT_EQ(*environment,
            (std::map<std::string, std::string>{{"A", "b"},
                                                {"BUILDX_BUILDER", "default"},
                                                {"BUILDX_CONFIG", config.string()},
                                                {"DOCKER_HOST", "unix:///e.sock"}}));
  EXPECT_EQ(util::read_text(config / ".buildNodeID").value_or(""), "me") << "one machine from round to round";
  const std::string ref(25, 'a');
  ASSERT_TRUE(util::make_directories(config / "refs/default/default"));
  ASSERT_TRUE(util::write_text(config / "refs/default/default" / ref, "{}"));
  EXPECT_THAT(buildx_refs(engines), ElementsAre(ref));
  EXPECT_THAT(buildx_refs({folder.path(), "round-2", BuildxPlace::engine}), IsEmpty());
}

/// The container is made once, and each build is told of it in a configuration of its own.
TEST(BuildxBuilder, InAContainerIsMadeOnceForEveryBuild) {
  const auto folder = std::move(*util::TempDir::create());
  const auto buildx = folder.path() / "buildx-program";
  ASSERT_TRUE(util::write_text(buildx,
                               "#!/bin/sh\nmkdir -p \"$BUILDX_CONFIG/instances\"\n"
                               "echo \"$DOCKER_HOST $*\" > \"$BUILDX_CONFIG/instances/$3\"\n"));
  std::filesystem::permissions(buildx, std::filesystem::perms(0755));
  const auto engine = "unix://" + (folder.path() / "d1/s.sock").string();
  const std::map<std::string, std::string> environment{{"PATH", "/usr/bin:/bin"}};
  const BuildxContainer made{"x-d1", "r/b:v", "/c.toml", "/cacheproof-x"};
  const auto done = make_buildx_container(buildx, made, engine, environment, {});
  ASSERT_TRUE(done) << util::to_text(done.error());
  const BuildxBuilder builder{folder.path() / "buildx", "round-1", BuildxPlace::container};
  ASSERT_TRUE(make_buildx_home(builder.config, "me"));
  const auto led = make_buildx_builder("/no/such/buildx", builder, engine, environment, {});
  ASSERT_TRUE(led) << util::to_text(led.error());
  EXPECT_EQ(led->at("BUILDX_BUILDER"), "x-d1");
  EXPECT_EQ(led->at("DOCKER_HOST"), engine);
  const auto config = folder.path() / "buildx/round-1";
  EXPECT_EQ(led->at("BUILDX_CONFIG"), config.string());
  EXPECT_EQ(util::read_text(config / "instances/x-d1").value_or(""),
            engine
                + " create --name x-d1 --driver docker-container --driver-opt "
                  "image=r/b:v,network=host,cgroup-parent=/cacheproof-x --config /c.toml --bootstrap\n");
  const std::string ref(25, 'a');
  ASSERT_TRUE(util::make_directories(config / "refs/x-d1/x-d10"));
  ASSERT_TRUE(util::write_text(config / "refs/x-d1/x-d10" / ref, "{}"));
  EXPECT_THAT(buildx_refs(builder), ElementsAre(ref));
  EXPECT_EQ(volume_of(made.name), "buildx_buildkit_x-d10_state");

  const auto plain = "unix://" + (folder.path() / "d2/s.sock").string();
  ASSERT_TRUE(make_buildx_container(buildx, {"x-d2", "r/b:v", "/c.toml", ""}, plain, environment, {}));
  EXPECT_THAT(util::read_text(folder.path() / "d2/buildx/instances/x-d2").value_or(""),
              HasSubstr("--driver-opt image=r/b:v,network=host --config"))
      << "a control group of its own is not asked for";
  const auto lost = make_buildx_builder("/no", builder, "unix:///nowhere/s.sock", environment, {});
  ASSERT_FALSE(lost);
  EXPECT_THAT(lost.error().what, HasSubstr("buildx cannot be told of its container"));
}

TEST(BuildxBuilder, ThatCannotBeMadeIsAnErrorThatShowsNoEnvironment) {
  const auto folder = *util::TempDir::create();
  const auto made =
      make_buildx_builder("/bin/false", {folder.path() / "c", "b"}, "unix:///s", {{"TOKEN", "hidden"}}, {});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().what, HasSubstr("buildx could not be given a builder: exit code 1"));
  EXPECT_EQ(made.error().tried, "/bin/false create --name b --driver remote unix:///s");
  const auto none =
      make_buildx_builder("/no/buildx", {folder.path() / "c", "b"}, "unix:///s", {{"TOKEN", "hidden"}}, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().tried, "/no/buildx create --name b --driver remote unix:///s");
}

TEST(BuildxBuilder, ThatNobodyWaitsForIsAnInterruptedBuild) {
  const auto folder = *util::TempDir::create();
  const auto buildx = folder.path() / "buildx"; // one that does not end by itself
  ASSERT_TRUE(util::write_text(buildx, "#!/bin/sh\nexec sleep 1000\n"));
  std::filesystem::permissions(buildx, std::filesystem::perms::owner_all);
  std::stop_source source;
  source.request_stop();
  const auto run = build({Driver::buildx, buildx},
                         "unix:///s",
                         {.environment = {{"PATH", "/usr/bin:/bin"}},
                          .scratch = folder.path() / "s",
                          .home = folder.path() / "h",
                          .name = "b"},
                         {.stop = source.get_token()});
  ASSERT_TRUE(run) << util::to_text(run.error());
  EXPECT_TRUE(run->interrupted);
}

const std::string k_first = "1hnmi4j2f5vnn3r4hc6c8xq7s";
const std::string k_second = "jo7lmcdogzhuu1y57xls1fmcd";

/// Its states, as v0.36.1 writes them.
TEST(BuildxRefs, AreThoseOfItsStates) {
  const auto folder = *util::TempDir::create();
  const BuildxBuilder ours{folder.path(), "round-1"};
  const auto states = folder.path() / "refs/round-1/round-10";
  EXPECT_THAT(buildx_refs(ours), IsEmpty());
  ASSERT_TRUE(util::make_directories(states));
  ASSERT_TRUE(util::write_text(states / k_second,
                               R"({"Target":"app","LocalPath":"/c","DockerfilePath":"/c/Dockerfile","GroupRef":"g"})"));
  ASSERT_TRUE(
      util::write_text(states / k_first, R"({"Target":"default","LocalPath":"/c","DockerfilePath":"/c/Dockerfile"})"));
  ASSERT_TRUE(util::write_text(states / ".tmp-jo7lmcdogzhuu1y57xls1fmc", ""));
  EXPECT_THAT(buildx_refs(ours), ElementsAre(k_first, k_second)) << "one is being written";
  EXPECT_EQ(bake_target(ours, k_second), "app");
  EXPECT_EQ(bake_target(ours, k_first), "") << "of no group";
  EXPECT_EQ(bake_target(ours, "c3"), "");
}

} // namespace
} // namespace cacheproof::builder
