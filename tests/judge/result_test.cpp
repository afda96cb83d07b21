#include "judge/image_difference.hpp"
#include "judge/seen.hpp"
#include "util/hash.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::judge {
namespace {

using evidence::Image;
using evidence::ImageFile;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* k_head = "  a clean build → this build";

ImageFile file(const std::string& content, std::size_t layer = 0) {
  return {.type = "file",
          .mode = 0644,
          .size = content.size(),
          .mtime = 5,
          .sha256 = util::sha256_hex(content),
          .layer = layer,
          .content = content};
}

/// `COPY src src` made the first layer, a RUN the second.
Image image() {
  Image made;
  made.digest = "sha256:one";
  made.layers = {"COPY src src # buildkit", "RUN /bin/sh -c make # buildkit"};
  made.files = {{"app", {.type = "dir", .mode = 0755}}, {"app/src", file("new\n")}, {"app/out", file("new\n", 1)}};
  made.configs = {{.platform = "linux/amd64",
                   .env = {"PATH=/bin", "A=b"},
                   .labels = {{"l", "m"}},
                   .user = "me",
                   .cmd = {"x", "y"}}};
  return made;
}

/// A build of two steps, the second on top of the first, that made `image`.
RoundEvidence made(Image image, Outcome copy = Outcome::cached, Outcome run = Outcome::cached) {
  RoundEvidence round;
  round.spot = at(5);
  round.record.ref = "ref1";
  round.record.succeeded = true;
  round.record.steps = {step(copy, {{"app", 2, 3, "COPY --link src src", 2}}),
                        step(run, {{"app", 3, 3, "RUN make", 3}})};
  round.record.steps[0].vertices = {"sha256:copy"};
  round.record.steps[1].vertices = {"sha256:run"};
  round.record.steps[1].inputs = {"sha256:copy"};
  round.result.emplace().image = std::move(image);
  round.result->clean = cacheproof::judge::image();
  return round;
}

Expectations result(scenario::ExpectedResult value) {
  Expectations expect;
  value.config_spot = value.digest_spot = at(9);
  expect.result = claim(std::move(value));
  return expect;
}
Expectations as_clean(std::vector<std::string> ignore = {}) {
  return result({.same_as_clean_build = true, .ignore = std::move(ignore)});
}
Expectations has(scenario::ExpectedFile file) {
  file.spot = at(8);
  return result({.files = {std::move(file)}});
}

/// With old content in both files.
Image stale() {
  auto made = image();
  made.files["app/src"] = file("old\n");
  made.files["app/out"] = file("old\n", 1);
  return made;
}

TEST(Result, EqualToACleanBuildButInTimesIsGreen) {
  auto same = image();
  same.files["app/src"].mtime = 99;
  EXPECT_TRUE(green(as_clean(), made(same)));
}

TEST(Result, ThatCachedStepsMadeOtherwiseIsAFalseHit) {
  const auto finding = red(as_clean(), made(stale()));
  EXPECT_EQ(finding.expectation, "result.same_as_clean_build");
  EXPECT_EQ(finding.spot, at(k_claim_line));
  EXPECT_EQ(finding.source_line, "7: the claim");
  EXPECT_EQ(finding.summary,
            "false hit: every step involved was cached, and 2 paths are not as a clean build makes them");
  EXPECT_THAT(finding.tree,
              ElementsAre(k_head,
                          "  app/",
                          "~   out  content \"new\\n\" → \"old\\n\"  [app 3/3 RUN make: cached]",
                          "~   src  content \"new\\n\" → \"old\\n\"  [app 2/3 COPY --link src src: cached]"));
}

TEST(Result, IsNoFalseHitWhereAStepBelowRan) {
  const auto ran = made(stale(), Outcome::rebuilt, Outcome::rebuilt);
  EXPECT_EQ(red(as_clean(), ran).summary,
            "2 paths are not as a clean build makes them, although steps ran: what they read was stale, or they do not "
            "give the same twice");
  const auto half = made(stale(), Outcome::cached, Outcome::rebuilt);
  EXPECT_EQ(red(as_clean(), half).summary,
            "false hit: 2 paths are not as a clean build makes them, and of 1 every step involved was cached");
  const auto below = red(as_clean({"app/src"}), made(stale(), Outcome::rebuilt, Outcome::cached));
  EXPECT_EQ(
      below.summary,
      "1 path is not as a clean build makes it, although steps ran: what they read was stale, or they do not give "
      "the same twice");
}

// The context has the new content, and COPY makes none: what it copied is what BuildKit had kept.
TEST(Result, OfStepsThatRanOnAStaleContextIsAFalseHit) {
  const std::string why =
      " made by steps that ran on old content of the context: BuildKit does not read a file anew whose "
      "size and time are the same";
  auto round = made(stale(), Outcome::rebuilt, Outcome::rebuilt);
  round.context.files["src"] = {.type = "file", .sha256 = util::sha256_hex("new\n")};
  EXPECT_EQ(red(as_clean(), round).summary,
            "false hit: 2 paths are not as a clean build makes them, and they were" + why);
  EXPECT_EQ(red(as_clean({"app/out"}), round).summary,
            "false hit: 1 path is not as a clean build makes it, and it was" + why);

  auto half = round;
  half.result->image.layers.emplace_back("RUN /bin/sh -c date # buildkit");
  half.record.steps.push_back(step(Outcome::rebuilt, {{"other", 2, 2, "RUN date", 9}}));
  half.result->image.files["app/date"] = file("1\n", 2);
  EXPECT_EQ(red(as_clean(), half).summary,
            "false hit: 3 paths are not as a clean build makes them, and 2 of them were" + why);

  const auto is_none = [&](const RoundEvidence& other) {
    return red(as_clean(), other)
        .summary.starts_with("2 paths are not as a clean build makes them, although steps ran");
  };
  auto there = round; // it may have copied another file
  there.context.files["old"] = {.type = "file", .sha256 = util::sha256_hex("old\n")};
  EXPECT_TRUE(is_none(there));
  auto unknown = round; // what a clean build makes is no file of the context either
  unknown.context.files.clear();
  EXPECT_TRUE(is_none(unknown));
  for (const auto* instruction : {"COPY --from=lib src src", "RUN cp src src"}) {
    auto another = round;
    another.result->image.layers[0] = std::string(instruction) == "RUN cp src src"
                                          ? "RUN /bin/sh -c cp src src # buildkit"
                                          : "COPY src src # buildkit";
    another.record.steps[0].places[0].instruction = instruction;
    EXPECT_TRUE(is_none(another)) << instruction;
  }
}

TEST(Result, OfStepsThatCannotBeToldIsAFalseHitOnlyWhereNoneRan) {
  auto unknown = stale();
  unknown.layers = {"", "RUN /bin/sh -c something else # buildkit"};
  EXPECT_EQ(red(as_clean(), made(unknown)).summary,
            "false hit: every step involved was cached, and 2 paths are not as a clean build makes them");
  EXPECT_EQ(
      red(as_clean({"app/out"}), made(unknown, Outcome::cached, Outcome::rebuilt)).summary,
      "1 path is not as a clean build makes it, although steps ran: what they read was stale, or they do not give "
      "the same twice");
}

TEST(Result, ADifferenceIsAnythingButATime) {
  auto other = image();
  other.files.erase("app/out");
  other.files["app"].mode = 0700;
  other.files["app/new"] = {.type = "link", .mode = 0777, .link = "src"};
  other.files["app/src"].uid = 7;
  other.files["app/src"].xattrs = {{"user.a", "b"}};
  other.files["dev"] = {.type = "char", .mode = 0600, .link = "1:3"};
  auto large = file(std::string(100, 'x'));
  other.files["large"] = large;
  EXPECT_THAT(red(as_clean(), made(other)).tree,
              ElementsAre(k_head,
                          "~ app/  mode 0755 → 0700  [app 2/3 COPY --link src src: cached]",
                          "+   new  link 0777 0:0 -> src  [app 2/3 COPY --link src src: cached]",
                          "-   out  file 0644 0:0 \"new\\n\"  [app 3/3 RUN make: cached]",
                          "~   src  owner 0:0 → 7:0, xattrs {} → {user.a=\"b\"}  [app 2/3 COPY --link src src: cached]",
                          "+ dev  char 0600 0:0 -> 1:3  [app 2/3 COPY --link src src: cached]",
                          "+ large  file 0644 0:0 100 bytes sha256:" + large.sha256.substr(0, 12)
                              + "…  [app 2/3 COPY --link src src: cached]"));
}

TEST(Result, ALongTreeIsCutAndSaysSo) {
  auto many = image();
  for (int i = 0; i < 150; ++i) many.files["x" + std::to_string(i)] = file("x");
  const auto tree = red(as_clean(), made(many)).tree;
  ASSERT_EQ(tree.size(), 102u);
  EXPECT_EQ(tree.back(), "  … and 50 more");
}

TEST(Result, MayDifferWhereItIsIgnored) {
  EXPECT_TRUE(green(as_clean({"app/*"}), made(stale())));
  EXPECT_TRUE(green(as_clean({"*/src", "app/out"}), made(stale())));
  EXPECT_EQ(red(as_clean({"app"}), made(stale())).tree.size(), 4u) << "a glob is for the whole path";
}

TEST(Result, ThatCannotBeComparedIsRed) {
  auto round = made(image());
  round.result->clean = {};
  EXPECT_EQ(red(as_clean(), round).summary, "there is no clean build to compare it with");
  round.result->clean_error = "exit code: 1";
  const auto finding = red(as_clean(), round);
  EXPECT_EQ(finding.summary, "the build succeeded, but without any cache it fails");
  EXPECT_THAT(finding.expected, ElementsAre("it fails: exit code: 1"));
  round.result->rerun = {"app 3/3 RUN make"};
  EXPECT_EQ(red(as_clean(), round).summary,
            "what came out of this build is not known: steps ran again when it was exported");
  EXPECT_THAT(red(as_clean(), round).observed, ElementsAre("app 3/3 RUN make"));
  round.result->error = "not found";
  EXPECT_EQ(red(as_clean(), round).summary, "what came out of this build cannot be had");
  round.result = {};
  EXPECT_EQ(red(as_clean(), round).summary, "what came out was not read");
  auto failed_build = failed();
  auto expect = as_clean();
  expect.status = fails("exit code").status;
  EXPECT_EQ(red(expect, failed_build).summary, "the build failed: nothing came out");
}

TEST(ResultFiles, AreAsClaimed) {
  EXPECT_TRUE(
      green(has({.path = "app/src", .text = "new\n", .mode = 0644, .uid = 0, .gid = 0, .mtime = 5}), made(image())));
  EXPECT_TRUE(green(has({.path = "app/src", .contains = "ew"}), made(image())));
  EXPECT_TRUE(green(has({.path = "app/src", .sha256 = util::sha256_hex("new\n")}), made(image())));
  EXPECT_TRUE(green(has({.path = "app/none", .absent = true}), made(image())));
  auto linked = image();
  linked.files["to"] = {.type = "link", .mode = 0777, .link = "/app"};
  EXPECT_TRUE(green(has({.path = "to", .link = "/app"}), made(linked)));
  EXPECT_TRUE(green(has({.path = "to/src", .text = "new\n"}), made(linked))) << "a folder's link is followed";
}

TEST(ResultFiles, ThatAreNotAreFindings) {
  auto finding =
      red(has({.path = "app/src", .text = "old\n", .mode = 0755, .uid = 3, .gid = 4, .mtime = 6}), made(image()));
  EXPECT_EQ(finding.expectation, "result.files");
  EXPECT_EQ(finding.spot, at(8));
  EXPECT_EQ(finding.summary, "app/src is not as claimed");
  EXPECT_THAT(finding.expected, ElementsAre("content \"old\\n\"", "mode 0755", "uid 3", "gid 4", "mtime in ns 6"));
  EXPECT_THAT(finding.observed, ElementsAre("content \"new\\n\"", "mode 0644", "uid 0", "gid 0", "mtime in ns 5"));

  EXPECT_EQ(red(has({.path = "app/none", .text = ""}), made(image())).summary, "there is no app/none");
  EXPECT_EQ(red(has({.path = "app/src", .absent = true}), made(image())).summary, "there should be no app/src");
  finding = red(has({.path = "app", .text = ""}), made(image()));
  EXPECT_THAT(finding.observed, ElementsAre("no file: a dir"));
  finding = red(has({.path = "app", .link = "x"}), made(image()));
  EXPECT_THAT(finding.observed, ElementsAre("link none: a dir"));
  finding = red(has({.path = "app/src", .contains = "old"}), made(image()));
  EXPECT_THAT(finding.expected, ElementsAre("it contains old"));
  auto large = image();
  large.files["app/src"].content = {};
  finding = red(has({.path = "app/src", .contains = "new"}), made(large));
  EXPECT_THAT(finding.observed, ElementsAre("not looked into: it has 4 bytes")) << "what was not read is no pass";
}

TEST(ResultFiles, OfSeveralPlatformsAreThoseOfOne) {
  auto several = image();
  several.files = {{"linux/amd64/x", file("1")}, {"linux/arm64/y", file("2")}};
  several.configs = {{.platform = "linux/amd64"}, {.platform = "linux/arm64"}};
  EXPECT_TRUE(green(has({.path = "linux/arm64/x", .absent = true}), made(several)));
  EXPECT_EQ(red(has({.path = "linux/amd64/x", .absent = true}), made(several)).summary,
            "there should be no linux/amd64/x");
  const auto finding = red(has({.path = "x", .absent = true}), made(several));
  EXPECT_EQ(finding.summary, "x begins with none of the image's platforms") << "that nothing is there proves nothing";
  EXPECT_THAT(finding.expected, ElementsAre("linux/amd64/x", "linux/arm64/x"));
}

TEST(ResultConfig, IsComparedKeyByKey) {
  scenario::ExpectedConfig config;
  config.env = {{"A", "b"}};
  config.labels = {{"l", "m"}};
  config.user = "me";
  config.cmd = {"x", "y"};
  EXPECT_TRUE(green(result({.config = config}), made(image())));

  config.env = {{"A", "c"}, {"B", ""}};
  config.labels = {{"l", "n"}};
  config.user = "you";
  config.cmd = std::vector<std::string>();
  const auto findings = judged(result({.config = config}), made(image())).findings;
  std::vector<std::string> told;
  for (const auto& finding : findings)
    told.push_back(finding.expectation + ": " + finding.summary + ": " + finding.expected[0] + " | "
                   + finding.observed[0]);
  EXPECT_THAT(told,
              ElementsAre("result.config.env: the config has another A: A=c | A=b",
                          "result.config.env: the config has no B: B= | absent",
                          "result.config.labels: the config has another l: l=n | l=m",
                          "result.config.user: the config has another user: you | me",
                          "result.config.cmd: the config has another cmd: none | [x, y]"));
}

TEST(ResultDigest, IsThatOfAnEarlierRound) {
  auto round = made(image());
  const auto expect = result({.digest_of = "first"});
  EXPECT_EQ(red(expect, round).summary, "there is no result of round 'first'");
  round.result->earlier = {{"first", "sha256:one"}};
  EXPECT_TRUE(green(expect, round));
  round.result->earlier = {{"first", "sha256:two"}};
  const auto finding = red(expect, round);
  EXPECT_EQ(finding.expectation, "result.digest");
  EXPECT_EQ(finding.summary, "it is another image than that of round 'first'");
  EXPECT_THAT(finding.expected, ElementsAre("sha256:two"));
  EXPECT_THAT(finding.observed, ElementsAre("sha256:one"));
}

} // namespace
} // namespace cacheproof::judge
