// What is not played in a Docker engine of the user's, and why.
#include "engine/plan.hpp"
#include "scenario/read.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::engine {
namespace {

using builder::Driver;
using builder::Engine;
using testing::HasSubstr;

const std::string k_rounds = "rounds: [{expect: {rebuilt: all}}]\n";

std::string why(const std::string& text,
                Engine engine,
                Driver driver = Driver::docker,
                const std::string& docker = "v29.2.0",
                const std::string& dockerfile = "FROM alpine AS a\\nRUN true\\n") {
  auto reading = scenario::read_text("title: t\nfiles: {Dockerfile: \"" + dockerfile + "\"}\n" + text, "/x.yaml");
  EXPECT_TRUE(reading.scenario) << text << util::to_text(reading.diagnostics.front());
  if (!reading.scenario) return {};
  return unmet({std::make_shared<scenario::Scenario>(std::move(*reading.scenario)),
                {},
                "v0.27.0",
                "a",
                {driver, "v0.36.1", docker, engine}})
      .value_or("");
}

std::string of_dockerfile(const std::string& dockerfile, Engine engine) {
  return why("setup: {images: {alpine: busybox}}\n" + k_rounds, engine, Driver::docker, "v29.2.0", dockerfile);
}

TEST(UsersEngine, TakesWhatNeedsNothingBesideIt) {
  const std::string plain = "setup: {images: {alpine: busybox, quay.io/a/b: busybox}}\n" + k_rounds;
  for (const auto engine : {Engine::host, Engine::disposable})
    for (const auto driver : {Driver::docker, Driver::container}) EXPECT_EQ(why(plain, engine, driver), "");
  EXPECT_EQ(why(plain, Engine::host, Driver::docker, "v20.10.24"),
            "Docker v20.10.24 cannot be told where its base images are");
  EXPECT_EQ(why(plain, Engine::host, Driver::container, "v20.10.24"), "") << "its BuildKit has mirrors";
}

TEST(UsersEngine, IsOneAndIsNotRestarted) {
  const std::string two = "setup: {builder: {a: {}, b: {}}, images: {alpine: busybox}}\n"
                          "rounds: [{builder: a, expect: {rebuilt: all}}, {builder: b, expect: {rebuilt: all}}]\n";
  EXPECT_EQ(why(two, Engine::disposable), "its builders are several, and your engine is one");
  EXPECT_EQ(why(two, Engine::disposable, Driver::container), "");
  const std::string restart =
      "setup: {builder: kept, images: {alpine: busybox}}\n"
      "rounds: [{expect: {rebuilt: all}}, {action: [{restart_builder: {}}], expect: {rebuilt: none}}]\n";
  EXPECT_EQ(why(restart, Engine::disposable), "your engine is not restarted");
  const std::string clean = "setup: {images: {alpine: busybox}}\n"
                            "rounds: [{expect: {rebuilt: all, result: {same_as_clean_build: true}}}]\n";
  EXPECT_THAT(why(clean, Engine::disposable), HasSubstr("needs an engine beside yours"));
  EXPECT_EQ(why(clean, Engine::disposable, Driver::container), "");
  EXPECT_EQ(why(k_rounds, Engine::disposable),
            "your engine would read docker.io/library/alpine:latest past the mirror that pins it");
}

TEST(UsersEngine, ThatIsNotEmptiedHasNoFreshBuilders) {
  const auto twice = [](const std::string& setup) {
    return "setup: {" + setup + "images: {alpine: busybox}}\n"
           + "rounds: [{expect: {rebuilt: all}}, {expect: {rebuilt: none}}]\n";
  };
  EXPECT_EQ(why(twice(""), Engine::disposable), "");
  EXPECT_EQ(why(twice(""), Engine::host), "every round has a fresh builder, and nothing is removed from your engine");
  EXPECT_EQ(why(twice(""), Engine::host, Driver::container), "") << "a container is fresh";
  EXPECT_EQ(why(twice("builder: kept, "), Engine::host), "");
  const std::string renewed =
      "setup: {builder: kept, images: {alpine: busybox}}\n"
      "rounds: [{expect: {rebuilt: all}}, {action: [{new_builder: {}}], expect: {rebuilt: all}}]\n";
  EXPECT_EQ(why(renewed, Engine::disposable), "");
  EXPECT_THAT(why(renewed, Engine::host), HasSubstr("`new_builder` would be a new one"));
}

TEST(UsersEngine, ThatIsNotEmptiedIsNotPruned) {
  const std::string pruned = "setup: {builder: kept, images: {alpine: busybox}}\n"
                             "rounds: [{expect: {rebuilt: all}}, {action: [{prune: {}}], expect: {rebuilt: all}}]\n";
  EXPECT_EQ(why(pruned, Engine::disposable), "");
  EXPECT_EQ(why(pruned, Engine::host), "`prune` would prune your engine");
  EXPECT_EQ(why(pruned, Engine::host, Driver::container), "") << "that of a container";
}

TEST(UsersEngine, ThatIsNotEmptiedRunsNoCommandLineOfWhichNobodyKnowsWhatItBuilds) {
  const std::string line =
      "setup: {images: {alpine: busybox}}\nrounds: [{run: docker build ., expect: {rebuilt: all}}]\n";
  EXPECT_EQ(why(line, Engine::disposable), "");
  EXPECT_EQ(why(line, Engine::disposable, Driver::container), "");
  EXPECT_THAT(why(line, Engine::host),
              HasSubstr("builds is not known beforehand, and your engine may have it already"));
  EXPECT_THAT(why(line, Engine::host, Driver::container), HasSubstr("brings to your engine is not known beforehand"));
}

TEST(UsersEngine, MayHaveWhatBeginsWithNoImageOfTheCase) {
  const std::string scratch = "FROM alpine AS a\\nRUN true\\nFROM scratch AS b\\nCOPY --from=a /etc /\\n";
  EXPECT_EQ(of_dockerfile(scratch, Engine::disposable), "");
  EXPECT_EQ(of_dockerfile(scratch, Engine::host), "what is built from scratch, your engine may have already");
  EXPECT_EQ(of_dockerfile("FROM alpine AS a\\nCOPY --link Dockerfile /\\n", Engine::host),
            "what `--link` makes, your engine may have already");
  EXPECT_EQ(of_dockerfile("FROM alpine AS a\\nRUN --mount=type=cache,target=/c true\\n", Engine::host),
            "what `--mount` makes, your engine may have already");
  EXPECT_EQ(of_dockerfile("FROM alpine AS a\\nRUN --mount=Type=Cache,target=/c true\\n", Engine::host),
            "what `--mount` makes, your engine may have already");
  EXPECT_EQ(of_dockerfile("FROM alpine AS a\\nRUN --mount=type=bind,target=/c true\\n", Engine::host), "");
  const std::string contexts = "setup: {images: {alpine: busybox}}\n"
                               "build: {additional_contexts: {other: \"https://host.test/a.git#1\"}}\n";
  EXPECT_EQ(why(contexts + k_rounds, Engine::host),
            "what is built from https://host.test/a.git#1, your engine may have already");
}

TEST(UsersEngine, GetsNoNameThatAnotherImageMayHave) {
  const auto built = [](const std::string& build, Engine engine) {
    return why("setup: {images: {alpine: busybox}}\nbuild: {" + build + "}\n" + k_rounds, engine);
  };
  EXPECT_EQ(built("tags: [\"${registry}/app:1\"]", Engine::host), "");
  EXPECT_EQ(built("tags: [\"${registry}/app:1\", \"app:1\"]", Engine::host),
            "an image of your engine would be called app:1");
  EXPECT_EQ(built("output: [\"type=image,name=${registry}/app,push=true\"]", Engine::host), "");
  EXPECT_EQ(built("output: [\"type=image,\\\"name=${registry}/app,app\\\"\"]", Engine::host),
            "an image of your engine would be called app");
  EXPECT_EQ(built("tags: [\"app:1\"]", Engine::disposable), "");
  const auto loaded = [](const std::string& output, Engine engine) {
    return why("setup: {images: {alpine: busybox}}\nbuild: {output: [\"" + output + "\"]}\n" + k_rounds,
               engine,
               Driver::container);
  };
  EXPECT_THAT(loaded("type=docker", Engine::host), HasSubstr("would come to your engine"));
  EXPECT_EQ(loaded("type=docker,dest=image.tar", Engine::host), "");
  EXPECT_EQ(loaded("type=docker", Engine::disposable), "");
}

} // namespace
} // namespace cacheproof::engine
