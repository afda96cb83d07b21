#include "util/hash.hpp"
#include "workspace/context_fixture.hpp"

#include <array>
#include <cstdio>
#include <memory>
#include <string>

namespace cacheproof::workspace {
namespace {

namespace fs = std::filesystem;
using FileKind = scenario::InlineFile::Kind;
constexpr std::int64_t k_inline_time = 1'577'836'800'000'000'000; // 2020-01-01T00:00:00Z

class InlineFiles : public ContextFixture {};

TEST_F(InlineFiles, AreTheSameOnEveryMachine) {
  const Umask mask(077);
  made(scenario::InlineFiles{{"Dockerfile", "FROM scratch\n", {}}, {"src/deep/a.txt", "${X}", {}}});
  for (const auto* folder : {"", "src", "src/deep"}) {
    EXPECT_EQ(mode(ours(folder)), 0755U) << folder;
    EXPECT_EQ(mtime(ours(folder)), k_inline_time) << folder;
  }
  for (const auto* file : {"Dockerfile", "src/deep/a.txt"}) {
    EXPECT_EQ(mode(ours(file)), 0644U) << file;
    EXPECT_EQ(mtime(ours(file)), k_inline_time) << file;
  }
  EXPECT_EQ(content(ours("Dockerfile")), "FROM scratch\n");
  EXPECT_EQ(content(ours("src/deep/a.txt")), "${X}");
}

scenario::InlineFile file_of(std::string path, std::string text) {
  return {std::move(path), std::move(text), {"x.yaml", 3, 5}};
}
scenario::InlineFile file_of(std::string path, FileKind kind, std::string text = {}) {
  auto file = file_of(std::move(path), std::move(text));
  file.kind = kind;
  return file;
}
TEST_F(InlineFiles, HaveTheModesAndTimesThatTheScenarioGivesThem) {
  const Umask mask(077);
  auto tool = file_of("bin/tool", "#!/bin/sh\n");
  tool.mode = 04751;
  tool.mtime = 1'234'567'890'123'456'789;
  auto folder = file_of("bin", FileKind::folder);
  folder.mode = 0500;
  folder.mtime = 1'000'000'000'000'000'001;
  auto link = file_of("link", FileKind::symlink, "bin/tool");
  link.mtime = 7'000'000'000;
  made(scenario::InlineFiles{tool,
                             file_of("twin", FileKind::hardlink, "later"),
                             link,
                             folder,
                             file_of("empty/deep", FileKind::folder),
                             file_of("later", "one file")});
  EXPECT_EQ(mode(ours("bin/tool")), 04751U);
  EXPECT_EQ(mtime(ours("bin/tool")), 1'234'567'890'123'456'789);
  EXPECT_EQ(mode(ours("bin")), 0500U);
  EXPECT_EQ(mtime(ours("bin")), 1'000'000'000'000'000'001);
  EXPECT_EQ(fs::read_symlink(ours("link")), "bin/tool");
  EXPECT_EQ(mtime(ours("link")), 7'000'000'000);
  EXPECT_EQ(mode(ours("empty/deep")), 0755U);
  EXPECT_EQ(mtime(ours("empty")), k_inline_time);
  EXPECT_EQ(mtime(ours("")), k_inline_time);
  EXPECT_EQ(facts(ours("twin")).st_ino, facts(ours("later")).st_ino);
  EXPECT_EQ(mtime(ours("twin")), k_inline_time);
}

/// What `tar` lists of an archive, its time zone UTC.
std::string listed(const fs::path& archive) {
  const auto command = "TZ=UTC tar --full-time --numeric-owner -tvf '" + archive.string() + "' 2>&1";
  const std::unique_ptr<FILE, int (*)(FILE*)> out(popen(command.c_str(), "r"), pclose);
  std::string text;
  for (std::array<char, 256> piece{}; fgets(piece.data(), piece.size(), out.get());) text += piece.data();
  return text;
}

TEST_F(InlineFiles, HoldArchivesThatAreTheSameBytesOnEveryMachine) {
  auto archive = file_of("app.tar.gz", FileKind::archive);
  auto folder = file_of("etc", FileKind::folder);
  folder.mtime = 1;
  auto script = file_of("etc/run", "run\n");
  script.mode = 0755;
  script.mtime = 1'000'000'000'500'000'000;
  archive.files = {folder,
                   file_of("etc/twin", FileKind::hardlink, "etc/run"),
                   script,
                   file_of("etc/link", FileKind::symlink, "run")};
  auto plain = archive;
  plain.path = "app.tar";
  made(scenario::InlineFiles{archive, plain});
  const auto* const expected =
      "drwxr-xr-x 0/0               0 1970-01-01 00:00:00.000000001 etc/\n"
      "-rwxr-xr-x 0/0               4 2001-09-09 01:46:40.5         etc/run\n"
      "lrwxrwxrwx 0/0               0 2020-01-01 00:00:00           etc/link -> run\n"
      "hrw-r--r-- 0/0               0 2020-01-01 00:00:00           etc/twin link to etc/run\n";
  EXPECT_EQ(listed(ours("app.tar.gz")), expected);
  EXPECT_EQ(listed(ours("app.tar")), expected);
  EXPECT_EQ(mode(ours("app.tar.gz")), 0644U);
  EXPECT_EQ(mtime(ours("app.tar.gz")), k_inline_time);
  EXPECT_EQ(util::sha256_file(ours("app.tar")).value(),
            "e5b7528c2b3401452180c1362b85db9da3979b79e9395685ca33168fec31f95b");
  EXPECT_LT(fs::file_size(ours("app.tar.gz")), 1000U) << "nothing pads it";
  EXPECT_EQ(content(ours("app.tar.gz")).substr(0, 9), std::string("\x1F\x8B\x08\0\0\0\0\0\0", 9))
      << "gzip's header without a name and a time (RFC 1952)";
}

} // namespace
} // namespace cacheproof::workspace
