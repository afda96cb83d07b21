#include "scenario/read.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::scenario {
namespace {

using testing::ElementsAre;
using testing::Pair;

BuildSpec read_spec(const std::string& keys) {
  auto reading = read_text(
      "title: t\nfiles: {Dockerfile: FROM scratch}\nmatrix: {m: [max]}\nbuild:\n" + keys + "rounds: [{}]\n", "s.yaml");
  for (const auto& each : reading.diagnostics) ADD_FAILURE() << util::to_text(each);
  return reading.scenario ? reading.scenario->build : BuildSpec();
}

std::vector<std::string> values(const std::optional<std::vector<Text>>& texts) {
  std::vector<std::string> all;
  for (const auto& text : texts.value_or(std::vector<Text>{})) all.push_back(text.value);
  return all;
}

std::vector<std::pair<std::string, std::string>> values(const Named& named) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [name, value] : named) all.emplace_back(name, value.value);
  return all;
}

constexpr const char* k_all = R"(  context: ./app/
  dockerfile: ../docker/Dockerfile
  target: web
  args: [A=1, "B=x=y"]
  cache_from: [a]
  cache_to: [b]
  no_cache: false
  no_cache_filter: [web]
  pull: true
  platforms: [linux/amd64, linux/arm/v7]
  labels: {org.a: "${m}"}
  secrets: ["id=token,env=TOKEN", {id: key, text: "${literal}"}]
  ssh: [default]
  additional_contexts: {lib: lib, base: "docker-image://${registry}/base"}
  network: none
  tags: [app]
  shm_size: 64m
  ulimits: {nofile: 1024, nproc: {soft: 5, hard: -1}}
  extra_hosts: [db=10.0.0.1, "web:::1"]
  entitlements: [network.host]
  provenance: mode=max
  sbom: true
  output: out
  frontend: dockerfile.v0
  env: {SOURCE_DATE_EPOCH: 0}
  client_args: [--trace, /dev/null]
)";

TEST(Build, TakesEveryKeyOfTheLanguage) {
  const auto spec = read_spec(k_all);
  EXPECT_EQ(spec.context->value, "app");
  EXPECT_EQ(spec.dockerfile->value, "../docker/Dockerfile");
  EXPECT_THAT(values(spec.args), ElementsAre(Pair("A", "1"), Pair("B", "x=y")));
  EXPECT_THAT(values(spec.no_cache_filter), ElementsAre("web"));
  EXPECT_EQ(spec.pull, true);
  EXPECT_THAT(values(spec.platforms), ElementsAre("linux/amd64", "linux/arm/v7"));
  EXPECT_THAT(values(spec.labels), ElementsAre(Pair("org.a", "${m}")));
  ASSERT_EQ(spec.secrets->size(), 2u);
  EXPECT_EQ(spec.secrets->front().words.value, "id=token,env=TOKEN");
  EXPECT_FALSE(spec.secrets->front().text);
  EXPECT_EQ(spec.secrets->back().words.value, "key");
  EXPECT_EQ(spec.secrets->back().text, "${literal}");
  EXPECT_EQ(spec.ssh->front().words.value, "default");
  EXPECT_THAT(values(spec.additional_contexts),
              ElementsAre(Pair("lib", "lib"), Pair("base", "docker-image://${registry}/base")));
  EXPECT_EQ(spec.network->value, "none");
  EXPECT_THAT(values(spec.tags), ElementsAre("app"));
  EXPECT_EQ(spec.shm_size->value, "67108864");
  EXPECT_THAT(values(spec.ulimits), ElementsAre(Pair("nofile", "1024:1024"), Pair("nproc", "5:-1")));
  EXPECT_THAT(values(spec.extra_hosts), ElementsAre("db=10.0.0.1", "web=::1"));
  EXPECT_THAT(values(spec.entitlements), ElementsAre("network.host"));
  EXPECT_EQ(spec.provenance->value, "mode=max");
  EXPECT_EQ(spec.sbom->value, "true");
  EXPECT_THAT(values(spec.output), ElementsAre("type=local,dest=out"));
  EXPECT_EQ(spec.frontend->value, "dockerfile.v0");
  EXPECT_THAT(values(spec.env), ElementsAre(Pair("SOURCE_DATE_EPOCH", "0")));
  EXPECT_THAT(values(spec.client_args), ElementsAre("--trace", "/dev/null"));
}

TEST(Build, OfARoundTakesEveryKeyFromTheScenarioThatItDoesNotHave) {
  const auto all = read_spec(k_all);
  const auto merged = merge(all, {});
  const auto over = merge({}, all);
  for (const auto* one : {&merged, &over}) {
    EXPECT_EQ(one->context, all.context);
    EXPECT_EQ(one->dockerfile, all.dockerfile);
    EXPECT_EQ(one->target, all.target);
    EXPECT_EQ(one->args, all.args);
    EXPECT_EQ(one->cache_from, all.cache_from);
    EXPECT_EQ(one->cache_to, all.cache_to);
    EXPECT_EQ(one->no_cache, all.no_cache);
    EXPECT_EQ(one->no_cache_filter, all.no_cache_filter);
    EXPECT_EQ(one->pull, all.pull);
    EXPECT_EQ(one->platforms, all.platforms);
    EXPECT_EQ(one->labels, all.labels);
    EXPECT_EQ(one->secrets->size(), 2u);
    EXPECT_EQ(one->ssh->size(), 1u);
    EXPECT_EQ(one->additional_contexts, all.additional_contexts);
    EXPECT_EQ(one->network, all.network);
    EXPECT_EQ(one->tags, all.tags);
    EXPECT_EQ(one->shm_size, all.shm_size);
    EXPECT_EQ(one->ulimits, all.ulimits);
    EXPECT_EQ(one->extra_hosts, all.extra_hosts);
    EXPECT_EQ(one->entitlements, all.entitlements);
    EXPECT_EQ(one->provenance, all.provenance);
    EXPECT_EQ(one->sbom, all.sbom);
    EXPECT_EQ(one->output, all.output);
    EXPECT_EQ(one->frontend, all.frontend);
    EXPECT_EQ(one->env, all.env);
    EXPECT_EQ(one->client_args, all.client_args);
  }
}

TEST(Build, HasOneDockerfileOfARoundAndItsScenario) {
  BuildSpec file;
  file.dockerfile = Text{"a", {}};
  BuildSpec text;
  text.dockerfile_inline = Text{"FROM scratch", {}};
  EXPECT_FALSE(merge(file, text).dockerfile);
  EXPECT_FALSE(merge(text, file).dockerfile_inline);
  EXPECT_TRUE(merge(text, {}).dockerfile_inline);
}

} // namespace
} // namespace cacheproof::scenario
