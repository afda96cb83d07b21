// A plain user, without sudo.
#include "cli/program_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pwd.h>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// The program as that user runs it, from a copy that they may read.
class RootlessLive : public ProgramTest {
protected:
  void SetUp() override { skip_without_root(); }

  process::Finished run_as(const passwd& user, std::vector<std::string> arguments) const {
    fs::permissions(folder_.path(), fs::perms(0755));
    fs::copy_file(CACHEPROOF_PROGRAM, folder_.path() / "cacheproof", fs::copy_options::overwrite_existing);
    const auto home = folder_.path() / "home";
    make_directories("home");
    EXPECT_EQ(chown(home.c_str(), user.pw_uid, user.pw_gid), 0);
    auto all = command(std::move(arguments));
    all.argv[0] = (folder_.path() / "cacheproof").string();
    all.argv.insert(
        all.argv.begin(),
        {"setpriv", fmt::format("--reuid={}", user.pw_uid), fmt::format("--regid={}", user.pw_gid), "--clear-groups"});
    all.environment->erase("SUDO_UID");
    (*all.environment)["HOME"] = home.string();
    (*all.environment)["PATH"] = "/usr/local/bin:/usr/bin:/bin";
    all.directory = home;
    return process::run(all, {.timeout = std::chrono::minutes(2)}).value();
  }
};

TEST_F(RootlessLive, SaysWhatAUserLacks) {
  const auto* nobody = getpwnam("nobody");
  ASSERT_NE(nobody, nullptr);
  const auto file = (folder_.path() / write("plain.yaml", k_plain)).string();
  const auto played = run_as(*nobody, {"run", file});
  EXPECT_EQ(played.exit.code, 2);
  EXPECT_THAT(played.err, HasSubstr("playing scenarios needs root"));
  EXPECT_THAT(played.err, HasSubstr("nobody has no ids in /etc/subuid and /etc/subgid"));
  EXPECT_THAT(played.err, HasSubstr("usermod --add-subuids 100000-165535 --add-subgids 100000-165535 nobody"));
  const auto examined = run_as(*nobody, {"doctor"});
  EXPECT_EQ(examined.exit.code, 2);
  EXPECT_THAT(examined.out, HasSubstr("nobody has no ids in /etc/subuid and /etc/subgid"));
}

TEST_F(RootlessLive, AUserWithRootlesskitPlaysWithoutRoot) {
  const char* name = std::getenv("CACHEPROOF_TEST_USER");
  if (!name) GTEST_SKIP() << "CACHEPROOF_TEST_USER names no user with ids in /etc/subuid, for whom rootlesskit works";
  const auto* user = getpwnam(name);
  ASSERT_NE(user, nullptr) << name;
  const auto bin = run({"toolchain", "path"}).out;
  ASSERT_NE(bin, "");
  fs::copy(util::lines(bin).front(), folder_.path() / "bin");
  const auto file = (folder_.path() / write("plain.yaml", k_plain)).string();
  const auto kit = "path:" + (folder_.path() / "bin").string();
  const auto played = run_as(*user, {"run", file, "--buildkit", kit});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("1 passed"));
  EXPECT_EQ(run_as(*user, {"clean"}).out, "nothing was left behind\n");

  const auto wrong = (folder_.path() / write("wrong.yaml", with_second_round("rebuilt: none"))).string();
  EXPECT_EQ(run_as(*user, {"run", wrong, "--buildkit", kit}).exit.code, 1) << "the exit code comes through";
  const auto needs = (folder_.path() / write("needs.yaml", "requires: {root: true}\n" + k_plain)).string();
  EXPECT_THAT(run_as(*user, {"run", needs, "--buildkit", kit}).out, HasSubstr("needs root true, this is false"));
  EXPECT_THAT(run_as(*user, {"doctor"}).out, HasSubstr("rootlesskit gives a namespace in which it is like root"));
}

} // namespace
} // namespace cacheproof
