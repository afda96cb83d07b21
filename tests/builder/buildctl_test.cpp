#include "builder/buildctl.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cacheproof::builder {
namespace {

std::vector<std::string> words(const BuildRequest& request) {
  return buildctl_command("/bk/buildctl", "unix:///s.sock", request).argv;
}

TEST(BuildctlCommand, OfASmallRequest) {
  EXPECT_EQ(words({.context = "/ctx", .scratch = "/s"}),
            (std::vector<std::string>{"/bk/buildctl",
                                      "--addr",
                                      "unix:///s.sock",
                                      "build",
                                      "--progress=plain",
                                      "--frontend",
                                      "dockerfile.v0",
                                      "--local",
                                      "context=/ctx",
                                      "--local",
                                      "dockerfile=/ctx",
                                      "--opt",
                                      "filename=Dockerfile",
                                      "--ref-file",
                                      "/s/ref"}));
}

TEST(BuildctlCommand, OfAWholeRequestLeavesCacheAttributesUntouched) {
  const auto command = buildctl_command("buildctl",
                                        "A",
                                        {.context = "/ctx",
                                         .dockerfile = "docker/Dockerfile",
                                         .target = "build",
                                         .args = {{"Z", "1,2"}, {"A", ""}},
                                         .cache_from = {"127.0.0.1:5000/cache:x"},
                                         .cache_to = {"type=registry,ref=127.0.0.1:5000/cache:x,mod=max,Odd= y"},
                                         .no_cache = true,
                                         .environment = {{"HOME", "/h"}},
                                         .scratch = "S"});
  EXPECT_EQ(process::to_line(command),
            "env -i HOME=/h buildctl --addr A build --progress=plain --frontend dockerfile.v0 --local context=/ctx "
            "--local dockerfile=/ctx --opt filename=docker/Dockerfile --opt target=build --opt build-arg:Z=1,2 "
            "--opt build-arg:A= --opt no-cache= --import-cache type=registry,ref=127.0.0.1:5000/cache:x "
            "--export-cache 'type=registry,ref=127.0.0.1:5000/cache:x,mod=max,Odd= y' --ref-file S/ref");
}

TEST(BuildctlCommand, SendsADockerfileOutsideTheContextFromItsOwnFolder) {
  const auto argv = words({.context = "/a/ctx", .dockerfile = "../docker/x.Dockerfile"});
  EXPECT_EQ(argv[10], "dockerfile=/a/docker");
  EXPECT_EQ(argv[12], "filename=x.Dockerfile");
}

/// What stands behind the words that every command line has.
std::string options(BuildRequest request) {
  request.context = "/ctx";
  request.scratch = "/s/build";
  const auto argv = words(request);
  return process::to_line({.argv = {argv.begin() + 13, argv.end() - 2}});
}

TEST(BuildctlCommand, SaysEachKeyAsBuildxWould) {
  EXPECT_EQ(options({.no_cache_filter = {"a", "b"}}), "--opt no-cache=a,b");
  EXPECT_EQ(options({.no_cache = true, .no_cache_filter = {"a"}}), "--opt no-cache=");
  EXPECT_EQ(options({.pull = true}), "--opt image-resolve-mode=pull");
  EXPECT_EQ(options({.platforms = {"linux/amd64", "linux/arm64"}}), "--opt platform=linux/amd64,linux/arm64");
  EXPECT_EQ(options({.labels = {{"a", "1"}, {"b", ""}}}), "--opt label:a=1 --opt label:b=");
  EXPECT_EQ(options({.network = "none"}), "--opt force-network-mode=none");
  EXPECT_EQ(options({.network = "default"}), "");
  EXPECT_EQ(options({.shm_size = "64"}), "--opt shm-size=64");
  EXPECT_EQ(options({.ulimits = {{"nofile", "1:2"}, {"nproc", "3:3"}}}), "--opt ulimit=nofile=1:2,nproc=3:3");
  EXPECT_EQ(options({.extra_hosts = {"a=1.2.3.4", "b=::1"}}), "--opt add-hosts=a=1.2.3.4,b=::1");
  EXPECT_EQ(options({.provenance = "true", .sbom = "generator=x"}),
            "--opt attest:provenance= --opt attest:sbom=generator=x");
  EXPECT_EQ(options({.provenance = "false", .sbom = "false"}), "");
  EXPECT_EQ(options({.entitlements = {"network.host"}}), "--allow network.host");
  EXPECT_EQ(options({.client_args = {"--trace", "/t"}}), "--trace /t");
}

TEST(BuildctlCommand, NamesFilesOfTheScratchFolderForTexts) {
  EXPECT_EQ(options({.secrets = {{"id=a,env=B", {}}, {"id=c", "text"}}, .ssh = {{"default", {}}, {"k", "pem"}}}),
            "--secret id=a,env=B --secret id=c,src=/s/build/secret-1 --ssh default --ssh k=/s/build/ssh-1");
  const auto argv = words({.context = "/ctx", .dockerfile_text = "FROM scratch", .scratch = "/s/build"});
  EXPECT_EQ(argv[10], "dockerfile=/s/build/dockerfile");
  EXPECT_EQ(argv[12], "filename=Dockerfile");
}

TEST(BuildctlCommand, SendsNamedContextsThatAreFolders) {
  const auto argv =
      words({.context = "/ctx", .additional_contexts = {{"lib", "/l"}, {"context", "/x"}, {"i", "docker-image://i"}}});
  EXPECT_EQ(process::to_line({.argv = {argv.begin() + 11, argv.end() - 2}}),
            "--local lib=/l --local _context=/x --opt filename=Dockerfile --opt context:lib=local:lib "
            "--opt context:context=local:_context --opt context:i=docker-image://i");
}

TEST(BuildctlCommand, WritesOutputsBelowTheScratchFolder) {
  EXPECT_EQ(options({.output = {"type=local,dest=out", "type=tar,dest=a/b.tar"}}),
            "--output type=local,dest=/s/build/output/out --output type=tar,dest=/s/build/output/a/b.tar");
  EXPECT_EQ(options({.output = {"type=registry,name=r/a"}}), "--output type=image,name=r/a,push=true");
  EXPECT_EQ(options({.output = {"type=tar,dest=-"}}), "--output type=tar,dest=-") << "the client's own output";
  EXPECT_EQ(options({.output = {"type=cacheonly"}}), "");
  EXPECT_EQ(options({.tags = {"a", "b"}, .output = {"type=oci,dest=x,name=c"}}),
            "--output 'type=oci,dest=/s/build/output/x,\"name=a,b\"'");
  EXPECT_EQ(options({.tags = {"a"}, .output = {"type=docker,dest=x"}}),
            "--output type=docker,dest=/s/build/output/x,name=a");
  EXPECT_EQ(options({.tags = {"a"}, .output = {"type=tar,dest=x"}}), "--output type=tar,dest=/s/build/output/x")
      << "no image, no name";
  EXPECT_EQ(options({.tags = {"a"}}), "") << "no output, nothing to name";
}

TEST(BuildctlCommand, AsksAnImageToBeTheFrontend) {
  const auto argv = words({.context = "/ctx", .frontend = "r/frontend"});
  EXPECT_EQ(process::to_line({.argv = {argv.begin() + 5, argv.end() - 2}}),
            "--frontend gateway.v0 --local context=/ctx --local dockerfile=/ctx --opt filename=Dockerfile "
            "--opt source=r/frontend");
}

TEST(BuildctlCommand, HasNoWordsForLayoutsOnDisk) {
  EXPECT_EQ(unknown_to_buildctl({.additional_contexts = {{"a", "oci-layout://x"}, {"b", "docker-image://y"}}}),
            std::vector<std::string>{"additional_contexts: {a: oci-layout://x}"});
}

TEST(BuildctlCommand, TellsTheDaemonWhichOfSeveralBuildsItIs) {
  EXPECT_EQ(options({.mark = "alpha"}), "--opt cacheproof-build=alpha");
}

} // namespace
} // namespace cacheproof::builder
