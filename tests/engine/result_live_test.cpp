// What comes out of builds, on real daemons.
#include "engine/play.hpp"
#include "oci/image_export.hpp"
#include "scenario/read.hpp"
#include "toolchain/toolchain.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>
#include <iostream>
#include <string>

namespace cacheproof::engine {
namespace {

using evidence::Verdict;
using testing::ElementsAre;

constexpr const char* k_setup = "setup: {builder: kept, images: {alpine: busybox}}\n";

/// A number of /proc/self/status in KiB.
long memory(const std::string& name) {
  for (const auto& line : util::lines(util::read_text("/proc/self/status").value_or("")))
    if (line.starts_with(name + ":")) return std::stol(line.substr(name.size() + 1));
  return 0;
}

class ResultLive : public testing::TestWithParam<std::string> {
protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "playing scenarios needs root";
    Supply supply;
    auto rig = prepare_rig({.buildkit = GetParam()}, supply);
    ASSERT_TRUE(rig) << util::to_text(rig.error());
    rigs_.emplace(GetParam(), std::move(*rig));
  }

  evidence::CaseEvidence play(const std::string& text, bool verify = false) {
    auto reading = scenario::read_text("title: x\n" + text, folder_.path() / "x.yaml");
    for (const auto& each : reading.diagnostics) ADD_FAILURE() << util::to_text(each);
    if (!reading.scenario) return {};
    const auto cases = plan({std::make_shared<scenario::Scenario>(std::move(*reading.scenario))}, {GetParam()});
    Observer nobody;
    const PlayOptions options{.folder = folder_.path() / "out", .verify_results = verify};
    auto played = engine::play(cases.front(), rigs_, options, nobody);
    for (const auto& round : played.rounds)
      if (round.broken) ADD_FAILURE() << util::to_text(*round.broken);
    return played;
  }

  static std::vector<std::string> summaries(const evidence::RoundEvidence& round) {
    std::vector<std::string> all;
    for (const auto& finding : round.findings) all.push_back(finding.expectation + ": " + finding.summary);
    return all;
  }

  util::TempDir folder_ = util::TempDir::create().value();
  Rigs rigs_;
};

/// moby/buildkit#4817: the context that a daemon keeps is compared by size and time.
TEST_P(ResultLive, StaleContentIsAFalseHitAndStaleToo) {
  const auto played =
      play(std::string(k_setup)
               + "files: {Dockerfile: \"FROM alpine AS app\\nCOPY f /f\\nRUN cat /f > /g\\n\", f: \"AAAA\"}\n"
                 "rounds:\n"
                 "  - expect: {rebuilt: all}\n"
                 "  - edit: [{write: {path: f, text: BBBB, keep_mtime: true, keep_size: true}}]\n"
                 "    expect: {rebuilt: none}\n"
                 "  - build: {no_cache: true}\n"
                 "    expect: {rebuilt: all}\n",
           true);
  ASSERT_EQ(played.rounds.size(), 3u);
  EXPECT_EQ(played.rounds[0].verdict, Verdict::passed);
  EXPECT_EQ(played.rounds[1].verdict, Verdict::failed);
  EXPECT_THAT(
      summaries(played.rounds[1]),
      ElementsAre("result.same_as_clean_build: false hit: every step involved was cached, and 2 paths are not as "
                  "a clean build makes them"));
  ASSERT_EQ(played.rounds[1].findings.size(), 1u);
  EXPECT_THAT(played.rounds[1].findings[0].tree,
              ElementsAre("  a clean build → this build",
                          "~ f  content \"BBBB\" → \"AAAA\"  [app 2/3 COPY f /f: cached]",
                          "~ g  content \"BBBB\" → \"AAAA\"  [app 3/3 RUN cat /f > /g: cached]"));
  EXPECT_EQ(played.rounds[2].verdict, Verdict::failed);
  EXPECT_THAT(
      summaries(played.rounds[2]),
      ElementsAre(
          "result.same_as_clean_build: false hit: 2 paths are not as a clean build makes them, and they were made "
          "by steps that ran on old content of the context: BuildKit does not read a file anew whose size and "
          "time are the same"));
}

/// The export after a round with no_cache has what that round made, not what an earlier one did.
TEST_P(ResultLive, IsThatOfTheRoundAlsoWithoutCache) {
  const auto played =
      play(std::string(k_setup)
           + "files: {Dockerfile: \"FROM alpine AS app\\nRUN cat /proc/sys/kernel/random/uuid > /uuid\\n\"}\n"
             "rounds:\n"
             "  - {name: first, expect: {rebuilt: all}}\n"
             "  - {name: again, expect: {rebuilt: none, result: {digest: same_as first}}}\n"
             "  - {name: anew, build: {no_cache: true}, expect: {rebuilt: all, result: {digest: same_as first}}}\n"
             "  - {name: once more, expect: {rebuilt: none, result: {digest: same_as anew}}}\n");
  ASSERT_EQ(played.rounds.size(), 4u);
  EXPECT_EQ(played.rounds[1].verdict, Verdict::passed);
  EXPECT_THAT(summaries(played.rounds[2]),
              ElementsAre("result.digest: it is another image than that of round 'first'"));
  EXPECT_EQ(played.rounds[3].verdict, Verdict::passed);
}

/// Nobody knows what the first round made: that the second has the image of an export is no proof.
TEST_P(ResultLive, ThatWasBuiltAnewWhenItWasExportedIsNoneToCompareWith) {
  auto& client = rigs_.at(GetParam()).programs.buildctl;
  const auto wrapped = folder_.path() / "buildctl";
  ASSERT_TRUE(util::write_text(wrapped,
                               "#!/bin/sh\nonce=" + (folder_.path() / "once").string()
                                   + "\ncase \"$*\" in *image.tar*) test -e $once || set -- \"$@\" --no-cache; : > "
                                     "$once;; esac\nexec "
                                   + client.string() + " \"$@\"\n"));
  std::filesystem::permissions(wrapped, std::filesystem::perms(0755));
  client = wrapped;
  const auto played =
      play(std::string(k_setup)
           + "files: {Dockerfile: \"FROM alpine AS app\\nRUN cat /proc/sys/kernel/random/uuid > /uuid\\n\"}\n"
             "rounds:\n"
             "  - {name: first, expect: {rebuilt: all}}\n"
             "  - {expect: {rebuilt: none, result: {digest: same_as first}}}\n");
  ASSERT_EQ(played.rounds.size(), 2u);
  EXPECT_THAT(summaries(played.rounds[1]), ElementsAre("result.digest: there is no result of round 'first'"));
}

/// What is compared is exported again; what else the build gives out is not.
TEST_P(ResultLive, IsPushedByTheRoundAlone) {
  if (GetParam().starts_with("v0.11.")) GTEST_SKIP() << "several outputs come with v0.13";
  const auto played = play(std::string(k_setup)
                           + "files: {Dockerfile: \"FROM alpine AS app\\nRUN echo a > /a\\n\"}\n"
                             "build:\n"
                             "  output: [\"type=registry,name=${registry}/app:out\", \"type=oci,dest=app.tar\"]\n"
                             "rounds: [{expect: {result: {same_as_clean_build: true}}}]\n");
  EXPECT_EQ(played.verdict, Verdict::passed);
  const auto log = [&](const std::string& name) {
    return util::read_text(folder_.path() / "out/round-1" / name).value_or("");
  };
  EXPECT_THAT(log("client.log"), testing::HasSubstr("pushing manifest"));
  EXPECT_THAT(log("clean.log"), testing::HasSubstr("sending tarball"));
  EXPECT_THAT(log("clean.log"), testing::Not(testing::HasSubstr("pushing")));
}

/// Outputs of files are read where they lie: nothing is exported again, but for what files do not tell.
TEST_P(ResultLive, IsReadFromAnOutputOfFiles) {
  for (const std::string type : {"local", "tar"}) {
    SCOPED_TRACE(type);
    const auto played = play(
        std::string(k_setup)
        + "files: {Dockerfile: \"FROM scratch AS app\\nENV A=b\\nCOPY --chown=3:4 a /b/a\\n\", a: {text: one, mode: "
          "0640}}\n"
          "build: {output: [\"type="
        + type
        + ",dest=out\"]}\n"
          "rounds:\n"
          "  - expect: {result: {same_as_clean_build: true, files: {b/a: {text: one, mode: 0640, uid: "
        + (type == "tar" ? "3" : "0") // `local` gives all to the client's user
        + "}}}}\n"
          "  - {name: image, expect: {result: {config: {env: {A: b}}, files: {b/a: one}}}}\n"
          "  - expect: {result: {files: {b/a: two, b/c: three}}}\n");
    ASSERT_EQ(played.rounds.size(), 3u);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_THAT(summaries(played.rounds[i]), ElementsAre()) << i;
    EXPECT_THAT(summaries(played.rounds[2]),
                ElementsAre("result.files: b/a is not as claimed", "result.files: there is no b/c"));
    const auto exported_again = [&](const std::string& round) {
      return std::filesystem::exists(folder_.path() / "out" / round / "export.log");
    };
    EXPECT_FALSE(exported_again("round-1"));
    EXPECT_TRUE(exported_again("round-2"));
    EXPECT_FALSE(exported_again("round-3"));
  }
}

TEST_P(ResultLive, ABuildThatFailsIsNotVerified) {
  const auto played = play(std::string(k_setup)
                               + "files: {Dockerfile: \"FROM alpine AS app\\nRUN exit 3\\n\"}\n"
                                 "rounds: [{expect: {status: {fails: \"exit code: 3\"}}}]\n",
                           true);
  EXPECT_EQ(played.verdict, Verdict::passed);
}

/// Contents stream by: what a result takes depends on its paths alone.
TEST_P(ResultLive, OfALargeImageTakesLittleMemory) {
  std::ofstream("/proc/self/clear_refs") << "5"; // the peak begins anew (proc(5))
  const auto before = memory("VmRSS");
  const auto played =
      play(std::string(k_setup)
               + "files: {Dockerfile: \"FROM alpine AS app\\nRUN dd if=/dev/zero of=/big bs=1M count=200\\n\"}\n"
                 "rounds: [{expect: {result: {files: {big: {mode: 0644}}}}}]\n",
           true);
  EXPECT_EQ(played.verdict, Verdict::passed);
  const auto peak = memory("VmHWM") - before;
  RecordProperty("peak_kib", std::to_string(peak));
  std::cout << "peak of two results of 200 MiB: " << peak << " KiB\n";
  EXPECT_LT(peak, 64 * 1024);
}

INSTANTIATE_TEST_SUITE_P(On,
                         ResultLive,
                         testing::ValuesIn(toolchain::in_group(toolchain::Kind::buildkit, toolchain::k_smoke)),
                         [](const auto& each) {
                           auto name = each.param;
                           for (auto& c : name)
                             if (c == '.' || c == '-') c = '_';
                           return name;
                         });

} // namespace
} // namespace cacheproof::engine
