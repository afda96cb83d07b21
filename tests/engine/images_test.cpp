#include "engine/images.hpp"
#include "oci/platform.hpp"
#include "scenario/read.hpp"
#include "toolchain/toolchain.hpp"
#include "util/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

namespace cacheproof::engine {
namespace {

Case planned(const std::string& setup, const std::string& build, const std::string& dockerfile = "FROM alpine\n") {
  auto reading = scenario::read_text("title: t\nfiles:\n  Dockerfile: |\n"
                                         + std::regex_replace(dockerfile, std::regex("(.+)\n"), "    $1\n")
                                         + "setup: {images: {alpine: busybox" + setup + "}}\nbuild: {" + build
                                         + "}\nmatrix: {v: [0.17.3]}\nrounds: [{expect: {rebuilt: all}}]\n",
                                     "s.yaml");
  EXPECT_TRUE(reading.scenario) << util::to_text(reading.diagnostics.front());
  Case planned;
  planned.scenario = std::make_shared<scenario::Scenario>(std::move(*reading.scenario));
  planned.cell = {{"v", "0.17.3"}};
  return planned;
}

std::vector<std::string>
pulled(const std::string& setup, const std::string& build, const std::string& dockerfile = "FROM alpine\n") {
  const auto one = planned(setup, build, dockerfile);
  std::vector<std::string> names;
  for (const auto& image : upstream_images(*one.scenario, one.cell)) names.push_back(oci::to_text(image));
  return names;
}

TEST(UpstreamImages, HaveFrontendsAndScannersThatTheSandboxDoesNotServe) {
  EXPECT_THAT(pulled("", "sbom: false, frontend: dockerfile.v0"), testing::IsEmpty());
  EXPECT_THAT(pulled("", "sbom: true"), testing::ElementsAre("docker.io/docker/buildkit-syft-scanner:stable-1"));
  EXPECT_THAT(pulled("", "sbom: \"a=b,generator=quay.io/s:1\""), testing::ElementsAre("quay.io/s:1"));
  EXPECT_THAT(pulled(", quay.io/s:1: {files: {a: b}}", "sbom: generator=quay.io/s:1"), testing::IsEmpty());
  EXPECT_THAT(pulled("", "frontend: my/frontend"), testing::ElementsAre("docker.io/my/frontend:latest"));
  EXPECT_THAT(pulled("", "args: {BUILDKIT_SYNTAX: my/frontend:2 --flag}"),
              testing::ElementsAre("docker.io/my/frontend:2"));
}

TEST(UpstreamImages, HaveTheImageOfASyntaxLineThatIsListed) {
  const std::string text = "# syntax=docker/dockerfile:1\nFROM alpine\n";
  EXPECT_THAT(pulled("", "", text), testing::IsEmpty()) << "it is blanked";
  EXPECT_THAT(pulled(", docker.io/docker/dockerfile:1: upstream", "", text),
              testing::ElementsAre("docker.io/docker/dockerfile:1"));
  EXPECT_THAT(pulled(", docker/dockerfile:1: frontend", "", text), testing::IsEmpty()) << "the sandbox serves it";
}

TEST(BaseImages, AreForThePlatformsOfTheBuildsAndForThisMachine) {
  const auto platforms = [](const std::string& build) {
    const auto one = planned("", build);
    return base_platforms(*one.scenario, one.cell);
  };
  EXPECT_THAT(platforms(""), testing::IsEmpty());
  EXPECT_THAT(platforms("platforms: [linux/s390x, linux/arm/v6, linux/s390x]"),
              testing::ElementsAre(
                  testing::StartsWith("linux/"), testing::StartsWith("linux/"), testing::StartsWith("linux/")));
  EXPECT_THAT(platforms("platforms: [linux/riscv64]"),
              testing::UnorderedElementsAre("linux/" + oci::architecture(), "linux/riscv64"));
}

TEST(Frontends, AreOfTheirVersionsInTheCaseOrTheDefaultOne) {
  EXPECT_THAT(frontends_of(planned("", "")), testing::IsEmpty());
  EXPECT_THAT(frontends_of(planned(", a/b: frontend, a/c: {frontend: \"${v}\"}, a/d: {frontend: v0.17.3}", "")),
              testing::UnorderedElementsAre("v0.17.3", toolchain::default_version(toolchain::Kind::frontend)));
}

TEST(Pins, OfSeveralPlaysAreEqualWhereBothPulled) {
  std::vector<evidence::PinnedImage> all;
  EXPECT_TRUE(add_pins(all, {{"b", "sha256:1"}}));
  EXPECT_TRUE(add_pins(all, {{"a", "sha256:2"}, {"b", "sha256:1"}}));
  EXPECT_TRUE(add_pins(all, {})) << "it ended before it pulled anything";
  EXPECT_FALSE(add_pins(all, {{"b", "sha256:3"}, {"c", "sha256:4"}}));
  EXPECT_THAT(all,
              testing::ElementsAre(evidence::PinnedImage{"a", "sha256:2"},
                                   evidence::PinnedImage{"b", "sha256:1"},
                                   evidence::PinnedImage{"c", "sha256:4"}));
}

TEST(Images, OfACommandLineAreThoseOfAllStagesAndThoseThatTheScenarioNames) {
  const util::TempDir folder = util::TempDir::create().value();
  auto reading = scenario::read_text("title: A line\n"
                                     "setup: {images: {alpine: busybox, quay.io/x: upstream}}\n"
                                     "files: {Dockerfile: \"FROM alpine AS a\\nFROM debian AS b\\nFROM a\\n\"}\n"
                                     "rounds:\n"
                                     "  - {run: ./build.sh}\n",
                                     folder.path() / "x.yaml");
  ASSERT_TRUE(reading.scenario);
  std::vector<std::string> names;
  for (const auto& image : upstream_images(*reading.scenario, {})) names.push_back(oci::to_text(image));
  EXPECT_THAT(names, testing::ElementsAre("docker.io/library/debian:latest", "quay.io/x:latest"));

  Case planned;
  planned.scenario = std::make_shared<scenario::Scenario>(std::move(*reading.scenario));
  EXPECT_EQ(unforeseen(planned, {"alpine", "debian", "quay.io/x"}), std::nullopt);
  EXPECT_EQ(unforeseen(planned, {"alpine", "fedora"}), "fedora");
}

} // namespace
} // namespace cacheproof::engine
