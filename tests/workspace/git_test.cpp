#include "workspace/git_fixture.hpp"
#include "workspace/original.hpp"
#include "workspace/texts.hpp"

#include <string>

namespace cacheproof::workspace {
namespace {

namespace fs = std::filesystem;

TEST_F(GitContext, HoldsTheFilesOfACommitAndNothingOfGit) {
  const Umask mask(077);
  put(users("Dockerfile"), "FROM scratch");
  put(users("bin/tool"), "tool");
  chmod(users("bin/tool").c_str(), 0755);
  chmod(users("Dockerfile").c_str(), 0640);
  fs::create_symlink("bin/tool", users("link"));
  const auto first = commit();
  put(users("Dockerfile"), "FROM alpine\n");
  put(users("untracked"), "u");
  const auto before = fingerprint(users()).value();
  made(source(first));
  EXPECT_EQ(listing(), "0644 Dockerfile: FROM scratch\n0755 bin/tool: tool\nlink link: bin/tool\n");
  EXPECT_EQ(mode(ours("bin")), 0755U);
  EXPECT_EQ(mode(ours()), 0755U);
  EXPECT_EQ(fingerprint(users()).value(), before) << "the user's repository is only read";
}

TEST_F(GitContext, IsNamedByCommitTagOrBranch) {
  put(users("a"), "1");
  const auto first = commit();
  git("tag -a -m x v1");
  git("branch side");
  put(users("a"), "2");
  commit();
  for (const auto& name : {first, first.substr(0, 10), std::string("v1"), std::string("side"), std::string("main~1")}) {
    made(source(name));
    EXPECT_EQ(listing(), "0644 a: 1\n") << name;
    fs::remove_all(ours());
  }
  made(source("main"));
  EXPECT_EQ(listing(), "0644 a: 2\n");
}

TEST_F(GitContext, MayBeABareRepository) {
  put(users("a"), "1");
  commit();
  git("clone -q --bare . bare.git");
  made(scenario::GitSource{users("bare.git").string(), false, "main", {}});
  EXPECT_EQ(listing(), "0644 a: 1\n");
}

TEST_F(GitContext, SaysWhatItDoesNotFind) {
  EXPECT_EQ(refusal("main"), "x.yaml:2: the repository " + users().string() + " has no commit 'main'");
  put(users("a"), "1");
  commit();
  EXPECT_EQ(refusal("HEAD:a"), "x.yaml:2: the repository " + users().string() + " has no commit 'HEAD:a'");
  const auto none =
      Context::materialise(scenario::GitSource{outside().string(), false, "main", {"x.yaml", 2, 6}}, ours());
  ASSERT_FALSE(none);
  EXPECT_EQ(util::to_text(none.error()), "x.yaml:2: there is no git repository at " + outside().string());
  EXPECT_EQ(none.error().blame, util::Blame::input);
}

TEST_F(GitContext, HasNoSubmodules) {
  put(users("a"), "1");
  const auto first = commit();
  git("update-index --add --cacheinfo 160000," + first + ",deps/lib");
  git("commit -q -m x");
  EXPECT_EQ(refusal("main"),
            "x.yaml:2: the commit 'main' has a submodule at deps/lib\n"
            "  to do: submodules are not checked out: name a commit without one, or use a folder as the context");
}

class Checkout : public GitContext {
protected:
  void SetUp() override {
    GitContext::SetUp();
    if (IsSkipped()) return;
    put(users("same"), "same");
    put(users("changed"), "1");
    put(users("gone/deep/file"), "gone");
    put(users("was_file"), "f");
    fs::create_symlink("same", users("link"));
    first_ = commit();
    put(users("changed"), "2");
    chmod(users("changed").c_str(), 0755);
    fs::remove_all(users("gone"));
    fs::remove(users("was_file"));
    put(users("was_file/now_folder"), "n");
    fs::remove(users("link"));
    fs::create_symlink("changed", users("link"));
    put(users("new"), "new");
    second_ = commit();
  }
  std::string first_;
  std::string second_;
};

TEST_F(Checkout, ChangesWhatDiffersAndNothingElse) {
  const Umask mask(077);
  auto context = made(source(first_));
  const auto before = listing();
  age(ours("same"), k_long_ago);
  age(ours("changed"), k_long_ago);
  EXPECT_EQ(apply(context, checkout(second_)), "checkout " + second_ + " (6 changed)");
  EXPECT_EQ(listing(),
            "0755 changed: 2\nlink link: changed\n0644 new: new\n0644 same: same\n0644 was_file/now_folder: n\n");
  EXPECT_FALSE(fs::exists(ours("gone"))) << "git leaves no empty folder";
  EXPECT_EQ(mtime(ours("same")), k_long_ago);
  EXPECT_NE(mtime(ours("changed")), k_long_ago) << "as git does, a changed file has the time of now";
  EXPECT_EQ(apply(context, checkout(first_)), "checkout " + first_ + " (6 changed)");
  EXPECT_EQ(listing(), before);
}

TEST_F(Checkout, IsToldInMemoryToo) {
  const auto context = original(source(first_)).value();
  const auto text = [&](const std::vector<scenario::Edit>& edits, const std::string& path) {
    const auto result = text_after(edits, path, context);
    return result ? result->value_or("(not there)") : util::to_text(result.error());
  };
  EXPECT_EQ(text({}, "link"), "same");
  EXPECT_EQ(text({checkout(second_)}, "link"), "2");
  EXPECT_EQ(text({checkout(second_)}, "was_file"), "(not there)");
  EXPECT_EQ(text({checkout(second_)}, "was_file/now_folder"), "n");
  EXPECT_EQ(text({checkout(second_), checkout("main~1")}, "gone/deep/file"), "gone");
  EXPECT_EQ(text({edit(Kind::append, "changed", "!"), checkout(second_)}, "same"),
            "x.yaml:7: the checkout of " + second_ + " would overwrite changed, which was edited");
}

TEST_F(Checkout, KeepsWhatWasEditedAsGitDoes) {
  auto context = made(source(first_));
  EXPECT_EQ(apply(context, checkout(first_)), "x.yaml:7: the checkout of " + first_ + " changes nothing");
  EXPECT_EQ(apply(context, checkout("nowhere")),
            "x.yaml:7: the repository " + users().string() + " has no commit 'nowhere'");
  apply(context, edit(Kind::append, "same", "!"));
  apply(context, edit(Kind::write, "new", "mine"));
  EXPECT_EQ(apply(context, checkout(second_)),
            "x.yaml:7: the checkout of " + second_ + " would overwrite new, which no commit has made");
  apply(context, edit(Kind::remove, "new"));
  EXPECT_EQ(apply(context, checkout(second_)), "checkout " + second_ + " (6 changed)");
  EXPECT_EQ(content(ours("same")), "same!");
}

TEST_F(Checkout, NeedsAGitContext) {
  put(users("sub/a"), "1");
  auto context = made(users("sub"));
  EXPECT_EQ(apply(context, checkout("main")), "x.yaml:7: the checkout of main needs a git context");
}

} // namespace
} // namespace cacheproof::workspace
