#include "buildkit/provenance.hpp"

#include <gtest/gtest.h>

namespace cacheproof::buildkit {
namespace {

std::string refused(const std::string& op) {
  const auto read =
      read_provenance(R"({"buildConfig":{"digestMapping":{"sha256:1":"step0"},"llbDefinition":[)" + op + "]}}");
  return read ? "" : read.error().what;
}

TEST(Provenance, WithAnOpOfAnotherShapeIsRefused) {
  EXPECT_EQ(refused(R"({"id":"step0","op":{"Op":{"exec":{}}},"inputs":[]})"), "");
  for (const auto* op : {"1", R"("step0")", R"({"id":1})", R"({"id":"step1"})"})
    EXPECT_EQ(refused(op).substr(0, 45), "the build's provenance names no digest of its") << op;
  EXPECT_EQ(refused(R"({"id":"step0","inputs":[1]})"), "the build's provenance has an op with an unknown input");
}

TEST(Provenance, OfManyLevelsIsRefused) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"a":)";
  deep += "1" + std::string(100'000, '}');
  EXPECT_EQ(refused(R"({"id":"step0","op":)" + deep + "}"), "the build's provenance is no JSON");
}

} // namespace
} // namespace cacheproof::buildkit
