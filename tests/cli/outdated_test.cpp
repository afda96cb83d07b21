// `toolchain outdated` and `toolchain pin`: hosts of releases and a go of our own say what there is.
#include "cli/program_fixture.hpp"
#include "http/server.hpp"
#include "toolchain/toolchain.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <mutex>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using toolchain::Kind;

/// `list` says what `listed` has; `mod download` has every module but docker/docker from 29 on, and Docker 30.
constexpr const char* k_go = R"(#!/bin/sh
case $1 in
env) printf 'go1.26.8\nauto\noff\n' ;;
list) echo "$4" $(cat "$here/listed" 2>/dev/null) ;;
mod)
  case $4 in *docker/docker@v29.*|*v30.*) printf '{"Error": "unknown revision"}\n'; exit 1 ;; esac
  mkdir -p "$here/module"
  printf 'module x\n\nrequire (\n\tgithub.com/moby/buildkit v0.26.1 // of it\n)\n' >"$here/module/vendor.mod"
  printf '{"Dir": "%s", "Sum": "h1:of-%s=", "Version": "v2.7.0"}\n' "$here/module" "${4##*@}" ;;
esac
)";

class Outdated : public ProgramTest {
protected:
  void SetUp() override {
    write("path/go", k_go);
    fs::permissions(folder_.path() / "path/go", fs::perms::owner_all);
    for (const auto kind : {Kind::buildkit, Kind::buildx, Kind::registry, Kind::docker})
      release(kind, {toolchain::default_version(kind)});
    list({toolchain::default_version(Kind::frontend)});
  }
  void release(Kind kind, const std::vector<std::string>& versions) {
    const std::lock_guard lock(mutex_);
    auto json = nlohmann::json::array();
    for (const auto& version : versions) json.push_back({{"tag_name", version}});
    released_[repository(kind)] = json.dump();
  }
  void silence(Kind kind) {
    const std::lock_guard lock(mutex_);
    released_.erase(repository(kind));
  }
  /// Of the Go modules, whichever it is.
  void list(const std::vector<std::string>& versions) { write("listed", util::join(versions, " ")); }
  static std::string repository(Kind kind) {
    return kind == Kind::buildkit ? "moby/buildkit"
           : kind == Kind::buildx ? "docker/buildx"
           : kind == Kind::docker ? "moby/moby"
                                  : "distribution/distribution";
  }
  process::Finished toolchain_says(std::vector<std::string> arguments, const std::string& home = {}) {
    arguments.insert(arguments.begin(), "toolchain");
    auto all = command(std::move(arguments));
    auto& variables = *all.environment;
    variables["PATH"] = (folder_.path() / "path").string() + ":/usr/bin:/bin";
    variables["here"] = folder_.path().string();
    variables["CACHEPROOF_RELEASES_API"] = server_.url();
    variables.erase("CACHEPROOF_HOME");
    if (!home.empty()) variables["CACHEPROOF_HOME"] = home;
    return process::run(all, {.timeout = std::chrono::minutes(1)}).value();
  }
  static std::string pins() {
    return util::read_text(fs::path(CACHEPROOF_SOURCE_DIR) / "docker/versions.yaml").value();
  }

  std::mutex mutex_;
  std::map<std::string, std::string> released_; ///< by repository
  http::Server server_ = std::move(*http::Server::start([this](const http::Received& received) {
    const std::lock_guard lock(mutex_);
    if (received.method == "HEAD") return http::Answer{};
    for (const auto& [repository, body] : released_)
      if (received.target == "/repos/" + repository + "/releases?per_page=100") return http::Answer{.body = body};
    return http::Answer{.status = 403};
  }));
};

std::string line_of_kind(Kind kind, const std::string& rest) {
  return fmt::format("{:<9} {} is the default{}\n",
                     kind == Kind::buildkit   ? "buildkit"
                     : kind == Kind::buildx   ? "buildx"
                     : kind == Kind::registry ? "registry"
                     : kind == Kind::frontend ? "frontend"
                                              : "docker",
                     toolchain::default_version(kind),
                     rest);
}
const std::string k_newest = " and the newest release";

TEST_F(Outdated, NothingIsWhereEveryDefaultIsTheNewest) {
  const auto same = toolchain_says({"outdated"});
  EXPECT_EQ(same.out,
            line_of_kind(Kind::buildkit, k_newest) + line_of_kind(Kind::buildx, k_newest)
                + line_of_kind(Kind::registry, k_newest) + line_of_kind(Kind::frontend, k_newest)
                + line_of_kind(Kind::docker, k_newest));
  EXPECT_EQ(same.exit.code, 0);
}

TEST_F(Outdated, IsADefaultOlderThanARelease) {
  release(Kind::buildkit, {"dockerfile/1.99.0", "v9.9.0-rc1", "v0.17.9", "v9.8.0", "v9.7.0"});
  const auto old = toolchain_says({"outdated"});
  EXPECT_EQ(old.exit.code, 1);
  EXPECT_THAT(old.out, HasSubstr(line_of_kind(Kind::buildkit, ", and v9.8.0 is released")));
  EXPECT_THAT(old.out, HasSubstr("buildkit  v0.17.3 is pinned, and v0.17.9 is released of its line\n"));
  EXPECT_THAT(old.out, HasSubstr(line_of_kind(Kind::buildx, k_newest)));
  EXPECT_THAT(old.out, testing::EndsWith("to do: cacheproof toolchain pin --latest\n"));

  const auto json = nlohmann::json::parse(toolchain_says({"outdated", "--format", "json"}).out);
  ASSERT_EQ(json.size(), toolchain::k_kinds.size());
  EXPECT_EQ(json[0],
            (nlohmann::json{{"kind", "buildkit"},
                            {"default", toolchain::default_version()},
                            {"pinned", toolchain::pinned()},
                            {"newest", "v9.8.0"},
                            {"outdated", true},
                            {"newer_in_line", {{"v0.17.3", "v0.17.9"}}}}));
  EXPECT_EQ(json[1].at("outdated"), false);
}

TEST_F(Outdated, IsNotSaidOfWhatNobodyKnows) {
  list({});
  silence(Kind::buildx);
  release(Kind::docker, {"docker-v28.5.2"});
  const auto unknown = toolchain_says({"outdated"});
  EXPECT_EQ(unknown.exit.code, 2);
  EXPECT_THAT(unknown.out,
              HasSubstr(line_of_kind(Kind::buildx,
                                     ", which cannot be compared: nobody says which buildx is the latest (release: "
                                     "status 403; Go module: lists none)")));
  EXPECT_THAT(unknown.out,
              HasSubstr(line_of_kind(Kind::docker,
                                     ", which cannot be compared: the newest that is listed, v28.5.2, is older")));
  const auto json = nlohmann::json::parse(toolchain_says({"outdated", "--format", "json"}).out);
  EXPECT_EQ(json[1].at("outdated"), nullptr);
  EXPECT_THAT(json[1].at("unknown").get<std::string>(), HasSubstr("status 403"));
  release(Kind::buildkit, {"v9.8.0"});
  EXPECT_EQ(toolchain_says({"outdated"}).exit.code, 1) << "one that is outdated weighs more";
}

TEST_F(Outdated, PinsTheNewestInTheFileOfTheCheckout) {
  const auto text = pins();
  write("checkout/docker/versions.yaml", text);
  release(Kind::buildkit, {"v9.8.0"});
  release(Kind::docker, {"docker-v29.9.9"});
  const auto home = (folder_.path() / "checkout").string();
  const auto pinned = toolchain_says({"pin", "--latest", "buildkit", "docker", "buildx"}, home);
  EXPECT_EQ(pinned.exit.code, 0) << pinned.err;
  EXPECT_EQ(pinned.out,
            "buildx " + toolchain::default_version(Kind::buildx) + " is the newest release\n"
                + "buildkit v9.8.0 is pinned and the default\ndocker v29.9.9 is pinned and the default\n"
                + fs::canonical(home).string()
                + "/docker/versions.yaml is changed; it is built into the program: build that again\n");
  auto expected = text;
  replace(expected, "default: " + toolchain::default_version(), "default: v9.8.0");
  replace(expected, "\nbuildx:", "\n    v9.8.0: {groups: [smoke, nightly], module: h1:of-v9.8.0=}\nbuildx:");
  replace(expected, "default: " + toolchain::default_version(Kind::docker), "default: v29.9.9");
  expected +=
      "    v29.9.9: {groups: [smoke, nightly], buildkit: v0.26.1, tag: v2.7.0, module: h1:of-docker-v29.9.9=}\n";
  EXPECT_EQ(read("checkout/docker/versions.yaml"), expected);

  write("docker/versions.yaml", text);
  EXPECT_EQ(toolchain_says({"pin", "--latest", "buildkit"}).exit.code, 0);
  EXPECT_THAT(read("docker/versions.yaml"), HasSubstr("default: v9.8.0")) << "that of the folder, without a wrapper";
}

TEST_F(Outdated, NothingIsPinnedWhereOneIsNotKnown) {
  release(Kind::buildkit, {"v9.8.0"});
  release(Kind::docker, {"docker-v30.0.0"});
  const auto file = write("versions.yaml", pins());
  const auto sumless = toolchain_says({"pin", "--latest", "--file", file});
  EXPECT_EQ(sumless.exit.code, 2);
  EXPECT_THAT(sumless.err,
              HasSubstr("cacheproof: nobody says what the sum of Docker v30.0.0 is: go cannot get the module: unknown "
                        "revision; go cannot get the module: unknown revision\n"));
  EXPECT_THAT(sumless.err, HasSubstr("mod download -json github.com/docker/docker@v30.0.0+incompatible; "));
  EXPECT_THAT(sumless.err, HasSubstr("mod download -json github.com/moby/moby/v2@docker-v30.0.0\n"));
  list({});
  silence(Kind::buildx);
  const auto silent = toolchain_says({"pin", "--latest", "buildkit", "buildx", "--file", file});
  EXPECT_EQ(silent.exit.code, 2);
  EXPECT_THAT(silent.err,
              HasSubstr("nobody says which buildx is the latest (release: status 403; Go module: lists none)"));
  release(Kind::docker, {"docker-v28.5.2"});
  EXPECT_THAT(toolchain_says({"pin", "--latest", "docker", "--file", file}).err,
              HasSubstr("the newest Docker that is listed, v28.5.2, is older than the default"));
  EXPECT_EQ(read(file), pins()) << "neither is what was known";
}

TEST_F(Outdated, AnInstalledProgramHasNoPinsToChange) {
  const auto refused = toolchain_says({"pin", "--latest", "buildkit"}, "/nowhere");
  EXPECT_EQ(refused.exit.code, 64);
  EXPECT_EQ(
      refused.err,
      "cacheproof: there is no docker/versions.yaml to change: the pins of an installed program are built into it\n"
      "  tried: /nowhere/docker/versions.yaml, docker/versions.yaml\n"
      "  to do: `./cacheproof toolchain pin --latest` in a checkout of the project, or --file FILE\n");
  EXPECT_EQ(toolchain_says({"pin", "buildkit"}).exit.code, 64) << "--latest is what it does";
  EXPECT_EQ(toolchain_says({"pin", "--latest", "podman"}).exit.code, 64);
  release(Kind::buildkit, {"v9.8.0"});
  const auto other = toolchain_says({"pin", "--latest", "buildkit", "--file", write("other.yaml", "a: 1\n")});
  EXPECT_EQ(other.exit.code, 3);
  EXPECT_THAT(other.err, HasSubstr("other.yaml: line 1: the file has no 'buildkit'\n"));
}

} // namespace
} // namespace cacheproof
