// Builds with another Dockerfile frontend than the daemon's own.
#include "cli/program_fixture.hpp"
#include "evidence/case.hpp"
#include "toolchain/toolchain.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace cacheproof {
namespace {

using testing::Contains;
using testing::HasSubstr;

TEST_F(ProgramTest, AFrontendIsPartOfACase) {
  write("scenarios/a/plain.yaml", k_plain);
  auto own = k_plain;
  replace(own, "images: {alpine: busybox}", "images: {alpine: busybox, docker/dockerfile:1: frontend}");
  write("scenarios/a/own.yaml", own);
  const auto listed =
      run({"list", "--format=json", "--buildkit=v0.17.3", "--frontend=v0.34.2,image:docker/dockerfile:1.9"});
  ASSERT_EQ(listed.exit.code, 0) << listed.err;
  const auto cases = nlohmann::json::parse(listed.out);
  ASSERT_EQ(cases.size(), 3U);
  EXPECT_EQ(cases[0].at("id"), "a/own@v0.17.3") << "it chooses its own";
  EXPECT_FALSE(cases[0].contains("frontend"));
  EXPECT_EQ(cases[1].at("id"), "a/plain@v0.17.3+frontend@v0.34.2");
  EXPECT_EQ(cases[1].at("frontend"), "v0.34.2");
  EXPECT_EQ(cases[1].at("arguments").back(), "--frontend=v0.34.2");
  EXPECT_EQ(cases[1].at("toolchains"), nlohmann::json({"buildkit v0.17.3", "frontend v0.34.2"}));
  EXPECT_EQ(cases[2].at("id"), "a/plain@v0.17.3+frontend@docker/dockerfile:1.9");
  EXPECT_EQ(cases[2].at("frontend"), "docker/dockerfile:1.9");
  EXPECT_EQ(cases[2].at("arguments").back(), "--frontend=image:docker/dockerfile:1.9");
  EXPECT_EQ(cases[2].at("toolchains"), nlohmann::json({"buildkit v0.17.3"}));

  const auto matrix = run({"matrix", "--github", "--buildkit=v0.17.3", "--frontend=smoke"});
  EXPECT_THAT(matrix.out, HasSubstr("--frontend v0.34.2"));
  EXPECT_EQ(run({"matrix", "--github", "--frontend=path:/"}).exit.code, 64);
  const auto wrong = run({"list", "--frontend=image:Wrong"});
  EXPECT_EQ(wrong.exit.code, 64);
  EXPECT_THAT(wrong.err, HasSubstr("--frontend image:Wrong"));
  const auto offline = run({"run", "--offline", "--frontend=image:docker/dockerfile:1.9"});
  EXPECT_EQ(offline.exit.code, 3);
  EXPECT_THAT(offline.err, HasSubstr("would pull docker.io/docker/dockerfile:1.9, which --offline forbids"));
}

TEST_F(ProgramTest, AFrontendIsPlayedWithAndSaid) {
  skip_without_root();
  if (IsSkipped()) return;
  const auto& version = toolchain::default_version(toolchain::Kind::frontend);
  if (const auto there = toolchain::find(toolchain::Kind::frontend, version); !there)
    GTEST_SKIP() << there.error().what;
  auto text = k_plain;
  replace(text, "    FROM alpine AS app", "    # syntax=docker/dockerfile:1\n    FROM alpine AS app");
  write("plain.yaml", text);
  const auto played = run({"run", "plain.yaml", "--offline", "--frontend", version});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  const auto folders = evidence::find_cases(folder_.path() / "cacheproof-out");
  ASSERT_EQ(folders.size(), 1U);
  const auto seen = evidence::load(folders.front());
  ASSERT_TRUE(seen) << util::to_text(seen.error());
  EXPECT_THAT(seen->id, testing::EndsWith("+frontend@" + version));
  EXPECT_EQ(seen->frontend, version);
  EXPECT_THAT(seen->rounds.front().notes,
              Contains("line 1 of Dockerfile (# syntax=) is blanked: cacheproof/frontend:" + version + " answers"));
  for (const auto& round : seen->rounds)
    EXPECT_THAT(*util::read_text(folders.front() / evidence::folder_of(round) / "client.log"),
                HasSubstr("docker-image://docker.io/cacheproof/frontend:" + version));
}

} // namespace
} // namespace cacheproof
