#pragma once

#include "workspace/context_fixture.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace cacheproof::workspace {

/// A repository that git itself has made.
class GitContext : public ContextFixture {
protected:
  void SetUp() override {
    if (std::system("git --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "there is no git";
    std::filesystem::create_directories(users());
    git("init -q -b main .");
  }

  /// What a shell line with git prints in the user's folder, without the last line end.
  std::string shell(const std::string& line) const {
    const auto command = "cd '" + users().string()
                         + "' && export HOME=. GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a "
                           "GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a && { "
                         + line + "\n} 2>&1";
    std::unique_ptr<FILE, int (*)(FILE*)> out(popen(command.c_str(), "r"), pclose);
    std::string text;
    for (std::array<char, 256> piece{}; fgets(piece.data(), piece.size(), out.get());) text += piece.data();
    EXPECT_EQ(pclose(out.release()), 0) << line << "\n" << text;
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }
  std::string git(const std::string& arguments) const { return shell("git " + arguments); }
  std::string commit() const {
    git("add -A");
    git("commit -q -m x");
    return git("rev-parse HEAD");
  }

  scenario::GitSource source(const std::string& commit) const {
    return {users().string(), false, commit, {"x.yaml", 2, 6}};
  }
  static scenario::Edit checkout(const std::string& commit) {
    auto change = edit(Kind::checkout, "");
    change.text = commit;
    return change;
  }
  std::string refusal(const std::string& commit) const {
    const auto context = Context::materialise(source(commit), ours());
    return context ? "it is there" : util::to_text(context.error());
  }

  /// Paths with git's modes and their texts, but for times what a checkout is about.
  std::string listing() const {
    std::string all;
    const auto all_files = fingerprint(ours()).value();
    for (const auto& [path, state] : all_files.files) {
      char bits[8];
      snprintf(bits, sizeof bits, "%04o ", state.mode);
      if (state.type != "dir") all += (state.type == "link" ? "link " : bits) + path + ": " + content_of(path) + "\n";
    }
    return all;
  }
  std::string content_of(const std::string& path) const {
    return std::filesystem::is_symlink(ours(path)) ? std::filesystem::read_symlink(ours(path)).string()
                                                   : content(ours(path));
  }
};

} // namespace cacheproof::workspace
