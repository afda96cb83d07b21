// The jobs of a matrix, which need no daemon.
#include "cli/program_fixture.hpp"
#include "toolchain/toolchain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace cacheproof {
namespace {

using testing::HasSubstr;

class Matrix : public ProgramTest {};

/// The words that a shell makes of them.
std::vector<std::string> words_of(const std::string& arguments) {
  const auto printed = process::run({{"/bin/sh", "-c", "printf '%s\\n' " + arguments}, {}, {}});
  return util::lines(printed->out);
}

TEST_F(Matrix, TheJobsOfAMatrixTogetherHaveEveryCaseOnce) {
  for (int i = 0; i < 9; ++i) write(fmt::format("my scenarios/a/plain_{}.yaml", i), k_plain);
  auto own = k_plain;
  replace(own, "setup:\n", "setup:\n  builder: {ci: {buildkit: 0.11.6}, laptop: {buildkit: 0.34.2}}\n");
  replace(own, "- name: first build\n", "- name: first build\n    builder: ci\n");
  replace(own, "- name: one source file edited\n", "- name: one source file edited\n    builder: laptop\n");
  write("my scenarios/a/own.yaml", own);
  const auto ids = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"list", "--format", "json"});
    const auto listed = run(words);
    EXPECT_EQ(listed.exit.code, 0) << listed.err;
    std::vector<std::string> all;
    const auto cases = nlohmann::json::parse(listed.out);
    for (const auto& one : cases) all.push_back(one.at("id"));
    return all;
  };
  write("durations.json", R"({"a/plain_3@v0.11.6": 500, "a/plain_4@v0.34.2": 300})");
  for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
           {}, {"--shards", "3"}, {"--filter", "plain_?@*+buildx*"}, {"--shards", "4", "--durations", "."}}) {
    const std::string drivers = more.empty() ? "buildctl,buildx,docker,docker-container" : "buildctl,buildx";
    std::vector<std::string> words{
        "matrix", "--github", "--group", "smoke", "--driver", drivers, "--plan", "plan.json", "my scenarios"};
    if (more.empty()) words.insert(words.end(), {"--docker", "v29.2.0"});
    words.insert(words.end(), more.begin(), more.end());
    const auto printed = run(words);
    ASSERT_EQ(printed.exit.code, 0) << printed.err;
    EXPECT_EQ(printed.out.find('\n'), printed.out.size() - 1) << "one line, as GITHUB_OUTPUT wants it";
    std::vector<std::string> told; // in the order of the jobs
    std::vector<std::string> played;
    std::vector<std::string> in_machines; // by their engines
    const auto matrix = nlohmann::json::parse(printed.out);
    for (const auto& job : matrix.at("include"))
      for (auto& id : ids(words_of(job.at("arguments")))) {
        const bool machine = job.at("disposable") == "1";
        told.push_back(id + (machine ? "+engine@disposable" : ""));
        (machine ? in_machines : played).push_back(std::move(id));
      }
    std::vector<std::string> all{"--buildkit", "smoke", "--driver", drivers, "--buildx", "smoke", "my scenarios"};
    if (more.empty()) all.insert(all.end(), {"--docker", "v29.2.0"});
    if (!more.empty() && more[0] == "--filter") all.insert(all.end(), more.begin(), more.end());
    auto expected = ids(all);
    if (more.empty()) // in containers the default BuildKit and buildx alone
      std::erase_if(expected, [](const std::string& id) {
        return id.find("+docker@") != id.npos && id.find("@v0.34.2+buildx@v0.36.1") == id.npos
               && id.find("+v0.34.2+buildx@v0.36.1") == id.npos;
      });
    auto in_engines = expected;
    std::erase_if(in_engines, [](const std::string& id) { return id.find("docker@") == id.npos; });
    EXPECT_THAT(in_machines, testing::UnorderedElementsAreArray(in_engines)) << "each once in that of the machine";
    std::erase_if(expected, [](const std::string& id) { return id.find("+docker@") != id.npos; });
    EXPECT_THAT(played, testing::UnorderedElementsAreArray(expected)) << "but for containers each in one of our own";
    std::vector<std::string> keys;
    std::vector<std::string> written;
    const auto plan = nlohmann::json::parse(read("plan.json"));
    for (const auto& job : plan.at("include")) {
      keys.push_back(job.at("key"));
      for (const auto& id : job.at("ids")) written.push_back(id);
    }
    EXPECT_EQ(written, told) << "`join` knows which cases a lost job had";
    EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), matrix.at("include").size());
  }
}

TEST_F(Matrix, AMatrixNamesItsJobsAndHasEveryVersion) {
  for (int i = 0; i < 9; ++i) write(fmt::format("scenarios/a/plain_{}.yaml", i), k_plain);
  write("scenarios/a/skipped.yaml", "requires: {driver: buildx}\n" + k_plain);
  const auto jobs = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"matrix", "--github"});
    const auto printed = run(words);
    EXPECT_EQ(printed.exit.code, 0) << printed.err;
    return nlohmann::json::parse(printed.out).at("include");
  };
  const auto two = jobs({"--buildkit", "v0.11.6", "--driver", "buildx", "--buildx", "smoke", "--shards", "2"});
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[1].at("name"), "BuildKit v0.11.6, 2 of 2");
  EXPECT_EQ(two[1].at("key"), "buildkit-v0.11.6-2-2");
  EXPECT_EQ(two[1].at("buildkit"), "v0.11.6");
  EXPECT_EQ(two[1].at("buildx"), "v0.12.1,v0.36.1");
  EXPECT_EQ(two[1].at("shard"), "2-2");
  EXPECT_EQ(two[1].at("arguments"),
            "--buildkit v0.11.6 --driver buildx --buildx v0.12.1,v0.36.1 --own-versions without --shard 2/2");
  EXPECT_EQ(jobs({"--buildkit", "v0.34.2", "--shards", "3", "--filter", "plain_1@"}).size(), 1U);
  const auto engines = jobs({"--driver", "docker", "--docker", "v28.5.2,v29.2.0", "--buildx", "v0.36.1"});
  ASSERT_EQ(engines.size(), 4U) << "one of cacheproof's own, and that of the machine";
  EXPECT_EQ(engines[0].at("name"), "Docker v28.5.2")
      << "it exports no cache to a registry: all of it is skipped, and red";
  EXPECT_EQ(engines[2].at("name"), "Docker v29.2.0");
  EXPECT_EQ(engines[2].at("key"), "docker-v29.2.0-1-1");
  EXPECT_EQ(engines[2].at("buildkit"), "") << "it has its own";
  EXPECT_EQ(engines[2].at("docker"), "v29.2.0");
  EXPECT_EQ(engines[2].at("disposable"), "");
  EXPECT_EQ(engines[2].at("arguments"), "--driver docker --buildx v0.36.1 --docker v29.2.0");
  EXPECT_EQ(engines[3].at("name"), "Docker v29.2.0, the machine's own");
  EXPECT_EQ(engines[3].at("key"), "machine-docker-v29.2.0-1-1");
  EXPECT_EQ(engines[3].at("disposable"), "1");
  EXPECT_EQ(engines[3].at("daemon_config"), "");
  EXPECT_EQ(engines[3].at("arguments"), engines[2].at("arguments"));
  const auto old = jobs({"--driver", "docker,docker-container", "--docker", "v20.10.24"});
  ASSERT_EQ(old.size(), 2U) << "the machine's could not be told where base images are";
  EXPECT_EQ(old[0].at("disposable"), "");
  EXPECT_EQ(old[1].at("disposable"), "1") << "a container has mirrors";
  const auto contained = jobs({"--driver",
                               "docker,docker-container",
                               "--buildkit",
                               "v0.11.6,v0.34.2",
                               "--docker",
                               "v29.2.0",
                               "--buildx",
                               "v0.36.1"});
  ASSERT_EQ(contained.size(), 3U);
  EXPECT_EQ(contained[0].at("arguments"), "--driver docker --buildx v0.36.1 --docker v29.2.0");
  EXPECT_EQ(contained[2].at("name"), "A container of Docker v29.2.0");
  EXPECT_EQ(contained[2].at("key"), "container-v29.2.0-1-1");
  EXPECT_EQ(contained[2].at("disposable"), "1");
  EXPECT_EQ(contained[2].at("buildkit"), "v0.11.6,v0.34.2");
  EXPECT_EQ(contained[2].at("arguments"),
            "--buildkit v0.11.6,v0.34.2 --driver docker-container --buildx v0.36.1 --docker v29.2.0");
  const auto told = jobs({"--driver", "docker-containerd"});
  ASSERT_EQ(told.size(), 6U) << "of the engines that are played at night";
  EXPECT_EQ(told[0].at("key"), "containerd-v26.1.4-1-1");
  EXPECT_EQ(told[1].at("key"), "machine-containerd-v26.1.4-1-1");
  EXPECT_EQ(told[1].at("daemon_config"), R"({"features": {"containerd-snapshotter": true}})");
  EXPECT_EQ(jobs({"--filter", "skipped", "--buildkit", "v0.34.2"}).size(), 1U) << "through buildctl nobody judges it";
  const auto night = jobs({"--driver", "buildctl,buildx,docker,docker-container"});
  const auto in_containers = [](const auto& job) {
    return job.at("key").template get<std::string>().starts_with("cont");
  };
  EXPECT_EQ(std::count_if(night.begin(), night.end(), in_containers), 6) << "the default BuildKit on each engine";
  EXPECT_EQ(run({"matrix", "--github", "--filter", "nobody"}).exit.code, 2);
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{},
                                             {"--github", "--shards", "0"},
                                             {"--github", "--shards", "257"},
                                             {"--github", "--shard", "1/2"},
                                             {"--github", "--group", "v0.34.2"},
                                             {"--github", "--buildkit", "path:/"},
                                             {"--github", "--driver", "buildx", "--buildx", "path:/"},
                                             {"--github", "--driver", "docker", "--docker", "path:/"}}) {
    auto words = wrong;
    words.insert(words.begin(), "matrix");
    EXPECT_EQ(run(words).exit.code, 64) << words.back();
  }
}

TEST_F(Matrix, MatrixIsNoLargerThanGithubTakes) {
  for (int i = 0; i < 40; ++i) write(fmt::format("scenarios/a/plain_{}.yaml", i), k_plain);
  const auto printed = run({"matrix", "--github", "--shards", "256"});
  EXPECT_EQ(printed.exit.code, 64);
  EXPECT_THAT(printed.err, HasSubstr(" jobs, and GitHub takes 256 of one matrix"));
}

} // namespace
} // namespace cacheproof
