#include "scenario/read.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;

/// A repository with a scenario in it, and something beside it.
class ContextFolder : public testing::Test {
protected:
  void SetUp() override {
    fs::create_directories(repository() / ".git");
    fs::create_directories(repository() / "ci/scenarios/app");
    fs::create_directories(room_.path() / "outside/app");
  }
  fs::path repository() const { return fs::canonical(room_.path()) / "repository"; }
  fs::path file() const { return repository() / "ci/scenarios/x.yaml"; }

  /// The folder that was read, or what is wrong with it, without the path of the scenario.
  std::string read_context(const std::string& written) const {
    const auto reading = read_text("title: x\ncontext: " + written + "\nrounds: [{}]\n", file());
    if (reading.scenario) return std::get<fs::path>(reading.scenario->context).string();
    std::string said;
    for (const auto& each : reading.diagnostics) said += util::to_text(each).substr(file().string().size());
    return said;
  }
  std::string leads_out(const std::string& written, const fs::path& root, const std::string& hint = {}) const {
    return ":2:10: error[CP0013]: the context '" + written + "' leads out of " + root.string() + hint
           + "\n    2 | context: " + written + "\n      |          ^" + std::string(written.size() - 1, '~') + "\n";
  }

private:
  util::TempDir room_ = util::TempDir::create().value();
};

TEST_F(ContextFolder, MayBeAnyOfTheEnclosingRepository) {
  EXPECT_EQ(read_context("app"), (repository() / "ci/scenarios/app").string());
  EXPECT_EQ(read_context("."), (repository() / "ci/scenarios").string());
  EXPECT_EQ(read_context("../.."), repository().string());
  EXPECT_EQ(read_context("../../ci"), (repository() / "ci").string());
}

TEST_F(ContextFolder, DoesNotLeaveTheRepository) {
  EXPECT_EQ(read_context("../../.."), leads_out("../../..", repository()));
  EXPECT_EQ(read_context("../../../outside/app"), leads_out("../../../outside/app", repository()));
  EXPECT_EQ(read_context("../../../nowhere"), leads_out("../../../nowhere", repository()))
      << "whether it exists is nobody's business";
}

TEST_F(ContextFolder, DoesNotLeaveThroughALink) {
  fs::create_directory_symlink("../../../outside", repository() / "ci/scenarios/link");
  fs::create_directory_symlink("/etc", repository() / "ci/scenarios/etc");
  EXPECT_EQ(read_context("link"), leads_out("link", repository()));
  EXPECT_EQ(read_context("link/app"), leads_out("link/app", repository()));
  EXPECT_EQ(read_context("etc"), leads_out("etc", repository()));
}

TEST_F(ContextFolder, MayBeALinkInsideTheRepository) {
  fs::create_directory_symlink("app", repository() / "ci/scenarios/link");
  EXPECT_EQ(read_context("link"), (repository() / "ci/scenarios/app").string());
}

TEST_F(ContextFolder, WithoutARepositoryLiesBesideTheScenario) {
  fs::remove_all(repository() / ".git");
  EXPECT_EQ(read_context("app"), (repository() / "ci/scenarios/app").string());
  EXPECT_EQ(read_context(".."),
            leads_out("..",
                      repository() / "ci/scenarios",
                      ": without an enclosing git repository a context lies at or below the scenario's folder"));
}

TEST_F(ContextFolder, OfAWorktreeHasAFileForItsGit) {
  fs::remove_all(repository() / ".git");
  ASSERT_TRUE(util::write_text(repository() / ".git", "gitdir: elsewhere\n"));
  EXPECT_EQ(read_context("../.."), repository().string());
}

TEST_F(ContextFolder, IsAFolderThatIsThere) {
  ASSERT_TRUE(util::write_text(repository() / "ci/scenarios/file", "f"));
  const std::string caret = "\n      |          ^";
  EXPECT_EQ(read_context("nowhere"),
            ":2:10: error[CP0013]: there is no folder 'nowhere'\n    2 | context: nowhere" + caret + "~~~~~~\n");
  EXPECT_EQ(read_context("file"),
            ":2:10: error[CP0013]: there is no folder 'file'\n    2 | context: file" + caret + "~~~\n");
}

TEST_F(ContextFolder, IsTheSameForARelativePathOfTheScenario) {
  const auto before = fs::current_path();
  fs::current_path(repository() / "ci");
  const auto reading = read_text("title: x\ncontext: app\nrounds: [{}]\n", "scenarios/x.yaml");
  fs::current_path(before);
  ASSERT_TRUE(reading.scenario);
  EXPECT_EQ(std::get<fs::path>(reading.scenario->context), repository() / "ci/scenarios/app");
  EXPECT_EQ(reading.scenario->file, "scenarios/x.yaml");
}

} // namespace
} // namespace cacheproof::scenario
