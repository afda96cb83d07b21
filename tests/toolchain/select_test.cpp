#include "toolchain/select.hpp"
#include "util/text.hpp"

#include <gtest/gtest.h>

namespace cacheproof::toolchain {
namespace {

std::vector<std::string> candidates(Kind kind) {
  if (kind == Kind::buildx) return {"v0.36.1", "v0.38.2"};
  if (kind == Kind::registry) return {};
  return {"v0.11.6", "v0.17.3", "v0.34.2"};
}

std::string text(const std::vector<std::string>& words) {
  const auto selected = select(words, candidates);
  if (!selected) return selected.error().what + "; " + selected.error().remedy;
  std::string all;
  for (const auto& one : *selected)
    all += (one.kind == Kind::buildkit ? "buildkit "
            : one.kind == Kind::buildx ? "buildx "
                                       : "registry ")
           + one.version + "\n";
  return all;
}

TEST(ToolchainSelection, TakesVersionsRangesAndKinds) {
  EXPECT_EQ(text({}), "");
  EXPECT_EQ(text({"v0.20.0", "v0.34.2"}), "buildkit v0.20.0\nbuildkit v0.34.2\n");
  EXPECT_EQ(text({">=0.11 <0.18"}), "buildkit v0.11.6\nbuildkit v0.17.3\n");
  EXPECT_EQ(text({">=0.17", "v0.34.2"}), "buildkit v0.17.3\nbuildkit v0.34.2\n");
  EXPECT_EQ(text({"buildx"}), "buildx v0.36.1\nbuildx v0.38.2\n");
  EXPECT_EQ(text({"buildx", "v0.12.1", "buildkit", "<0.12", "registry", "v3.0.0"}),
            "buildx v0.12.1\nbuildkit v0.11.6\nregistry v3.0.0\n");
}

TEST(ToolchainSelection, TakesOfAGroupWhatIsThere) {
  EXPECT_EQ(text({"all", "buildx", "smoke"}), "buildkit v0.11.6\nbuildkit v0.17.3\nbuildkit v0.34.2\nbuildx v0.36.1\n");
  EXPECT_EQ(text({"buildx", "nightly"}), "buildx v0.36.1\nbuildx v0.38.2\n");
  EXPECT_EQ(text({"registry", "smoke"}), "");
}

std::string chosen(const std::vector<std::string>& words) {
  const auto versions = choose(Kind::buildkit, words, {});
  return versions ? util::join(*versions, " ") : versions.error().what + "; " + versions.error().remedy;
}

TEST(ToolchainChoice, IsOfVersionsRangesGroupsFoldersAndImages) {
  EXPECT_EQ(chosen({}), "");
  EXPECT_EQ(chosen({"0.34.2", "path:/a/b", "image:a/b:c", "v0.20.0"}), "v0.34.2 path:/a/b image:a/b:c v0.20.0");
  EXPECT_EQ(chosen({"v0.17.3", "<0.12.5", "smoke"}), "v0.17.3 v0.11.6 v0.34.2") << "each once, in its place";
  EXPECT_EQ(chosen({"all"}), util::join(pinned(), " "));
  EXPECT_EQ(chosen({">=0.99"}), "no version is in the range '>=0.99'; there are: " + util::join(pinned(), ", "));
  EXPECT_EQ(chosen({"newest"}),
            "'newest' is no version of BuildKit; one like v0.34.2, a range like '>=0.24', a group (smoke, nightly, "
            "all), latest, path:DIR or image:REF");
  EXPECT_EQ(chosen({"latest"}),
            "'latest' asks which BuildKit was released, which is not allowed here; name the version");
}

TEST(ToolchainSelection, NamesWhatThereIsWhereARangeHasNothing) {
  EXPECT_EQ(text({">=0.28 <0.34"}), "no version is in the range '>=0.28 <0.34'; there are: v0.11.6, v0.17.3, v0.34.2");
  EXPECT_EQ(text({"registry", ">=3"}), "no version is in the range '>=3'; there are: none");
  EXPECT_EQ(text({"registry"}), "");
}

} // namespace
} // namespace cacheproof::toolchain
