// Streams recorded from real daemons (tests/golden/VERSION/TRAP.jsonl, by golden_record), decoded and compared with the
// text beside them. CACHEPROOF_ACCEPT=1 writes that text anew.
#include "buildkit/decode.hpp"
#include "util/files.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace cacheproof::buildkit {
namespace {

namespace fs = std::filesystem;

const fs::path k_root = fs::path(CACHEPROOF_SOURCE_DIR) / "tests/golden";

std::vector<fs::path> recorded() {
  std::vector<fs::path> streams;
  for (const auto& entry : fs::recursive_directory_iterator(k_root))
    if (entry.path().extension() == ".jsonl") streams.push_back(entry.path());
  std::sort(streams.begin(), streams.end());
  return streams;
}

/// `rebuilt pulled  build 2/5 RUN x`: what a person can check, without what differs between recordings.
std::string describe(const evidence::BuildRecord& record) {
  std::string text = record.succeeded ? "succeeded\n" : "failed\n";
  for (const auto& step : record.steps) {
    if (step.places.empty()) continue;
    text += fmt::format("{:<11} {}", evidence::to_text(step.outcome), evidence::label(step));
    if (step.kind == evidence::StepKind::source) text += " (source)";
    if (step.pulled) text += " (pulled)";
    text += '\n';
  }
  for (const auto& step : record.steps)
    if (step.places.empty() && step.kind == evidence::StepKind::step)
      text += fmt::format("{:<11} without a place: {}\n", evidence::to_text(step.outcome), step.name);
  for (const auto& import : record.imports) text += import.error.empty() ? "imported\n" : "import failed\n";
  for (const auto& warning : record.warnings)
    text += fmt::format("warning at line {}: {}\n", warning.line, warning.text);
  return text;
}

class Golden : public testing::TestWithParam<fs::path> {};

TEST_P(Golden, DecodesToTheTextBesideIt) {
  const auto text = util::read_text(GetParam());
  ASSERT_TRUE(text) << util::to_text(text.error());
  const auto header = nlohmann::json::parse(text->substr(1, text->find('\n') - 1));
  const auto raw = from_json_lines(*text);
  ASSERT_TRUE(raw) << util::to_text(raw.error());
  const auto reading = dockerfile::read(header.at("dockerfile").get<std::string>(), "Dockerfile");
  ASSERT_TRUE(reading.file) << util::to_text(reading.diagnostics.front());
  const auto record = decode(*raw, *reading.file, header.at("target"), GetParam().parent_path().filename());
  ASSERT_TRUE(record) << util::to_text(record.error());

  auto expected_path = GetParam();
  expected_path.replace_extension(".expected");
  if (std::getenv("CACHEPROOF_ACCEPT") != nullptr) {
    ASSERT_TRUE(util::write_text(expected_path, describe(*record)));
    GTEST_SKIP() << "accepted";
  }
  const auto expected = util::read_text(expected_path);
  ASSERT_TRUE(expected) << util::to_text(expected.error());
  EXPECT_EQ(describe(*record), *expected);
}

std::string test_name(const testing::TestParamInfo<fs::path>& info) {
  auto name = info.param.parent_path().filename().string() + "_" + info.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Recorded, Golden, testing::ValuesIn(recorded()), test_name);

} // namespace
} // namespace cacheproof::buildkit
