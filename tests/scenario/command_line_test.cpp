#include "scenario/read.hpp"
#include "scenario/shell_words.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::scenario {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> all;
  const auto cut = shell_words(line);
  EXPECT_TRUE(cut.mistakes.empty()) << cut.mistakes.front().message;
  for (const auto& word : cut.words) all.push_back(word.text);
  return all;
}

TEST(ShellWords, AreCutAsAShellCutsThem) {
  EXPECT_THAT(words(" a  'b c' \"d e\" f' g'\"h\" '' "), ElementsAre("a", "b c", "d e", "f gh", ""));
  EXPECT_THAT(words(R"(a\ b \"c "d\"e\$F\x" '$X')"), ElementsAre("a b", "\"c", "d\"e$F\\x", "$X"));
  EXPECT_THAT(words("a \\\n  b\\\nc \"d\\\ne\""), ElementsAre("a", "bc", "de"));
  EXPECT_THAT(words("a \\ b \\"), ElementsAre("a", "b")) << "continued lines that YAML has folded";
  EXPECT_THAT(words("${mode}/x \"${a b}\" $${X} a#b"), ElementsAre("${mode}/x", "${a b}", "$${X}", "a#b"));
  EXPECT_THAT(words("a~1 b~"), ElementsAre("a~1", "b~")) << "a home stands at the beginning of a word";
}

/// The keys of a line as YAML, then its notes.
std::string keys_of(const std::string& line) {
  auto reading = read_text("title: t\nfiles: {Dockerfile: FROM scratch}\nmatrix: {mode: [max]}\nbuild: |\n  " + line
                               + "\nrounds: [{}]\n",
                           "s.yaml");
  std::string all;
  for (const auto& each : reading.diagnostics) all += util::to_text(each);
  for (const auto& each : reading.command_lines) {
    all += each.to_yaml();
    for (const auto& note : each.notes) all += "# " + note + "\n";
  }
  return all;
}

TEST(CommandLine, OfDockerIsReadAsKeys) {
  EXPECT_EQ(
      keys_of("docker buildx build --target app -t ghcr.io/acme/app:1 --tag=acme/tool \\\n"
              "  --cache-to type=registry,ref=ghcr.io/acme/app:cache,mode=${mode}  --cache-from acme/app:cache \\\n"
              "  --build-arg A=1 --build-arg 'B=x y' --label l=1 \\\n"
              "  --no-cache --pull=false --no-cache-filter a,b --platform linux/amd64,linux/arm64 \\\n"
              "  --secret id=t,env=T --ssh default --build-context lib=./lib --network none --shm-size 64m \\\n"
              "  --ulimit nofile=1024:2048 --ulimit core=0 --add-host db:10.0.0.1 --allow network.host \\\n"
              "  --provenance=mode=max --attest type=sbom,generator=x --attest type=provenance,disabled=true \\\n"
              "  -o type=image,name=ghcr.io/acme/app --cpu-shares 5 -qf docker/Dockerfile --progress plain --push \\\n"
              "  --progress=tty app"),
      R"(target: app
tags: ["${registry}/acme/app:1", "${registry}/acme/tool"]
cache_to: ["type=registry,ref=${registry}/acme/app:cache,mode=${mode}"]
cache_from: ["${registry}/acme/app:cache"]
args: [A=1, B=x y]
labels: [l=1]
no_cache: true
pull: false
no_cache_filter: [a, b]
platforms: [linux/amd64, linux/arm64]
secrets: ["id=t,env=T"]
ssh: [default]
additional_contexts: [lib=./lib]
network: none
shm_size: 64m
ulimits: {nofile: {soft: 1024, hard: 2048}, core: 0}
extra_hosts: [db:10.0.0.1]
entitlements: [network.host]
provenance: false
sbom: generator=x
output: ["type=image,name=${registry}/acme/app"]
client_args: [--opt, cpushares=5]
context: app
dockerfile: ../docker/Dockerfile
# without a meaning here: --progress, --push, --quiet
# 'ghcr.io' is '${registry}' here
# 'docker.io' is '${registry}' here
)");
}

TEST(CommandLine, OfBuildctlIsReadAsKeys) {
  EXPECT_EQ(
      keys_of(
          "BUILDKIT_HOST=x /usr/bin/buildctl --addr unix:///x build --frontend dockerfile.v0 --local context=app \\\n"
          "  --local dockerfile=docker --local lib=lib --opt filename=x.Dockerfile --opt target=app \\\n"
          "  --opt build-arg:A=1 --opt label:l=2 --opt no-cache=a,b --opt image-resolve-mode=pull \\\n"
          "  --opt platform=linux/amd64 --opt add-hosts=a=1.1.1.1,b=2.2.2.2 --opt ulimit=nofile=1:2 \\\n"
          "  --opt force-network-mode=none --opt attest:provenance= --opt context:lib=local:lib --opt hostname=h \\\n"
          "  --export-cache type=inline --import-cache type=registry,ref=localhost:5000/a --trace /t"),
      R"(env: [BUILDKIT_HOST=x]
frontend: dockerfile.v0
cache_to: [type=inline]
cache_from: ["type=registry,ref=${registry}/a"]
extra_hosts: [a=1.1.1.1, b=2.2.2.2]
provenance: true
args: [A=1]
additional_contexts: [lib=lib]
network: none
client_args: [--opt, hostname=h]
pull: true
labels: [l=2]
no_cache_filter: [a, b]
platforms: [linux/amd64]
target: app
ulimits: {nofile: {soft: 1, hard: 2}}
context: app
dockerfile: ../docker/x.Dockerfile
# without a meaning here: --addr, --trace
# 'localhost:5000' is '${registry}' here
)");
}

TEST(CommandLine, IsTheSameForPathsFromTheContext) {
  EXPECT_EQ(keys_of("docker build ."), "");
  EXPECT_EQ(keys_of("docker build -f Dockerfile ./"), "");
  EXPECT_EQ(keys_of("docker build -f app/Dockerfile app"), "context: app\n");
  EXPECT_EQ(keys_of("DOCKER_BUILDKIT=1 docker image build -- app"),
            "context: app\n# without a meaning here: DOCKER_BUILDKIT\n");
}

TEST(CommandLine, HasLettersWithTheirValuesBehindThem) {
  const std::string keys =
      "tags: [\"${registry}/app\"]\ndockerfile: a/Dockerfile\n# 'docker.io' is '${registry}' here\n";
  EXPECT_EQ(keys_of("docker build -t app -f a/Dockerfile ."), keys);
  EXPECT_EQ(keys_of("docker build -t=app -f=a/Dockerfile ."), keys);
  EXPECT_EQ(keys_of("docker build -tapp -fa/Dockerfile ."), keys);
}

TEST(CommandLine, HasLettersInARow) {
  EXPECT_EQ(
      keys_of("docker build -qDt app ."),
      "tags: [\"${registry}/app\"]\n# without a meaning here: --debug, --quiet\n# 'docker.io' is '${registry}' here\n");
}

TEST(CommandLine, OfBuildctlUsesNoCacheAtAllWithoutStages) {
  EXPECT_EQ(keys_of("buildctl build --frontend dockerfile.v0 --local context=. --opt no-cache="),
            "frontend: dockerfile.v0\nno_cache: true\n");
}

TEST(CommandLine, HasCachesOnDiskInTheFolderOfTheCase) {
  EXPECT_EQ(keys_of("docker build --cache-to type=local,dest=/var/x --cache-from type=local,src=./a/../b "
                    "--cache-from type=local,src=${local}/y ."),
            "cache_to: [\"type=local,dest=${local}/var/x\"]\n"
            "cache_from: [\"type=local,src=${local}/b\", \"type=local,src=${local}/y\"]\n");
}

TEST(CommandLine, KeepsTheNameOfAManifestInABucket) {
  EXPECT_EQ(keys_of("docker build --cache-to type=s3,region=r,bucket=b,name=app,mode=max ."),
            "cache_to: [\"type=s3,region=r,bucket=b,name=app,mode=max\"]\n");
}

TEST(CommandLine, KeepsAnEntryThatIsNoneAsItIs) {
  EXPECT_EQ(keys_of(R"(docker build --cache-to 'type=registry,"ref=a' .)"),
            "cache_to: [\"type=registry,\\\"ref=a\"]\n");
}

TEST(CommandLine, HasEveryNameOfAnOutputInTheSandbox) {
  EXPECT_EQ(keys_of(R"(docker build -o 'type=image,"name=ghcr.io/a/b,c/d",push=true' .)"),
            "output: [\"type=image,\\\"name=${registry}/a/b,${registry}/c/d\\\",push=true\"]\n"
            "# 'ghcr.io' is '${registry}' here\n# 'docker.io' is '${registry}' here\n");
}

} // namespace
} // namespace cacheproof::scenario
