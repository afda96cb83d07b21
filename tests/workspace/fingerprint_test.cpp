#include "workspace/context_fixture.hpp"

#include <unistd.h>

#include <chrono>
#include <thread>

namespace cacheproof::workspace {
namespace {

namespace fs = std::filesystem;

class Fingerprints : public ContextFixture {
protected:
  void SetUp() override {
    put(users("sub/file"), "text");
    fs::create_symlink("file", users("sub/link"));
    for (const auto* path : {"sub/file", "sub/link", "sub"}) age(users(path), 1'000'000'000'000'000'000);
  }
  evidence::FileState state(const std::string& path) const { return fingerprint(users()).value().files.at(path); }
};

TEST_F(Fingerprints, HoldEveryPathWithAllThatABuildMayDependOn) {
  chmod(users("sub/file").c_str(), 0640);
  const auto all = fingerprint(users()).value();
  ASSERT_EQ(all.files.size(), 3U);
  EXPECT_EQ(all.files.at("sub").type, "dir");
  EXPECT_EQ(all.files.at("sub/link").type, "link");
  EXPECT_EQ(all.files.at("sub/link").link, "file");
  EXPECT_EQ(all.files.at("sub/file"),
            (evidence::FileState{"file",
                                 0640,
                                 geteuid(),
                                 facts(users("sub/file")).st_gid,
                                 4,
                                 1'000'000'000'000'000'000,
                                 "",
                                 "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"}));
}

TEST_F(Fingerprints, SeeContentOfEqualSizeAndTime) {
  const auto before = state("sub/file");
  put(users("sub/file"), "TEXT");
  age(users("sub/file"), before.mtime);
  EXPECT_EQ(state("sub/file").size, before.size);
  EXPECT_NE(state("sub/file"), before);
}

TEST_F(Fingerprints, SeeSizes) {
  const auto before = state("sub/file");
  put(users("sub/file"), "text!");
  EXPECT_EQ(before.size, 4U);
  EXPECT_EQ(state("sub/file").size, 5U);
}

TEST_F(Fingerprints, SeeModesOfFilesAndFolders) {
  chmod(users("sub").c_str(), 0755);
  chmod(users("sub/file").c_str(), 0644);
  const auto before = fingerprint(users()).value();
  chmod(users("sub/file").c_str(), 0755);
  EXPECT_NE(fingerprint(users()).value(), before);
  chmod(users("sub/file").c_str(), 0644);
  EXPECT_EQ(fingerprint(users()).value(), before);
  chmod(users("sub").c_str(), 0700);
  EXPECT_NE(fingerprint(users()).value(), before);
}

TEST_F(Fingerprints, SeeOneNanosecond) {
  const auto before = fingerprint(users()).value();
  age(users("sub/file"), 1'000'000'000'000'000'001);
  EXPECT_NE(fingerprint(users()).value(), before);
}

TEST_F(Fingerprints, SeeWhereALinkLeads) {
  const auto before = state("sub/link");
  fs::remove(users("sub/link"));
  fs::create_symlink("life", users("sub/link"));
  age(users("sub/link"), before.mtime);
  EXPECT_NE(state("sub/link"), before);
}

TEST_F(Fingerprints, DoNotFollowLinks) {
  put(outside("file"), "f");
  fs::create_directory_symlink(outside(), users("out"));
  EXPECT_EQ(state("out").type, "link");
  EXPECT_FALSE(fingerprint(users()).value().files.contains("out/file"));
}

TEST_F(Fingerprints, TakenAgainSeeAnEditThatKeepsInodeSizeAndTime) {
  auto context = copied();
  const auto path = ours("sub/file");
  std::this_thread::sleep_for(std::chrono::milliseconds(30)); // older files are remembered
  const auto before = context.fingerprint().value();
  EXPECT_EQ(context.fingerprint().value(), before);

  const auto inode = facts(path).st_ino;
  const util::Fd file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(write(file.get(), "TEXT", 4), 4);
  age(path, before.files.at("sub/file").mtime);
  ASSERT_EQ(facts(path).st_ino, inode);
  EXPECT_NE(context.fingerprint().value(), before);
  EXPECT_EQ(context.fingerprint().value(), fingerprint(ours()).value());
}

TEST_F(Fingerprints, TakenAgainSeeWhatJustChangedTwice) {
  auto context = copied();
  for (const auto* text : {"one.", "two.", "3333"}) { // within one tick of the kernel's clock
    const util::Fd file(open(ours("sub/file").c_str(), O_WRONLY | O_CLOEXEC));
    ASSERT_EQ(write(file.get(), text, 4), 4);
    age(ours("sub/file"), 1'000'000'000'000'000'000);
    EXPECT_EQ(context.fingerprint().value(), fingerprint(ours()).value()) << text;
  }
}

TEST_F(Fingerprints, OfAFolderThatIsMissingAreAnError) {
  EXPECT_EQ(fingerprint(users("nowhere")).error().what,
            "cannot read " + users("nowhere").string() + ": No such file or directory");
}

} // namespace
} // namespace cacheproof::workspace
