#include "dockerfile/names.hpp"
#include "dockerfile/recorded.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <set>

namespace cacheproof::dockerfile {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

std::vector<std::string> names(const std::string& text,
                               const std::string& target = {},
                               const std::map<std::string, std::string>& arguments = {}) {
  const auto reading = read(text, "Dockerfile", arguments);
  EXPECT_TRUE(reading.file);
  std::vector<std::string> all;
  if (reading.file)
    for (const auto& step : named_steps(*reading.file, reading.file->find_target(target).value(), arguments))
      all.push_back(step.name);
  return all;
}

TEST(NamedSteps, HaveArgumentsInThem) {
  EXPECT_THAT(names("ARG V=1\nFROM a AS one\nARG V\nARG W=w$V\nENV X ${W} y\nrun echo $V  \"${W}\" '$V' $NONE $X\n"
                    "COPY \"$V\" $NONE/b /$W\nFROM one\nRUN echo $V\n"),
              ElementsAre("[one 1/3] FROM a",
                          "[one 2/3] RUN echo 1  \"w1\" '$V' $NONE w1 y",
                          "[one 3/3] COPY 1 /b /w1",
                          "[stage-1 1/1] RUN echo 1"));
  EXPECT_THAT(names("FROM a\nRUN <<EOF\necho 1\necho 2\nEOF\nRUN cat <<EOF > /x\necho 1\nEOF\n"),
              ElementsAre("[1/3] FROM a", "[2/3] RUN <<EOF (echo 1...)", "[3/3] RUN cat <<EOF > /x"));
  EXPECT_THAT(names("FROM a\nARG V\nRUN echo $V\n", "", {{"V", "given"}}),
              ElementsAre("[1/2] FROM a", "[2/2] RUN echo given"));
}

TEST(NamedSteps, AreThoseThatTheTargetNeeds) {
  EXPECT_THAT(names("FROM scratch AS a\nCOPY x .\nFROM scratch AS b\nCOPY y .\nFROM scratch\nCOPY --from=a /x .\n"),
              ElementsAre("[a 1/1] COPY x .", "[stage-2 1/1] COPY --from=a /x ."));
}

/// The names in a recorded stream of numbered steps, without those of images and without the platforms of a build for
/// several: `[linux/amd64->arm64 app 2/3] …`.
std::set<std::string> recorded(const std::string& stream) {
  std::set<std::string> all;
  for (const auto& line : util::lines(stream)) {
    if (!line.starts_with("{\"vertex\"")) continue;
    auto name = nlohmann::json::parse(line).at("vertex").value("name", "");
    if (name.starts_with("[linux/")) name.erase(1, name.find(' '));
    const auto end = name.find("] ");
    if (!name.starts_with("[") || name.find('/') > end || end == std::string::npos) continue;
    if (name.substr(end + 2).starts_with("LINK ")) name.erase(end + 2, 5);
    if (!name.substr(end + 2).starts_with("FROM ")) all.insert(name);
  }
  return all;
}

TEST(NamedSteps, AreThoseThatBuildKitPrinted) {
  std::size_t compared = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(CACHEPROOF_SOURCE_DIR) / "tests/golden")) {
    if (entry.path().extension() != ".jsonl" || entry.path().stem() == "onbuild") continue;
    const auto stream = util::read_text(entry.path()).value();
    const auto header = nlohmann::json::parse(stream.substr(1, stream.find('\n') - 1));
    auto predicted = names(header.at("dockerfile"), header.at("target"));
    if (entry.path().stem().string().ends_with("platforms"))
      for (const auto* architecture : {"amd64", "arm64"})
        for (auto& name : names(header.at("dockerfile"), header.at("target"), {{"TARGETARCH", architecture}}))
          predicted.push_back(std::move(name));
    for (const auto& name : recorded(stream)) {
      ++compared;
      EXPECT_THAT(predicted, testing::Contains(name)) << entry.path();
    }
  }
  EXPECT_GT(compared, 100U);
}

/// Names as this version prints them: older ones take the escapes off a RUN as well. Without how steps are copied, and
/// without images: one that several stages are built on has the name of one of them.
std::set<std::string> plain(const std::vector<std::string>& names, const std::string& version) {
  std::set<std::string> all;
  for (auto name : names) {
    const auto text = name.find("] ") + 2;
    if (name.substr(text).starts_with("LINK ")) name.erase(text, 5);
    if (version != "v0.34.2" && name.substr(text).starts_with("RUN ")) std::erase(name, '\\');
    if (!name.substr(text).starts_with("FROM ")) all.insert(name);
  }
  return all;
}

TEST(NamedSteps, AreAllThatWereRecorded) {
  int versions = 0;
  for (const auto& entry : fs::directory_iterator(k_recorded)) {
    if (entry.path().extension() != ".json") continue;
    ++versions;
    const auto all = nlohmann::json::parse(util::read_text(entry.path()).value());
    EXPECT_GE(all.size(), 20U);
    for (const auto& [name, steps] : all.items()) {
      const auto text = util::read_text(k_recorded / (name + ".Dockerfile")).value();
      std::string target;
      std::map<std::string, std::string> arguments;
      for (const auto& option : options_of(text)) {
        const auto equals = option.find('=');
        const auto value = option.substr(equals + 1);
        if (option.starts_with("build-arg:"))
          arguments[option.substr(10, equals - 10)] = value;
        else
          target = value;
      }
      const auto version = entry.path().stem().string();
      EXPECT_THAT(plain(names(text, target, arguments), version),
                  testing::ContainerEq(plain(steps.get<std::vector<std::string>>(), version)))
          << name << ' ' << version;
    }
  }
  EXPECT_EQ(versions, 3);
}

} // namespace
} // namespace cacheproof::dockerfile
