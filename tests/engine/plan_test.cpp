#include "engine/builders.hpp"
#include "engine/frontends.hpp"
#include "engine/images.hpp"
#include "engine/plan.hpp"
#include "scenario/read.hpp"
#include "scenario/shape.hpp"
#include "toolchain/toolchain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace cacheproof::engine {
namespace {

std::shared_ptr<const scenario::Scenario> scenario_named(const std::string& id,
                                                         decltype(scenario::Scenario::matrix) matrix = {}) {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->id = id;
  scenario->matrix = std::move(matrix);
  return scenario;
}

std::vector<std::string> ids(const std::vector<Case>& cases) {
  std::vector<std::string> all;
  for (const auto& each : cases) all.push_back(each.id);
  return all;
}

TEST(Plan, IsScenarioTimesCellTimesVersion) {
  const auto cases =
      plan({scenario_named("registry/a", {{"mode", {"mode=max", "mod=max"}}, {"n", {"1"}}}), scenario_named("b")},
           {"v0.17.3", "v0.34.2"});
  EXPECT_THAT(ids(cases),
              testing::ElementsAre("registry/a[mode=max,n=1]@v0.17.3",
                                   "registry/a[mode=max,n=1]@v0.34.2",
                                   "registry/a[mod=max,n=1]@v0.17.3",
                                   "registry/a[mod=max,n=1]@v0.34.2",
                                   "b@v0.17.3",
                                   "b@v0.34.2"));
  EXPECT_EQ(cases[2].cell, (scenario::Cell{{"mode", "mod=max"}, {"n", "1"}}));
}

TEST(Plan, IsTimesDriverToo) {
  using builder::Driver;
  const auto cases = plan(
      {scenario_named("b")}, {"v0.17.3", "v0.34.2"}, {{}, {Driver::buildx, "v0.12.1"}, {Driver::buildx, "v0.36.1"}});
  EXPECT_THAT(ids(cases),
              testing::ElementsAre("b@v0.17.3",
                                   "b@v0.17.3+buildx@v0.12.1",
                                   "b@v0.17.3+buildx@v0.36.1",
                                   "b@v0.34.2",
                                   "b@v0.34.2+buildx@v0.12.1",
                                   "b@v0.34.2+buildx@v0.36.1"));
}

TEST(Plan, IsTimesEngineAsTimesVersion) {
  using builder::Driver;
  const auto contained = plan({scenario_named("b")}, {"v0.17.3"}, {{Driver::container, "v0.36.1", "v29.2.0"}});
  EXPECT_THAT(ids(contained), testing::ElementsAre("b@v0.17.3+buildx@v0.36.1+docker@v29.2.0"));
  EXPECT_EQ(rig_of(contained[0], {}), "v0.17.3+docker@v29.2.0");
  const auto cases = plan({scenario_named("b")}, {"v0.34.2"}, {{}, {Driver::docker, "v0.36.1", "v28.5.2"}});
  EXPECT_THAT(ids(cases), testing::ElementsAre("b@v0.34.2", "b@docker@v28.5.2+buildx@v0.36.1"));
  EXPECT_EQ(cases[1].buildkit, "v0.25.2") << "the one in it";
  EXPECT_EQ(rig_of(cases[1], {}), "docker@v28.5.2");
  EXPECT_THAT(plan({scenario_named("b")}, {}, {{}}), testing::IsEmpty()) << "on no version nothing is played";
  const auto told = plan({scenario_named("b")}, {}, {{Driver::containerd, "v0.36.1", "v28.5.2"}});
  EXPECT_THAT(ids(told), testing::ElementsAre("b@docker-containerd@v28.5.2+buildx@v0.36.1"));
  const auto rig = parse_rig_name(rig_of(told.at(0), {}));
  EXPECT_EQ(rig.buildkit, "");
  EXPECT_EQ(rig.docker, "v28.5.2");
  EXPECT_TRUE(rig.containerd);
  const auto world = world_of(cases[1], {});
  EXPECT_THAT(world, testing::Contains(testing::Pair("buildkit", "v0.25.2")));
  EXPECT_THAT(world, testing::Contains(testing::Pair("docker", "v28.5.2")));
  EXPECT_THAT(world, testing::Contains(testing::Pair("driver", "docker")));
  EXPECT_THAT(world, testing::Contains(testing::Pair("buildx", "v0.36.1")));
  EXPECT_THAT(world_of(cases[0], {}), testing::Not(testing::Contains(testing::Key("docker"))));
}

TEST(Plan, SaysThatAnEngineIsTheUsers) {
  const DriverChoice host{builder::Driver::docker, "v0.36.1", "v28.3.3", builder::Engine::host, "v0.23.2"};
  DriverChoice contained{builder::Driver::container, "v0.36.1", "v28.3.3", builder::Engine::disposable};
  const auto cases = plan({scenario_named("a")}, {"v0.34.2"}, {host, contained});
  EXPECT_THAT(ids(cases),
              testing::ElementsAre("a@v0.34.2+buildx@v0.36.1+docker@v28.3.3+engine@disposable",
                                   "a@docker@v28.3.3+buildx@v0.36.1+engine@host"));
  EXPECT_EQ(cases[1].buildkit, "v0.23.2") << "which nobody else knows";
}

TEST(Plan, IsTimesFrontend) {
  using builder::Driver;
  scenario::Scenario written;
  written.id = "a";
  written.images["alpine"] = {};
  written.build.args = {{"A", {"b", {}}}};
  written.rounds.resize(1);
  const auto cases = plan({std::make_shared<const scenario::Scenario>(written)},
                          {"v0.34.2"},
                          {{}, {Driver::buildx, "v0.36.1"}, {Driver::docker, "v0.36.1", "v28.5.2"}},
                          {"v0.17.3", "image:docker/dockerfile:1.9"});
  EXPECT_THAT(ids(cases),
              testing::ElementsAre("a@v0.34.2+frontend@v0.17.3",
                                   "a@v0.34.2+buildx@v0.36.1+frontend@v0.17.3",
                                   "a@docker@v28.5.2+buildx@v0.36.1+frontend@v0.17.3",
                                   "a@v0.34.2+frontend@docker/dockerfile:1.9",
                                   "a@v0.34.2+buildx@v0.36.1+frontend@docker/dockerfile:1.9",
                                   "a@docker@v28.5.2+buildx@v0.36.1+frontend@docker/dockerfile:1.9"));
  const auto asked = [&](const Case& one) {
    const auto& args = one.scenario->build.args;
    EXPECT_EQ(args.size(), 2U);
    return args.back().first + "=" + args.back().second.value;
  };
  EXPECT_EQ(asked(cases[0]), "BUILDKIT_SYNTAX=cacheproof/frontend:v0.17.3");
  EXPECT_EQ(frontends_of(cases[0]), std::vector<std::string>{"v0.17.3"}) << "the sandbox serves it";
  EXPECT_EQ(cases[0].frontend, "v0.17.3");
  EXPECT_EQ(asked(cases[3]), "BUILDKIT_SYNTAX=docker/dockerfile:1.9");
  EXPECT_EQ(frontends_of(cases[3]), std::vector<std::string>{}) << "it is pulled";
  EXPECT_EQ(written.images.size(), cases[3].scenario->images.size());
}

TEST(Plan, LeavesAScenarioThatChoosesItsFrontend) {
  const std::vector<std::function<void(scenario::Scenario&)>> ways{
      [](auto& one) {
        one.build.frontend = {"org/frontend", {}};
      },
      [](auto& one) {
        one.build.args = {{"BUILDKIT_SYNTAX", {"org/frontend", {}}}};
      },
      [](auto& one) {
        one.rounds[0].build.frontend = {"org/frontend", {}};
      },
      [](auto& one) {
        one.rounds[0].run = {"docker build .", {}};
      },
      [](auto& one) { one.images["docker/dockerfile:1"].content.frontend = scenario::Text{}; },
      [](auto& one) { one.rounds[0].actions.emplace_back().content.frontend = scenario::Text{}; },
  };
  for (const auto& way : ways) {
    auto written = std::make_shared<scenario::Scenario>();
    written->id = "a";
    written->rounds.resize(1);
    written->build.frontend = {"dockerfile.v0", {}};
    EXPECT_FALSE(chooses_frontend(*written));
    way(*written);
    const auto cases = plan({written}, {"v0.34.2"}, {{}}, {"v0.17.3", "v0.34.2"});
    EXPECT_THAT(ids(cases), testing::ElementsAre("a@v0.34.2")) << &way - ways.data();
    EXPECT_EQ(cases.front().scenario, written);
  }
}

scenario::NamedBuilder named(const std::string& name, std::optional<std::string> version) {
  scenario::NamedBuilder builder{name, {}, {}};
  if (version) builder.buildkit = {*version, {}};
  return builder;
}

TEST(Plan, PlaysAScenarioOnceWhoseBuildersAllNameTheirVersions) {
  scenario::Scenario scenario;
  scenario.id = "a";
  scenario.matrix = {{"old", {"0.11.6", "v0.17.3"}}};
  scenario.builders.kind = scenario::Builders::Kind::named;
  scenario.builders.named = {named("ci", "${old}"), named("laptop", "0.34.2"), named("other", "v0.34.2")};
  scenario.rounds.resize(2);
  scenario.rounds[1].builder = {"laptop", {}};
  const auto planned = [&] {
    return plan({std::make_shared<const scenario::Scenario>(scenario)}, {"v0.13.2", "v0.34.2"});
  };
  auto cases = planned();
  EXPECT_THAT(ids(cases), testing::ElementsAre("a[old=0.11.6]@v0.11.6+v0.34.2", "a[old=v0.17.3]@v0.17.3+v0.34.2"));
  EXPECT_EQ(version_of(cases[0], scenario.rounds[0]), "v0.11.6") << "a round without a builder takes the first";
  EXPECT_EQ(version_of(cases[0], scenario.rounds[1]), "v0.34.2");
  EXPECT_THAT(world_of(cases[0], scenario.rounds[1]), testing::Contains(testing::Pair("buildkit", "v0.34.2")));

  scenario.builders.named = {named("ci", "0.11.6"), named("laptop", {})};
  cases = planned();
  EXPECT_THAT(
      ids(cases),
      testing::ElementsAre(
          "a[old=0.11.6]@v0.13.2", "a[old=0.11.6]@v0.34.2", "a[old=v0.17.3]@v0.13.2", "a[old=v0.17.3]@v0.34.2"));
  EXPECT_THAT(rigs_of(cases[0]), testing::ElementsAre("v0.11.6", "v0.13.2"));
}

TEST(Plan, PlaysEveryPairOfTheVersionsThatAreAskedFor) {
  scenario::Scenario scenario;
  scenario.id = "a";
  scenario.matrix = {{"from", {}}, {"to", {}}};
  scenario.builders.kind = scenario::Builders::Kind::named;
  scenario.builders.named = {named("ci", "${from}"), named("laptop", "${to}")};
  const auto planned = [&](const std::vector<std::string>& versions, const DriverChoice& driver) {
    return ids(plan({std::make_shared<const scenario::Scenario>(scenario)}, versions, {driver}));
  };
  EXPECT_THAT(planned({"v0.17.3", "v0.34.2"}, {}),
              testing::ElementsAre("a[from=v0.17.3,to=v0.17.3]@v0.17.3",
                                   "a[from=v0.17.3,to=v0.34.2]@v0.17.3+v0.34.2",
                                   "a[from=v0.34.2,to=v0.17.3]@v0.34.2+v0.17.3",
                                   "a[from=v0.34.2,to=v0.34.2]@v0.34.2"));
  const auto version = toolchain::default_version();
  EXPECT_THAT(planned({}, {builder::Driver::docker, "v0.36.1", "v28.5.2"}),
              testing::ElementsAre("a[from=" + version + ",to=" + version + "]@docker@v28.5.2+buildx@v0.36.1"))
      << "an engine has its own, and a dimension the default one";
}

TEST(Plan, FilterIsAGlobForSomePartOfTheId) {
  const auto cases = plan({scenario_named("registry/a", {{"mode", {"max"}}})}, {"v0.34.2"});
  EXPECT_TRUE(selects("", cases[0]));
  EXPECT_TRUE(selects("registry", cases[0]));
  EXPECT_TRUE(selects("reg*mode=max*0.34", cases[0]));
  EXPECT_FALSE(selects("mode=min", cases[0]));
}

TEST(Plan, TwoCasesOfOneNameAreFound) {
  EXPECT_EQ(collision(plan({scenario_named("a"), scenario_named("b")}, {"v0.34.2"})), std::nullopt);
  EXPECT_EQ(collision(plan({scenario_named("a/b"), scenario_named("a_b")}, {"v0.34.2"})),
            std::pair(std::string("a/b@v0.34.2"), std::string("a_b@v0.34.2")));
}

TEST(Plan, PlainIdsHaveOnlyLettersDigitsAndUnderscores) {
  EXPECT_EQ(plain_id("registry/a[mode=max,n=1]@v27.0.0-rc.1"), "registry_a_mode_max_n_1_v27_0_0_rc_1");
  EXPECT_EQ(plain_id("@@"), "");
}

scenario::BuildSpec exporting(const std::string& cache_to) {
  scenario::BuildSpec build;
  build.cache_to = {{scenario::Text{cache_to, {}}}};
  return build;
}

TEST(World, IsTheCellAndTheFactsOfTheCase) {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->rounds.resize(2);
  scenario->build = exporting("${kind},ref=x/y:z");
  scenario->rounds[1].build = exporting("x/y:z");
  const Case planned{scenario, {{"kind", "type=inline"}}, "v0.34.2", "a"};
  const auto world = world_of(planned, scenario->rounds[0]);
  EXPECT_THAT(world,
              testing::IsSupersetOf(scenario::World{
                  {"kind", "type=inline"}, {"buildkit", "v0.34.2"}, {"driver", "buildctl"}, {"backend", "inline"}}));
  EXPECT_THAT(world_of(planned, scenario->rounds[1]), testing::Contains(testing::Pair("backend", "registry")));
}

TEST(World, HasEveryFactThatTheLanguageSaysACaseHas) {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->build = exporting("x/y:z");
  scenario->rounds.resize(1);
  std::vector<std::string> said;
  for (const auto& [table, keys] : scenario::tables())
    for (const auto& key : keys)
      if (table == "requires") said.emplace_back(key.name);
  std::vector<std::string> had;
  const Case on_an_engine{scenario, {}, "v0.34.2", "a", {builder::Driver::docker, "v0.36.1", "v29.2.0"}};
  for (const auto& [fact, value] : world_of(on_an_engine, scenario->rounds[0])) had.push_back(fact);
  EXPECT_THAT(said, testing::UnorderedElementsAreArray(had));
}

TEST(Needs, ThatAreNotMetAreSaid) {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->rounds.resize(1);
  const auto why = [&](const scenario::When& needs) {
    scenario->needs = needs;
    return unmet({scenario, {}, "v0.11.6", "a"}).value_or("");
  };
  EXPECT_EQ(why({{"buildkit", {">=0.11 <0.12"}}}), "");
  EXPECT_EQ(why({{"buildkit", {">=0.13"}}}), "needs buildkit >=0.13, this is v0.11.6");
  EXPECT_EQ(why({{"driver", {"buildx", "docker"}}}), "needs driver buildx or docker, this is buildctl");
  EXPECT_EQ(why({{"buildx", {">=0.12"}}}), "needs buildx >=0.12, of which there is none here");
  EXPECT_EQ(why({{"backend", {"s3"}}}), "needs backend s3, of which there is none here");
}

/// What an engine cannot do, each with a scenario that does nothing else.
TEST(Needs, OfAScenarioThatAnEngineDoesNotMeetAreSaid) {
  const auto why = [](const std::string& text, builder::Driver driver, const std::string& docker) {
    auto reading =
        scenario::read_text("title: t\nfiles: {Dockerfile: \"FROM alpine AS a\\nRUN true\\n\"}\n" + text, "/x.yaml");
    EXPECT_TRUE(reading.scenario) << text << util::to_text(reading.diagnostics.front());
    if (!reading.scenario) return std::string();
    return unmet({std::make_shared<scenario::Scenario>(std::move(*reading.scenario)),
                  {},
                  "v0.27.0",
                  "a",
                  {driver, "v0.36.1", docker}})
        .value_or("");
  };
  const auto on_engine = [&](const std::string& text) { return why(text, builder::Driver::docker, "v29.2.0"); };
  const auto contained = [&](const std::string& text) { return why(text, builder::Driver::container, "v29.2.0"); };
  const std::string rounds = "rounds: [{expect: {rebuilt: all}}]\n";
  EXPECT_EQ(on_engine(rounds), "");
  EXPECT_EQ(contained(rounds), "");
  const auto images = "setup: {images: {quay.io/a/b: busybox}}\n" + rounds;
  EXPECT_EQ(on_engine(images), "an engine has no mirror of quay.io, where quay.io/a/b:latest comes from");
  EXPECT_EQ(contained(images), "");
  const auto line = std::string("rounds: [{run: docker build ., expect: {rebuilt: all}}]\n");
  EXPECT_EQ(on_engine(line), "");
  EXPECT_EQ(contained(line), "");
  EXPECT_EQ(why(line, builder::Driver::docker, "v20.10.24"),
            "Docker v20.10.24 keeps no history, which tells what a command line has built");
  const auto buildctl = std::string("rounds: [{run: buildctl build, expect: {rebuilt: all}}]\n");
  EXPECT_THAT(on_engine(buildctl), testing::HasSubstr("calls buildctl, which builds on a BuildKit"));
  EXPECT_THAT(contained(buildctl), testing::HasSubstr("calls buildctl, which builds on a BuildKit"));
  const auto act = [](const std::string& action) {
    return "setup: {builder: kept}\nrounds: [{expect: {rebuilt: all}}, {action: [{" + action
           + ": {}}], expect: {rebuilt: all}}]\n";
  };
  EXPECT_EQ(on_engine(act("prune")), "");
  EXPECT_EQ(contained(act("prune")), "");
  const auto keeping =
      "setup: {builder: kept}\nrounds: [{expect: {rebuilt: all}}, {action: [{prune: {keep_storage: 1MB}}], "
      "expect: {rebuilt: all}}]\n";
  EXPECT_THAT(on_engine(keeping), testing::HasSubstr("`keep_storage` counts nothing that an engine has in an image"));
  EXPECT_EQ(contained(keeping), "");
  EXPECT_EQ(on_engine(act("restart_builder")), "");
  EXPECT_EQ(contained(act("restart_builder")), "nothing restarts a BuildKit in a container");
  const auto versions = "setup: {builder: {a: {buildkit: 0.11.6}}}\n" + rounds;
  EXPECT_EQ(on_engine(versions), "its builders name versions of BuildKit, and an engine has its own");
  EXPECT_EQ(contained(versions), "");
  const std::string parallel = "rounds: [{parallel: [{name: x, build: {}, expect: {rebuilt: all}}, {name: y, build: "
                               "{}, expect: {rebuilt: all}}]}]\n";
  EXPECT_EQ(on_engine(parallel), "");
  EXPECT_EQ(why(parallel, builder::Driver::docker, "v20.10.24"),
            "Docker v20.10.24 keeps no history, which tells builds apart");
  const std::string config = "rounds: [{expect: {rebuilt: all, result: {config: {user: root}}}}]\n";
  EXPECT_EQ(on_engine(config), "");
  EXPECT_EQ(why(config, builder::Driver::docker, "v28.5.2"),
            "Docker v28.5.2 exports no image whose config could be read");
  EXPECT_EQ(why("build: {cache_to: [\"type=registry,ref=r/c\"]}\n" + rounds, builder::Driver::docker, "v28.5.2"),
            "Docker v28.5.2 cannot express cache_to: type=registry,ref=r/c");
}

TEST(Needs, AreMetByTheDriverAndItsWords) {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->rounds.resize(1);
  scenario->needs = {{"driver", {"buildx"}}, {"buildx", {">=0.12"}}};
  const auto why = [&](const DriverChoice& driver) {
    return unmet({scenario, {}, "v0.34.2", "a", driver}).value_or("");
  };
  const DriverChoice buildx{builder::Driver::buildx, "v0.36.1"};
  EXPECT_EQ(why(buildx), "");
  EXPECT_EQ(why({builder::Driver::buildx, "v0.11.2"}), "needs buildx >=0.12, this is v0.11.2");
  EXPECT_EQ(why({}), "needs driver buildx, this is buildctl");
  scenario->build.frontend = scenario::Text{"org/frontend", {}};
  EXPECT_EQ(why(buildx), "buildx cannot express frontend: org/frontend");
}

TEST(Unclaimed, AreClaimsWithoutAnAlternativeForACase) {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->source = {"one", "two", "the claim"};
  scenario->rounds.resize(1);
  const scenario::When old{{"buildkit", {"<0.12"}}};
  scenario->rounds[0].expect.warnings = {{{old, {}, {}}}, {"x.yaml", 3, 1}};
  EXPECT_TRUE(unclaimed({{scenario, {}, "v0.11.6", "a@v0.11.6"}}).empty());
  const auto found = unclaimed({{scenario, {}, "v0.34.2", "a@v0.34.2"}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].message, "no alternative of 'warnings' counts for a@v0.34.2");
  EXPECT_EQ(found[0].source_line, "the claim");
  scenario->needs = old;
  EXPECT_TRUE(unclaimed({{scenario, {}, "v0.34.2", "a@v0.34.2"}}).empty()) << "it is skipped";
  scenario->needs.clear();
  scenario->rounds[0].expect.warnings.reset();
  scenario->rounds[0].known_issue = scenario::KnownIssue{"url", old, {}, {}};
  scenario->rounds[0].known_issue->expect.warnings = {{{{{"buildkit", {">=1"}}}, {}, {}}}, {"x.yaml", 3, 1}};
  EXPECT_EQ(unclaimed({{scenario, {}, "v0.11.6", "a@v0.11.6"}}).size(), 1u);
  EXPECT_TRUE(unclaimed({{scenario, {}, "v0.34.2", "a@v0.34.2"}}).empty()) << "out of the issue's range";
}

TEST(Unmet, NamesTheKeysThatTheClientHasNoWordsFor) {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->rounds.emplace_back();
  scenario->matrix = {{"place", {"x"}}};
  scenario->build.additional_contexts = {{"base", scenario::Text{"oci-layout://${place}", {}}}};
  EXPECT_EQ(unmet({scenario, {{"place", "x"}}, "v0.11.6", "a"}),
            "buildctl cannot express additional_contexts: {base: oci-layout://x}");
  scenario->rounds[0].parallel.resize(2);
  std::swap(scenario->rounds[0].parallel[1].build, scenario->build);
  EXPECT_EQ(unmet({scenario, {{"place", "x"}}, "v0.11.6", "a"}),
            "buildctl cannot express additional_contexts: {base: oci-layout://x}")
      << "one of several builds";
}

} // namespace
} // namespace cacheproof::engine
