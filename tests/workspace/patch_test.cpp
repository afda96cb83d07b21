#include "workspace/context_fixture.hpp"
#include "workspace/patch.hpp"

#include <map>
#include <string>

namespace cacheproof::workspace {
namespace {

using FileKind = scenario::InlineFile::Kind;

scenario::Edit patch_of(std::string text) {
  scenario::Edit edit;
  edit.kind = scenario::Edit::Kind::patch;
  edit.text = std::move(text);
  edit.spot = {"x.yaml", 7, 9};
  return edit;
}

/// What a patch does to a context of these texts, a line for each file; or why it does not.
std::string patched_text(const std::string& patch, const std::map<std::string, std::string>& context) {
  const auto files =
      patched(patch_of(patch), [&](const std::string& path) -> util::Result<std::optional<scenario::InlineFile>> {
        const auto found = context.find(path);
        if (found == context.end()) return std::nullopt;
        return scenario::InlineFile{path, found->second, {}};
      });
  if (!files) return util::to_text(files.error());
  std::string all;
  for (const auto& file : *files) {
    all += file.from + (file.copied ? " => " : " -> ") + file.path;
    if (file.mode) all += *file.mode == 0755 ? " 0755" : " 0644";
    if (file.link) all += " link";
    all += ": " + file.text + "|\n";
  }
  return all;
}

std::string unfit(const std::string& why) {
  return "x.yaml:7: the patch does not apply: " + why;
}

const std::string k_one = "diff --git a/a b/a\n"
                          "index 1234567..89abcde 100644\n"
                          "--- a/a\n"
                          "+++ b/a\n"
                          "@@ -1,3 +1,3 @@\n"
                          " 1\n"
                          "-2\n"
                          "+two\n"
                          " 3\n";

TEST(Patch, ChangesLines) {
  EXPECT_EQ(patched_text(k_one, {{"a", "1\n2\n3\n"}}), "a -> a: 1\ntwo\n3\n|\n");
}

TEST(Patch, NeedsNoLinesOfGit) {
  EXPECT_EQ(patched_text("--- a/a\t2024-01-01 00:00:00.000000000 +0000\n"
                         "+++ b/a\t2024-01-01 00:00:01.000000000 +0000\n"
                         "@@ -1 +1,2 @@\n"
                         "--- x\n"
                         "+++ y\n"
                         "+more\n"
                         "--- a/gone\n"
                         "+++ /dev/null\n"
                         "@@ -1 +0,0 @@\n"
                         "-gone\n"
                         "--- /dev/null\n"
                         "+++ b/d/new\n"
                         "@@ -0,0 +1 @@\n"
                         "+new\n"
                         "\\ No newline at end of file\n",
                         {{"a", "-- x\n"}, {"gone", "gone\n"}}),
            "a -> a: ++ y\nmore\n|\n"
            "gone -> : |\n"
            " -> d/new 0644: new|\n");
}

TEST(Patch, FitsOnlyWhereItSays) {
  EXPECT_EQ(patched_text(k_one, {{"a", "0\n1\n2\n3\n"}}), unfit("hunk 1 of a (@@ -1,3 +1,3 @@) does not fit"));
}

TEST(Patch, RenamesCopiesAndSetsModes) {
  EXPECT_EQ(patched_text("diff --git a/a b/b\nsimilarity index 100%\nrename from a\nrename to b\n"
                         "diff --git a/c b/d\nsimilarity index 50%\ncopy from c\ncopy to d\n"
                         "--- a/c\n+++ b/d\n@@ -1 +1 @@\n-c\n+d\n"
                         "diff --git a/tool b/tool\nold mode 100644\nnew mode 100755\n"
                         "diff --git a/run b/run\nnew file mode 100755\n--- /dev/null\n+++ b/run\n@@ -0,0 +1 @@\n+run\n"
                         "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+tool\n"
                         "\\ No newline at end of file\n",
                         {{"a", "a\n"}, {"c", "c\n"}, {"tool", "t\n"}}),
            "a -> b: a\n|\n"
            "c => d: d\n|\n"
            "tool -> tool 0755: t\n|\n"
            " -> run 0755: run\n|\n"
            " -> l link: tool|\n");
}

TEST(Patch, MakesNoLinkThatLeadsOut) {
  for (const auto* target : {"/etc/passwd", "../secret", "d/../../secret"})
    EXPECT_EQ(patched_text("diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+"
                               + std::string(target) + "\n\\ No newline at end of file\n",
                           {}),
              unfit("l would be a link that leads out of the context"))
        << target;
}

TEST(Patch, SaysWhichHunkDoesNotFit) {
  const std::string two = "--- a/a\n+++ b/a\n@@ -1,1 +1,1 @@\n-1\n+one\n@@ -3 +3 @@\n-4\n+four\n";
  EXPECT_EQ(patched_text(two, {{"a", "1\n2\n3\n"}}), unfit("hunk 2 of a (@@ -3,1 +3,1 @@) does not fit"));
  EXPECT_EQ(patched_text(two, {{"a", "1\n2\n4\n"}}), "a -> a: one\n2\nfour\n|\n");
}

TEST(Patch, SaysWhatItDoesNotFind) {
  EXPECT_EQ(patched_text(k_one, {}), unfit("there is no a in the context"));
  const std::string made = "--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+new\n";
  EXPECT_EQ(patched_text(made, {{"a", "old\n"}}), unfit("there is a a already"));
  EXPECT_EQ(patched_text(k_one + k_one, {{"a", "1\n2\n3\n"}}), unfit("it names a twice"));
  EXPECT_EQ(patched_text("hello\n", {}), unfit("no patch found"));
  EXPECT_EQ(patched_text("", {}), unfit("it has no file of a unified diff in it"));
  EXPECT_EQ(patched_text("--- a/a\n+++ b/a\n@@ -1,3 +1,1 @@\n-1\n", {{"a", "1\n"}}),
            unfit("invalid patch hunk, expected 3 old lines and 1 new lines"));
  EXPECT_EQ(patched_text("--- a/../a\n+++ b/../a\n@@ -1 +1 @@\n-1\n+2\n", {{"../a", "1\n"}}),
            unfit("../a: invalid path: '../a'"));
  EXPECT_EQ(patched_text("--- a\n+++ a\n@@ -1 +1 @@\n-1\n+2\n", {{"a", "1\n"}}),
            unfit("its paths have no first part to leave out, as a/ and b/ in git's"));
}

TEST(Patch, MakesNoSubmodule) {
  EXPECT_EQ(patched_text("diff --git a/s b/s\nnew file mode 160000\n--- /dev/null\n+++ b/s\n@@ -0,0 +1 @@\n"
                         "+Subproject commit 0123456789012345678901234567890123456789\n",
                         {}),
            unfit("s would be a submodule"));
}

TEST(Patch, MakesNoFileWhereAFolderHasToBe) {
  const std::string file = "--- /dev/null\n+++ b/d\n@@ -0,0 +1 @@\n+file\n";
  const std::string below = "--- /dev/null\n+++ b/d/e\n@@ -0,0 +1 @@\n+below\n";
  EXPECT_EQ(patched_text(file + below, {}), unfit("d is not there in the end"));
  EXPECT_EQ(patched_text(below + file, {}), unfit("d/e is not there in the end"));
}

TEST(Patch, KeepsTheSizeWhereItMust) {
  auto edit = patch_of(k_one);
  edit.keep_size = true;
  const auto found = patched(edit, [](const std::string& path) -> util::Result<std::optional<scenario::InlineFile>> {
    return scenario::InlineFile{path, "1\n2\n3\n", {}};
  });
  ASSERT_FALSE(found);
  EXPECT_EQ(util::to_text(found.error()), "x.yaml:7: the patch would change the size of a from 6 to 8 bytes");
}

} // namespace
} // namespace cacheproof::workspace
