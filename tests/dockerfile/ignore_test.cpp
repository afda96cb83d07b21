#include "dockerfile/ignore.hpp"

#include <gtest/gtest.h>

namespace cacheproof::dockerfile {
namespace {

TEST(IgnoreFile, IgnoresWhatPatternmatcherIgnores) {
  struct Row {
    const char* patterns;
    const char* path;
    bool ignored;
  };
  // What moby/patternmatcher v0.6.1 answers (MatchesOrParentMatches), run for these rows.
  const Row rows[] = {
#include "dockerfile/ignore_rows.inc"
  };
  for (const auto& [patterns, path, ignored] : rows)
    EXPECT_EQ(IgnoreFile::read(patterns).ignores(path), ignored) << patterns << " on " << path;
}

} // namespace
} // namespace cacheproof::dockerfile
