// Docker engines: from a release archive, from Debian's packages, from one of two Go modules.
#include "toolchain/ask.hpp"
#include "toolchain/fixture.hpp"
#include "toolchain/sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace cacheproof::toolchain {
namespace {

using testing::Contains;
using testing::HasSubstr;

class ToolchainDocker : public ToolchainTest {
protected:
  /// As Debian's dockerd and one of a release say it.
  static std::string says(const std::string& version) {
    return "#!/bin/sh\necho 'Docker version " + version + ", build 297e128'\n";
  }
  /// An apt that has docker.io in that version, and packages with `files`.
  void apt(const std::string& version, const std::string& dockerd_says) {
    for (const auto* package : {"docker.io", "containerd"}) {
      const auto root = folder_.path() / "packages" / package;
      program(root / "DEBIAN" / "control",
              std::string("Package: ") + package
                  + "\nVersion: 1\nArchitecture: all\nMaintainer: x <x@y>\nDescription: x\n");
      if (package == std::string("containerd"))
        program(root / "usr/bin/containerd", "#!/bin/sh\n");
      else
        program(root / "usr/sbin/dockerd", says(dockerd_says));
    }
    const auto path = folder_.path() / "path";
    program(path / "apt-cache",
            "#!/bin/sh\n[ \"$LC_ALL\" = C ] || exit 1\nprintf '%s:\\n  Installed: (none)\\n  Candidate: %s\\n' \"$2\" '"
                + version + "'\n");
    program(path / "apt-get",
            "#!/bin/sh\nexec dpkg-deb -b '" + (folder_.path() / "packages").string() + "'/\"$3\" \"$3.deb\"\n");
  }
};

TEST_F(ToolchainDocker, OfAReleaseBringsItsContainerdAlong) {
  answer_ = {
      .body = tarball({{"docker/dockerd", says("28.5.2")}, {"docker/containerd", "#!/bin/sh\n"}, {"docker/ctr", "x"}})};
  const auto kit = install_with(false, "28.5.2", Kind::docker);
  ASSERT_TRUE(kit) << util::to_text(kit.error());
  EXPECT_THAT(asked_, Contains("/docker-28.5.2.tgz"));
  EXPECT_TRUE(fs::exists(kit->program("containerd")));
  EXPECT_FALSE(fs::exists(kit->program("ctr")));
  fs::resize_file(kit->program("containerd"), 1);
  EXPECT_THAT(verify(Kind::docker, "v28.5.2").error().what, HasSubstr("containerd has 1 bytes where"));
}

TEST_F(ToolchainDocker, OfDebianIsUnpackedAndNotInstalled) {
  answer_ = {.status = 404};
  apt("20.10.24+dfsg1-1+deb12u1", "20.10.24+dfsg1");
  const auto kit = install_with(false, "v20.10.24", Kind::docker);
  ASSERT_TRUE(kit) << util::to_text(kit.error());
  EXPECT_EQ(kit->source, "Debian package docker.io 20.10.24+dfsg1-1+deb12u1");
  EXPECT_TRUE(fs::exists(kit->program("containerd")));
  EXPECT_TRUE(find(Kind::docker, "v20.10.24"));
}

TEST_F(ToolchainDocker, OfDebianInAnotherVersionIsNotTaken) {
  answer_ = {.status = 404};
  apt("26.1.5+dfsg1-9", "26.1.5+dfsg1");
  const auto kit = install_with(false, "v20.10.24", Kind::docker);
  ASSERT_FALSE(kit);
  EXPECT_THAT(kit.error().tried, HasSubstr("the Debian package did not work: apt has docker.io 26.1.5+dfsg1-9"));
}

TEST_F(ToolchainDocker, OfAModuleThatCannotBeHadIsNotTried) {
  answer_ = {.status = 404};
  apt("26.1.5+dfsg1-9", "26.1.5+dfsg1");
  const auto kit = install_with(true, "v24.0.9", Kind::docker);
  ASSERT_FALSE(kit);
  EXPECT_THAT(kit.error().tried, HasSubstr("the Go module is left out: it has none before v25.0.0"));
}

TEST(DockerModule, IsAnotherOneFrom29On) {
  const auto name = [](const std::string& version, const std::string& tag) {
    const auto [path, of] = module_of({recipe(Kind::docker), version, {.release = {}, .module = {}, .tag = tag}});
    return path + "@" + of;
  };
  EXPECT_EQ(name("v28.5.2", ""), "github.com/docker/docker@v28.5.2+incompatible");
  EXPECT_EQ(name("v29.2.0", "v2.0.0-beta.6"), "github.com/moby/moby/v2@v2.0.0-beta.6");
}

TEST(DockerRelease, LiesInAChannel) {
  const auto url = [](const std::string& version) { return release_url({recipe(Kind::docker), version, {}}, {}); };
  EXPECT_THAT(url("v28.5.2"),
              testing::MatchesRegex("https://download.docker.com/linux/static/stable/[a-z0-9_]+/docker-28.5.2.tgz"));
  EXPECT_THAT(url("v27.0.0-rc.1"), HasSubstr("/static/test/"));
}

TEST(DockerEngine, HasABuildKit) {
  for (const auto& version : pinned(Kind::docker)) EXPECT_THAT(embedded_buildkit(version), testing::StartsWith("v0."));
  EXPECT_EQ(embedded_buildkit("v1.2.3"), "");
}

} // namespace
} // namespace cacheproof::toolchain
