// Programs out of a container image that the command line names.
#include "cli/program_fixture.hpp"
#include "evidence/case.hpp"
#include "oci/real_registry.hpp"
#include "toolchain/toolchain.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace cacheproof {
namespace {

using testing::HasSubstr;

class OwnImage : public ProgramTest {
protected:
  void SetUp() override {
    write("scenarios/a/plain.yaml", k_plain);
    if (!registry_) GTEST_SKIP() << "needs docker-registry";
  }
  /// With an empty store.
  process::Finished run_cacheproof(std::vector<std::string> arguments) const {
    auto all = command(std::move(arguments));
    (*all.environment)["CACHEPROOF_STORE"] = (folder_.path() / "store").string();
    return process::run(all, {.timeout = std::chrono::minutes(5)}).value();
  }
  /// Pushes an image; returns the words that mean its tag and its digest.
  std::pair<std::string, std::string> push(const std::string& name, const std::vector<oci::Entry>& files) const {
    oci::RegistryClient client(registry_->address());
    const auto pushed = oci::push(client, name, "1", oci::image_of(files));
    EXPECT_TRUE(pushed);
    const auto tag = "image:" + registry_->address() + "/" + name + ":1";
    return {tag, tag + "@" + client.manifest(name, "1").value().value().digest};
  }
  std::unique_ptr<oci::RealRegistry> registry_ = oci::RealRegistry::open();
};

TEST_F(OwnImage, IsCalledByWhatItsProgramsSay) {
  const auto buildkit =
      push("buildkit",
           {{"usr/bin/buildkitd", "#!/bin/sh\necho buildkitd github.com/moby/buildkit v0.99.0-dev 01\n"},
            {"usr/bin/buildctl", "#!/bin/sh\n"}});
  const auto buildx = push("cli",
                           {{"usr/local/libexec/docker/cli-plugins/docker-buildx",
                             "#!/bin/sh\necho github.com/docker/buildx v0.36.1-3-gabc 01\n"}});
  const auto listed = run_cacheproof({"list",
                                      "--driver=buildctl,buildx",
                                      "--buildkit=v0.34.2," + buildkit.first,
                                      "--buildx=" + buildx.first,
                                      "--case=a/plain@v0.99.0-dev+buildx@v0.36.1-3-gabc",
                                      "--format=json"});
  ASSERT_EQ(listed.exit.code, 0) << listed.err;
  const auto one = nlohmann::json::parse(listed.out).at(0);
  EXPECT_EQ(one.at("arguments"),
            nlohmann::json({"scenarios/a/plain.yaml",
                            "--case=a/plain@v0.99.0-dev+buildx@v0.36.1-3-gabc",
                            "--driver=buildx",
                            "--buildkit=" + buildkit.second,
                            "--buildx=" + buildx.second}));
  EXPECT_EQ(one.at("toolchains"), nlohmann::json::array()) << "it is all there";
  EXPECT_THAT(listed.err, HasSubstr("BuildKit " + buildkit.second + ": its programs are unpacked into "));
  const auto store = run_cacheproof({"toolchain", "list"}).out;
  EXPECT_THAT(store, testing::ContainsRegex("buildkit  v0.99.0-dev  installed .* " + buildkit.second + "\n"));
  EXPECT_EQ(run_cacheproof({"toolchain", "remove", "buildx", buildx.first}).exit.code, 0);

  EXPECT_EQ(run_cacheproof({"list", "--buildkit=image:Wrong"}).exit.code, 64);
  const auto frontend = run_cacheproof({"toolchain", "install", "frontend", "image:docker/dockerfile:1"});
  EXPECT_EQ(frontend.exit.code, 64);
  EXPECT_THAT(frontend.err, HasSubstr("Dockerfile frontend is not taken out of images"));
  const auto matrix = run_cacheproof({"matrix", "--github", "--buildkit=" + buildkit.second});
  EXPECT_EQ(matrix.exit.code, 64);
  EXPECT_THAT(matrix.err, HasSubstr(" is no version"));
}

TEST_F(OwnImage, OfAnEngineBringsWhatItHasBesideIt) {
  const auto [tag, digest] = push("docker",
                                  {{"usr/local/bin/dockerd", "#!/bin/sh\necho Docker version 99.0.0, build 01\n"},
                                   {"usr/local/bin/containerd", "#!/bin/sh\n"}});
  const auto listed = run_cacheproof({"list", "--driver=docker", "--docker=" + tag});
  EXPECT_EQ(listed.exit.code, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("a/plain@docker@v99.0.0+buildx@"));
  const auto path = run_cacheproof({"toolchain", "path", "docker", digest});
  ASSERT_EQ(path.exit.code, 0) << path.err;
  const std::filesystem::path folder = util::trim(path.out);
  EXPECT_TRUE(std::filesystem::exists(folder / "containerd")) << folder;
  EXPECT_FALSE(std::filesystem::exists(folder / "runc")) << "it has none";
}

TEST_F(OwnImage, OfAnEngineIsPlayedAndSaid) {
  skip_without_root();
  if (IsSkipped()) return;
  const auto real = toolchain::find(toolchain::Kind::docker, toolchain::default_version(toolchain::Kind::docker));
  if (!real) GTEST_SKIP() << real.error().what; // what installs it has said why not
  const auto buildx = toolchain::find(toolchain::Kind::buildx, toolchain::default_version(toolchain::Kind::buildx));
  if (!buildx) GTEST_SKIP() << buildx.error().what;
  const auto [tag, digest] =
      push("docker", {{"usr/local/bin/dockerd", "#!/bin/sh\nexec " + real->program("dockerd").string() + " \"$@\"\n"}});
  const auto played = run_cacheproof({"run",
                                      "-v",
                                      "--driver=docker",
                                      "--docker=" + tag,
                                      "--buildx=path:" + buildx->program("buildx").parent_path().string()});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("Docker " + real->version + ": from the store (" + digest + ")"));
}

TEST_F(OwnImage, IsPlayedAndSaid) {
  skip_without_root();
  if (IsSkipped()) return;
  const auto real = toolchain::find(toolchain::Kind::buildkit, toolchain::default_version());
  if (!real) GTEST_SKIP() << real.error().what;
  const auto behind = [&](const char* program) {
    return oci::Entry{std::string("usr/bin/") + program,
                      "#!/bin/sh\nexec " + real->program(program).string() + " \"$@\"\n"};
  };
  const auto [tag, digest] = push("buildkit", {behind("buildkitd"), behind("buildctl")});
  const auto unasked = run_cacheproof({"run", "--offline", "--buildkit", tag});
  EXPECT_EQ(unasked.exit.code, 2);
  EXPECT_THAT(unasked.err, HasSubstr("nobody asked yet which digest " + tag + " has"));
  const auto played = run_cacheproof({"run", "-v", "--buildkit", tag});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("BuildKit " + real->version + ": from the store (" + digest + ")"));
  const auto evidence = evidence::find_cases(folder_.path() / "cacheproof-out");
  ASSERT_EQ(evidence.size(), 1U);
  EXPECT_THAT(evidence::load(evidence.front())->programs,
              testing::ElementsAre("BuildKit " + real->version + ": from the store (" + digest + ")"));
  registry_.reset();
  EXPECT_EQ(run_cacheproof({"run", "--offline", "--buildkit", tag}).exit.code, 0);
  EXPECT_EQ(run_cacheproof({"run", "--buildkit", tag}).exit.code, 2) << "what it means now is asked";
}

} // namespace
} // namespace cacheproof
