#include "process/command.hpp"
#include "process/process.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace cacheproof::process {
namespace {

TEST(CommandLine, ReadsLikeAHandWrittenOne) {
  EXPECT_EQ(to_line({.argv = {"buildctl", "--addr=unix:///x/s.sock", "two words", "it's", ""}}),
            R"(buildctl --addr=unix:///x/s.sock 'two words' 'it'\''s' '')");
  EXPECT_EQ(to_line({.argv = {"prog", "$HOME"}, .environment = {{{"A", "b"}, {"C", "d e"}}}, .directory = "/x y"}),
            "cd '/x y' && env -i A=b 'C=d e' prog '$HOME'");
  EXPECT_EQ(to_line({.argv = {"a=b"}}), "'a=b'");
}

TEST(CommandLine, PastesBackThroughAShell) {
  const auto folder = util::TempDir::create(std::filesystem::temp_directory_path(), "it's a -");
  ASSERT_TRUE(folder);
  const Command command{
      .argv = {"/usr/bin/printf", "%s|", "a b", "", "'", "\"", "\\", "$(x)", "`y`", "*", "~", "new\nline", "é"},
      .environment = {{{"PATH", "/usr/bin:/bin"}, {"ODD", "'$\n\\"}}},
      .directory = folder->path()};
  const auto direct = run(command);
  const auto pasted = run({.argv = {"/bin/sh", "-c", to_line(command)}});
  ASSERT_TRUE(direct && pasted);
  EXPECT_TRUE(direct->exit.ok());
  EXPECT_EQ(pasted->out, direct->out);
  EXPECT_EQ(pasted->exit, direct->exit);

  Command environment = command;
  environment.argv = {"env", "-0"};
  EXPECT_EQ(run({.argv = {"/bin/sh", "-c", to_line(environment)}})->out, run(environment)->out);
  environment.argv = {"pwd"};
  EXPECT_EQ(run({.argv = {"/bin/sh", "-c", to_line(environment)}})->out, run(environment)->out);
}

TEST(FindProgram, TakesTheFirstExecutableFile) {
  const auto folder = util::TempDir::create();
  ASSERT_TRUE(folder);
  const auto first = folder->path() / "first";
  const auto second = folder->path() / "second";
  std::filesystem::create_directories(first / "prog-a"); // a folder is no program
  std::filesystem::create_directories(second);
  std::ofstream(first / "prog-b") << "not executable";
  for (const auto* name : {"prog-a", "prog-b"}) {
    std::ofstream(second / name) << "#!/bin/sh\n";
    std::filesystem::permissions(second / name, std::filesystem::perms::owner_all);
  }
  const std::string path = first.string() + ":" + second.string();
  EXPECT_EQ(find_program("prog-a", path), second / "prog-a");
  EXPECT_EQ(find_program("prog-b", path), second / "prog-b");
  EXPECT_EQ(find_program("prog-c", path), std::nullopt);
  EXPECT_EQ(find_program((second / "prog-a").string(), ""), second / "prog-a");
  EXPECT_TRUE(find_program("sh"));
}

} // namespace
} // namespace cacheproof::process
