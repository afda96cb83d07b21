#include "buildkit/decode.hpp"
#include "dockerfile/dockerfile.hpp"
#include "engine/broken.hpp"
#include "util/files.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace cacheproof::engine {
namespace {

using testing::HasSubstr;

evidence::BuildRecord failed_with(evidence::Step step, const std::string& error) {
  evidence::BuildRecord record;
  record.error = error;
  record.steps = {std::move(step)};
  return record;
}

evidence::Step step(evidence::StepKind kind, const std::string& name, const std::string& error) {
  evidence::Step one;
  one.kind = kind;
  one.name = name;
  one.error = error;
  return one;
}

TEST(Broken, AStepThatFailsIsAnOutcomeOfTheBuild) {
  const std::string error = R"(process "/bin/sh -c false" did not complete successfully: exit code: 1)";
  EXPECT_EQ(broken_by(failed_with(step(evidence::StepKind::step, "[2/2] RUN false", error), error), ""), std::nullopt);
}

// The text of v0.34.2 for `FROM 127.0.0.1:9/nobody/home`.
TEST(Broken, AnImageThatCannotBePulledIsTheRigs) {
  const std::string error =
      R"(failed to do request: Head "http://127.0.0.1:9/v2/nobody/home/manifests/latest": dial tcp 127.0.0.1:9: connect: connection refused)";
  const auto broken = broken_by(
      failed_with(
          step(evidence::StepKind::internal, "[internal] load metadata for 127.0.0.1:9/nobody/home:latest", error),
          "127.0.0.1:9/nobody/home: failed to resolve source metadata"),
      "");
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->what, "the image 127.0.0.1:9/nobody/home:latest could not be pulled: " + error);
  EXPECT_THAT(broken->remedy, HasSubstr("setup: {images:"));
}

TEST(Broken, APullThatWasCancelledByAnotherFailureIsNotTheCause) {
  EXPECT_EQ(
      broken_by(failed_with(step(evidence::StepKind::source, "[a 1/2] FROM x", "context canceled"), "exit code: 1"),
                ""),
      std::nullopt);
}

/// Of a build whose base image has a layer that is gone from a local cache, recorded: it is BuildKit that fails it.
TEST(Broken, ABaseThatIsGoneFromALocalCacheIsAnOutcomeOfTheBuild) {
  for (const auto* version : {"v0.11.6", "v0.17.3", "v0.34.2"}) {
    SCOPED_TRACE(version);
    const auto text =
        util::read_text(fmt::format("{}/tests/golden/{}/missing_base.jsonl", CACHEPROOF_SOURCE_DIR, version)).value();
    const auto header = nlohmann::json::parse(text.substr(1, text.find('\n') - 1));
    const auto file = dockerfile::parse(header.at("dockerfile").get<std::string>(), "Dockerfile", {}).value();
    auto record = buildkit::decode(buildkit::from_json_lines(text).value(), file, "", version).value();
    EXPECT_THAT(record.error, testing::MatchesRegex("lease \".*\": not found"));
    EXPECT_EQ(broken_by(record, ""), std::nullopt);
    for (auto& step : record.steps)
      if (step.kind == evidence::StepKind::step) step.error = "";
    EXPECT_TRUE(broken_by(record, "")) << "nothing else says why";
  }
}

TEST(Broken, NoSpaceIsTheRigsWhereverItIsSaid) {
  const auto nothing = step(evidence::StepKind::step, "x", "");
  EXPECT_TRUE(broken_by(failed_with(nothing, "write /x: no space left on device"), ""));
  EXPECT_TRUE(broken_by(failed_with(nothing, "exit code: 1"), "cp: write error: no space left on device"));
  evidence::BuildRecord import;
  import.succeeded = true;
  import.imports = {{ "r/app:cache", "write /x: no space left on device" }};
  EXPECT_TRUE(broken_by(import, ""));
}

// What v0.34.2 says of Debian's docker-registry whose disk is full; the cause is in that registry's log alone.
TEST(Broken, AnExportToARegistryThatFailsItselfIsTheRigs) {
  const std::string error = "error writing layer blob: unknown: unknown error";
  const auto record = failed_with(step(evidence::StepKind::cache_export, "exporting cache", error), error);
  const auto broken = broken_by(record, "", "level=error err.detail=\"write /x: no space left on device\"");
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->what, "there was no space left: the registry could not write what the build pushed: " + error);
  EXPECT_THAT(broken->remedy, HasSubstr("make room"));
  ASSERT_TRUE(broken_by(record, "", ""));
  EXPECT_EQ(broken_by(record, "", "")->what, "the cache export failed on its way: " + error);
}

// The texts of v0.34.2 when somebody kills runc in a RUN, the first also of v0.11.6 and v0.17.3: no program exits like
// that. Which of the two it is depends on how far runc has come.
TEST(Broken, ARuncThatIsKilledIsTheRigs) {
  for (const std::string error :
       {R"(process "/bin/sh -c true" did not complete successfully: exit code: 4294967295)",
        R"(process "/bin/sh -c true" did not complete successfully: /dev/shm/cacheproof-kWE1ii/d1/run-runc did not )"
        R"(terminate successfully: exit status -1: )"}) {
    const auto broken = broken_by(failed_with(step(evidence::StepKind::step, "[2/2] RUN true", error), error), "");
    ASSERT_TRUE(broken) << error;
    EXPECT_THAT(broken->what, HasSubstr("runc was ended from outside"));
  }
  for (const std::string error :
       {R"(process "/bin/sh -c echo exit code: 4294967295; false" did not complete successfully: exit code: 1)",
        R"(process "/bin/sh -c echo did not terminate successfully: exit status -1; false" did not complete )"
        R"(successfully: exit code: 1)"}) {
    const auto record = failed_with(step(evidence::StepKind::step, "[2/2] RUN echo", error), error);
    EXPECT_FALSE(broken_by(record, "")) << "the RUN's own words: " << error;
  }
}

TEST(Broken, AProgramOfARunThatFailsLikeRuncIsNone) {
  const std::string error = R"(process "/bin/sh -c true" did not complete successfully: exit code: 255)";
  EXPECT_EQ(broken_by(failed_with(step(evidence::StepKind::step, "[2/2] RUN true", error), error), ""), std::nullopt);
}

TEST(Broken, AClientWithoutABuildSaysItsLastWords) {
  EXPECT_EQ(without_build("a\nerror: no such option\n"),
            (util::Error{.what = "the client ended without starting a build: error: no such option",
                         .remedy = "read client.log"}));
  EXPECT_THAT(without_build("error: write /dev/shm/x/ref: no space left on device").remedy, HasSubstr("make room"));
}

// The texts of v0.11.6, v0.17.3 and v0.34.2.
TEST(Broken, ARefusalIsTheErrorOfAClientThatTellsOfNoStep) {
  EXPECT_EQ(*refusal("error: registry cache importer requires ref\n"), "error: registry cache importer requires ref");
  EXPECT_EQ(*refusal("   --wait  block\n   \nerror: flag provided but not defined: -nope\n"),
            "error: flag provided but not defined: -nope");
  EXPECT_EQ(*refusal("error: failed to solve: a\nb\n"), "error: failed to solve: a\nb");
  EXPECT_EQ(*refusal("#1 [internal] load build definition from Dockerfile\nerror: failed to solve: a\n"), "");
  EXPECT_EQ(*refusal("panic: runtime error\n"), "");
  // buildx v0.36.1
  EXPECT_EQ(*refusal("WARNING: No output specified\nERROR: failed to build: registry cache importer requires ref\n"),
            "ERROR: failed to build: registry cache importer requires ref");
  EXPECT_EQ(*refusal("#0 building with \"round-1\" instance using remote driver\n\nERROR: failed to build: a\n"),
            "ERROR: failed to build: a");
  EXPECT_EQ(*refusal(""), "");
}

TEST(Broken, AClientThatDidNotReachItsDaemonIsNoRefusal) {
  for (const auto* words :
       {R"(listing workers for Build: failed to list workers: Unavailable: connection error: desc = "transport: error)"
        R"( while dialing: dial unix /nowhere/s.sock: connect: no such file or directory")",
        "failed to solve: rpc error: code = DeadlineExceeded desc = context deadline exceeded",
        "failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF",
        "failed to solve: context canceled",
        "write /dev/shm/x: no space left on device"}) {
    const auto refused = refusal(std::string("error: ") + words + "\n");
    ASSERT_FALSE(refused) << words;
    EXPECT_EQ(refused.error(), without_build(std::string("error: ") + words));
  }
}

TEST(Broken, AnImportThatMetADeadRegistryIsTheRigsThoughTheBuildSucceeds) {
  evidence::BuildRecord record;
  record.succeeded = true;
  record.imports = {{"r/app:cache", "failed to do request: dial tcp 127.0.0.1:1: connect: connection refused"}};
  ASSERT_TRUE(broken_by(record, ""));
  EXPECT_THAT(broken_by(record, "")->what, HasSubstr("the cache import of r/app:cache failed on its way"));
  record.imports = {{"r/app:cache", "r/app:cache: not found"}};
  EXPECT_EQ(broken_by(record, ""), std::nullopt) << "a cache that is not there yet is a note";
}

TEST(Broken, AnExportThatMetADeadRegistryIsTheRigs) {
  const std::string error = "error writing layer blob: dial tcp 127.0.0.1:1: connect: connection refused";
  EXPECT_TRUE(broken_by(failed_with(step(evidence::StepKind::cache_export, "exporting cache", error), error), ""));
  const std::string refused = "unknown cache exporter: regsitry";
  EXPECT_EQ(broken_by(failed_with(step(evidence::StepKind::cache_export, "exporting cache", refused), refused), ""),
            std::nullopt);
}

TEST(Broken, ARuncThatCannotRunContainersIsTheRigs) {
  const auto ran = step(evidence::StepKind::step, "[2/2] RUN x", "exit code: 1");
  EXPECT_TRUE(broken_by(failed_with(ran, "exit code: 1"),
                        "#5 0.1 runc run failed: unable to start container process: cgroup: permission denied\n"));
  EXPECT_EQ(broken_by(failed_with(ran, "exit code: 1"),
                      "runc run failed: unable to start container process: exec: \"/nope\": no such file\n"),
            std::nullopt)
      << "that the image has no such program is the build's own fault";
}

TEST(Broken, ABuildThatSucceededIsNotBrokenByWhatItSays) {
  auto record = failed_with(step(evidence::StepKind::source, "x", "connection refused"), "");
  record.succeeded = true;
  EXPECT_EQ(broken_by(record, "no space left on device"), std::nullopt);
}

} // namespace
} // namespace cacheproof::engine
