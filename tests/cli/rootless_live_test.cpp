// A plain user, without sudo.
#include "cli/program_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pwd.h>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// The program as nobody runs it, from a copy that everybody may read.
class RootlessLive : public ProgramTest {
protected:
  void SetUp() override {
    skip_without_root();
    const auto* nobody = getpwnam("nobody");
    ASSERT_NE(nobody, nullptr);
    become_ = {"setpriv",
               fmt::format("--reuid={}", nobody->pw_uid),
               fmt::format("--regid={}", nobody->pw_gid),
               "--clear-groups"};
    fs::permissions(folder_.path(), fs::perms(0755));
    fs::copy_file(CACHEPROOF_PROGRAM, folder_.path() / "cacheproof");
    make_directories("home");
    EXPECT_EQ(chown((folder_.path() / "home").c_str(), nobody->pw_uid, nobody->pw_gid), 0);
  }

  /// From now on nobody has ids for a user namespace: in a file that only what the test runs sees.
  void give_ids() {
    write("ids", "nobody:100000:65536\n");
    fs::permissions(folder_.path() / "ids", fs::perms(0644));
    const std::string script = "mount --bind \"$0\" /etc/subuid; mount --bind \"$0\" /etc/subgid; exec \"$@\"";
    become_.insert(become_.begin(), {"unshare", "--mount", "sh", "-ec", script, (folder_.path() / "ids").string()});
  }

  process::Finished run_plainly(const std::vector<std::string>& words) const {
    auto command = this->command({});
    command.argv = become_;
    command.argv.insert(command.argv.end(), words.begin(), words.end());
    command.environment->erase("SUDO_UID");
    (*command.environment)["HOME"] = (folder_.path() / "home").string();
    (*command.environment)["PATH"] = "/usr/local/bin:/usr/bin:/bin";
    command.directory = folder_.path() / "home";
    return process::run(command, {.timeout = std::chrono::minutes(2)}).value();
  }
  process::Finished run_program(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), (folder_.path() / "cacheproof").string());
    return run_plainly(arguments);
  }

  std::vector<std::string> become_; ///< the words before a command of nobody's
};

TEST_F(RootlessLive, SaysWhatAUserLacks) {
  const auto file = (folder_.path() / write("plain.yaml", k_plain)).string();
  const auto played = run_program({"run", file});
  EXPECT_EQ(played.exit.code, 2);
  EXPECT_THAT(played.err, HasSubstr("playing scenarios needs root"));
  EXPECT_THAT(played.err, HasSubstr("nobody has no ids in /etc/subuid and /etc/subgid"));
  EXPECT_THAT(played.err, HasSubstr("usermod --add-subuids 100000-165535 --add-subgids 100000-165535 nobody"));
  const auto examined = run_program({"doctor"});
  EXPECT_EQ(examined.exit.code, 2);
  EXPECT_THAT(examined.out, HasSubstr("nobody has no ids in /etc/subuid and /etc/subgid"));
}

// Its exit code is that of a claim that failed.
TEST_F(RootlessLive, ANamespaceThatIsRefusedIsABrokenRig) {
  if (!process::find_program("newuidmap")) GTEST_SKIP() << "needs uidmap";
  give_ids();
  write("path/rootlesskit", "#!/bin/sh\necho '[rootlesskit:parent] error: operation not permitted' >&2\nexit 1\n");
  for (const auto* name : {"path", "path/rootlesskit"}) fs::permissions(folder_.path() / name, fs::perms(0755));
  const auto file = (folder_.path() / write("plain.yaml", k_plain)).string();
  const auto path = "PATH=" + (folder_.path() / "path").string() + ":/usr/local/bin:/usr/bin:/bin";
  const auto played = run_plainly({"env", path, (folder_.path() / "cacheproof").string(), "run", file});
  EXPECT_EQ(played.exit.code, 2) << played.out << played.err;
  EXPECT_THAT(played.err,
              HasSubstr("rootlesskit does not get here: [rootlesskit:parent] error: operation not permitted"));
  EXPECT_THAT(played.err, HasSubstr("--security-opt systempaths=unconfined"));
}

TEST_F(RootlessLive, AUserWithRootlesskitPlaysWithoutRoot) {
  if (!process::find_program("rootlesskit")) GTEST_SKIP() << "needs rootlesskit";
  give_ids();
  const auto tried = run_plainly({"rootlesskit", "--net=host", "--state-dir=probe", "true"});
  if (!tried.exit.ok()) GTEST_SKIP() << "rootlesskit does not work here: " << tried.err;
  const auto bin = run({"toolchain", "path"}).out;
  ASSERT_NE(bin, "");
  fs::copy(util::lines(bin).front(), folder_.path() / "bin");
  const auto file = (folder_.path() / write("plain.yaml", k_plain)).string();
  const auto kit = "path:" + (folder_.path() / "bin").string();
  const auto played = run_program({"run", file, "--buildkit", kit});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("1 passed"));
  EXPECT_EQ(run_program({"clean"}).out, "nothing was left behind\n");

  const auto wrong = (folder_.path() / write("wrong.yaml", with_second_round("rebuilt: none"))).string();
  EXPECT_EQ(run_program({"run", wrong, "--buildkit", kit}).exit.code, 1) << "the exit code comes through";
  const auto needs = (folder_.path() / write("needs.yaml", "requires: {root: true}\n" + k_plain)).string();
  EXPECT_THAT(run_program({"run", needs, "--buildkit", kit}).out, HasSubstr("needs root true, this is false"));
  EXPECT_THAT(run_program({"doctor"}).out, HasSubstr("rootlesskit gives a namespace in which it is like root"));
}

} // namespace
} // namespace cacheproof
