// The independent witness of the decoder: RUNs that write a random value. A step was rebuilt exactly if its value in
// the build's result is another one than before, whatever the daemon's events look like.
#include "buildkit/decode.hpp"
#include "golden/world.hpp"
#include "process/process.hpp"
#include "toolchain/toolchain.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace cacheproof::buildkit {
namespace {

namespace fs = std::filesystem;

std::string witness(const std::string& name) {
  return fmt::format("RUN cat /proc/sys/kernel/random/uuid > /{0} && echo witness {0} $(cat /{0})\n", name);
}

const std::string k_dockerfile = "FROM alpine AS build\nWORKDIR /app\nCOPY a .\n" + witness("one") + "COPY b .\n"
                                 + witness("two") + "FROM alpine AS side\n" + witness("three")
                                 + "FROM alpine AS last\nCOPY --from=build /one /two /\nCOPY --from=side /three /\n"
                                   "COPY c /\n"
                                 + witness("four");
const std::vector<std::string> k_witnesses = {"one", "two", "three", "four"};

using Values = std::map<std::string, std::string>;

/// What the RUNs of this build printed; nothing for those that did not run.
Values printed(const RawBuild& build) {
  std::string text;
  for (const auto& log : build.logs) text += log.text;
  Values values;
  for (const auto& line : util::lines(text)) {
    const auto words = util::split(line, ' ');
    if (words.size() == 3 && words[0] == "witness") values[words[1]] = words[2];
  }
  return values;
}

Values written(const fs::path& result) {
  Values values;
  for (const auto& name : k_witnesses)
    if (const auto text = util::read_text(result / name)) values[name] = util::trim(*text);
  return values;
}

evidence::Outcome outcome(const evidence::BuildRecord& record, const std::string& witness) {
  for (const auto& step : record.steps)
    for (const auto& place : step.places)
      if (place.instruction.find("witness " + witness + " ") != std::string::npos) return step.outcome;
  ADD_FAILURE() << "no step writes " << witness;
  return evidence::Outcome::unneeded;
}

class Witness : public testing::TestWithParam<std::string> {};

TEST_P(Witness, AgreesWithTheDecoderInEveryModeAndAfterEveryEdit) {
  const auto kit = toolchain::find(toolchain::Kind::buildkit, GetParam());
  if (!kit) GTEST_SKIP() << util::to_text(kit.error());
  if (geteuid() != 0) GTEST_SKIP() << "own daemons need root";
  for (const char* program : {"runc", "docker-registry"})
    if (!process::find_program(program)) GTEST_SKIP() << program << " is missing";

  const auto dockerfile = dockerfile::read(k_dockerfile, "Dockerfile").file;
  ASSERT_TRUE(dockerfile);
  auto world = golden::World::create(kit->bin);
  ASSERT_TRUE(world) << util::to_text(world.error());
  const std::map<std::string, std::string> files = {
      {"Dockerfile", k_dockerfile}, {"a", "a\n"}, {"b", "b\n"}, {"c", "c\n"}};

  for (const std::string mode : {"max", "min", "inline"}) {
    const std::string ref = "@REGISTRY@/cache:" + mode;
    std::vector<std::string> options = {"--export-cache", "type=registry,ref=" + ref + ",mode=" + mode};
    if (mode == "inline")
      options = {"--export-cache", "type=inline", "--output", "type=image,name=" + ref + ",push=true"};
    const auto first = world->build({files, options});
    ASSERT_TRUE(first) << util::to_text(first.error());
    const auto before = printed(*first);
    ASSERT_EQ(before.size(), k_witnesses.size()) << "a cold build runs everything";

    for (const std::string edited : {"", "a", "b", "c"}) {
      SCOPED_TRACE("mode " + mode + ", edited '" + edited + "'");
      auto changed = files;
      if (!edited.empty()) changed[edited] = "edited\n";
      const auto result = world->folder() / ("result-" + mode + edited);
      const auto raw = world->build(
          {changed, {"--import-cache", "type=registry,ref=" + ref, "--output", "type=local,dest=" + result.string()}});
      ASSERT_TRUE(raw) << util::to_text(raw.error());
      const auto record = decode(*raw, *dockerfile, "", GetParam());
      ASSERT_TRUE(record) << util::to_text(record.error());
      const auto after = written(result);
      ASSERT_EQ(after.size(), k_witnesses.size()) << raw->error;
      for (const auto& name : k_witnesses) {
        const bool ran = before.at(name) != after.at(name);
        EXPECT_EQ(outcome(*record, name), ran ? evidence::Outcome::rebuilt : evidence::Outcome::cached) << name;
        EXPECT_EQ(printed(*raw).contains(name), ran) << name;
      }
    }
  }
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

// Not what is installed: ctest asks for the names before its fixture installs.
INSTANTIATE_TEST_SUITE_P(Pinned,
                         Witness,
                         testing::ValuesIn(toolchain::in_group(toolchain::Kind::buildkit, toolchain::k_smoke)),
                         test_name);

} // namespace
} // namespace cacheproof::buildkit
