#include "engine/drivers.hpp"
#include "toolchain/toolchain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::engine {
namespace {

using builder::Driver;
using testing::ElementsAre;
using testing::IsEmpty;
using Names = std::vector<std::string>;

const std::string& pinned() {
  return toolchain::default_version(toolchain::Kind::buildx);
}

TEST(Drivers, AreBuildctlUnlessSomethingElseIsSaid) {
  EXPECT_THAT(*choose_drivers({}, {}), ElementsAre(DriverChoice{}));
  EXPECT_THAT(*choose_drivers({"buildx"}, {}), ElementsAre(DriverChoice{Driver::buildx, pinned()}));
  EXPECT_THAT(
      *choose_drivers({"buildctl", "buildx"}, {"v0.12.1", "v0.36.1"}),
      ElementsAre(DriverChoice{}, DriverChoice{Driver::buildx, "v0.12.1"}, DriverChoice{Driver::buildx, "v0.36.1"}));
}

TEST(Drivers, ThatAreNoneOrTwiceTheSameAreMistakes) {
  const auto why = [](const Names& drivers, const Names& buildx) {
    const auto chosen = choose_drivers(drivers, buildx);
    EXPECT_TRUE(!chosen && chosen.error().blame == util::Blame::usage);
    return chosen ? std::string() : chosen.error().what + "; " + chosen.error().remedy;
  };
  EXPECT_EQ(why({"podman"}, {}),
            "--driver=podman is no driver; one of: buildctl, buildx, docker, docker-containerd, docker-container");
  EXPECT_EQ(why({"buildctl", "buildctl"}, {}), "--driver=buildctl is named twice; name it once");
  EXPECT_EQ(why({}, {"v0.36.1"}), "--buildx names versions that nothing would be built with; add --driver buildx");
}

TEST(Drivers, OfEnginesAreEveryEngineWithEveryBuildx) {
  const auto standard = toolchain::default_version(toolchain::Kind::docker);
  EXPECT_THAT(*choose_drivers({"docker"}, {}), ElementsAre(DriverChoice{Driver::docker, pinned(), standard}));
  EXPECT_THAT(*choose_drivers({"docker"}, {"v0.12.1", "v0.36.1"}, {"v28.5.2"}),
              ElementsAre(DriverChoice{Driver::docker, "v0.12.1", "v28.5.2"},
                          DriverChoice{Driver::docker, "v0.36.1", "v28.5.2"}));
  EXPECT_THAT(*choose_drivers({"docker-container"}, {}, {"v28.5.2"}),
              ElementsAre(DriverChoice{Driver::container, pinned(), "v28.5.2"}));
  EXPECT_TRUE(need_buildkit(*choose_drivers({"docker-container"}, {})));
  EXPECT_EQ(choose_drivers({"buildx"}, {}, {"v28.5.2"}).error().what,
            "--docker names versions that nothing would be built on");
  EXPECT_FALSE(need_buildkit(*choose_drivers({"docker"}, {})));
  EXPECT_TRUE(need_buildkit(*choose_drivers({"docker", "buildctl"}, {})));
}

TEST(Drivers, OfEnginesThatAreToldToUseContainerdAreThoseThatCanBe) {
  EXPECT_THAT(*choose_drivers({"docker-containerd"}, {}, {"v25.0.6", "v26.1.4", "v28.5.2", "v29.2.0"}),
              ElementsAre(DriverChoice{Driver::containerd, pinned(), "v26.1.4"},
                          DriverChoice{Driver::containerd, pinned(), "v28.5.2"}));
  EXPECT_EQ(choose_drivers({"docker-containerd"}, {}).error().what,
            "none of these engines can be told to keep its images in containerd");
  EXPECT_FALSE(need_buildkit(*choose_drivers({"docker-containerd"}, {}, {"v28.5.2"})));
}

TEST(Drivers, InTheUsersEngineAreWhatThatEngineIs) {
  using builder::Engine;
  const auto in = [](const Names& drivers, const std::string& docker, bool containerd) {
    const sandbox::UsersEngine engine{.buildkit = "v9.9.9", .images_in_containerd = containerd};
    auto all = in_users_engine(*choose_drivers(drivers, {}, {docker}), Engine::host, engine);
    return all ? *all : std::vector<DriverChoice>{{.version = all.error().what}};
  };
  const DriverChoice graph{Driver::docker, pinned(), "v28.5.2", Engine::host, "v9.9.9"};
  const DriverChoice told{Driver::containerd, pinned(), "v28.5.2", Engine::host, "v9.9.9"};
  EXPECT_THAT(in({"buildctl", "docker"}, "v28.5.2", false), ElementsAre(DriverChoice{}, graph));
  EXPECT_THAT(in({"docker"}, "v28.5.2", true), ElementsAre(told));
  EXPECT_THAT(in({"docker", "docker-containerd"}, "v28.5.2", true), ElementsAre(told)) << "one engine, not two";
  EXPECT_THAT(in({"docker-container"}, "v28.5.2", false),
              ElementsAre(DriverChoice{Driver::container, pinned(), "v28.5.2", Engine::host}));
  EXPECT_THAT(in({"docker"}, "v29.2.0", true),
              ElementsAre(DriverChoice{Driver::docker, pinned(), "v29.2.0", Engine::host, "v9.9.9"}));
  EXPECT_EQ(in({"docker-containerd"}, "v28.5.2", false).front().version,
            "your Docker v28.5.2 does not keep its images in containerd");
  EXPECT_EQ(in({"docker"}, "v29.2.0", false).front().version,
            "your Docker v29.2.0 keeps its images with a graph driver, as no other of its version does");
  EXPECT_EQ(embedded_buildkit(told), "v0.25.2") << "the pins know it";
  EXPECT_EQ(embedded_buildkit({Driver::docker, pinned(), "v28.3.3", Engine::host, "v9.9.9"}), "v9.9.9");
}

TEST(Drivers, NeedBuildxWhereTheyAreItOrALineNamesIt) {
  const auto plain = std::make_shared<scenario::Scenario>();
  plain->rounds.resize(1);
  const auto line = std::make_shared<scenario::Scenario>();
  line->rounds.resize(1);
  line->rounds[0].run = scenario::Text{"docker build .", {}};
  const DriverChoice buildctl;
  const DriverChoice old{Driver::buildx, "v0.12.1"};
  EXPECT_THAT(buildx_needed({buildctl}, {plain}), IsEmpty());
  EXPECT_THAT(buildx_needed({buildctl}, {plain, line}), ElementsAre(pinned()));
  EXPECT_THAT(buildx_needed({buildctl, old}, {plain}), ElementsAre("v0.12.1"));
  EXPECT_THAT(buildx_needed({old}, {line}), ElementsAre("v0.12.1")) << "a line finds what its case builds with";
}

} // namespace
} // namespace cacheproof::engine
