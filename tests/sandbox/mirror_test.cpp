#include "http/client.hpp"
#include "oci/registry_client.hpp"
#include "process/process.hpp"
#include "sandbox/leftovers.hpp"
#include "sandbox/live.hpp"
#include "sandbox/mirror.hpp"
#include "sandbox/mirror_store.hpp"
#include "sandbox/public_registry.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A mirror's folder, and the public registry behind it.
class MirrorTest : public testing::Test {
protected:
  void SetUp() override {
    if (test::registry_program().empty()) GTEST_SKIP() << "docker-registry is not installed";
    prctl(PR_SET_CHILD_SUBREAPER, 1); // a container's init may reap nothing
    upstream_ = std::make_unique<test::PublicRegistry>();
  }

  MirrorSetup setup() const {
    return {.program = test::registry_program(), .folder = folder(), .upstream = upstream_->url(), .credentials = {}};
  }
  fs::path folder() const { return root_.path() / "upstream"; }
  std::string mark() const { return "CACHEPROOF_MIRROR=" + folder().string(); }

  /// The processes called docker-registry among the mirror's.
  std::vector<int> registries() const {
    auto pids = marked(mark());
    std::erase_if(pids, [](int pid) {
      return util::read_text("/proc/" + std::to_string(pid) + "/comm").value_or("") != "docker-registry\n";
    });
    return pids;
  }
  bool everything_ends() const {
    return test::eventually([&] { return marked(mark()).empty(); });
  }

  static std::string digest(const Mirror& mirror, const std::string& reference) {
    const auto manifest = oci::RegistryClient(mirror.address()).manifest("library/alpine", reference);
    EXPECT_TRUE(manifest) << util::to_text(manifest.error());
    return manifest && *manifest ? (*manifest)->digest : "none";
  }

  util::TempDir root_ = util::TempDir::create().value();
  std::unique_ptr<test::PublicRegistry> upstream_;
};

TEST_F(MirrorTest, ServesAnImageThatUpstreamNoLongerGives) {
  const auto pushed = upstream_->push("library/alpine", "latest", "one");
  const auto mirror = Mirror::lease(setup());
  ASSERT_TRUE(mirror) << util::to_text(mirror.error());
  EXPECT_EQ(digest(*mirror, "latest"), pushed);
  upstream_->set(test::PublicRegistry::Mood::limits);
  EXPECT_EQ(digest(*mirror, "latest"), pushed);
}

TEST_F(MirrorTest, IsOneProcessForAllItsUsersAndEndsWithTheLast) {
  auto first = Mirror::lease(setup());
  ASSERT_TRUE(first) << util::to_text(first.error());
  auto second = Mirror::lease(setup());
  ASSERT_TRUE(second) << util::to_text(second.error());
  EXPECT_EQ(first->address(), second->address());
  first = util::failure("released");
  EXPECT_EQ(registries().size(), 1u);
  EXPECT_TRUE(http::send({.url = "http://" + second->address() + "/v2/"}));
  second = util::failure("released");
  EXPECT_TRUE(everything_ends());
}

TEST_F(MirrorTest, StartsOnceForUsersThatComeTogether) {
  std::vector<std::string> addresses(4);
  std::vector<std::optional<Mirror>> mirrors(4);
  {
    std::vector<std::jthread> users;
    for (std::size_t i = 0; i < mirrors.size(); ++i)
      users.emplace_back([&, i] {
        auto leased = Mirror::lease(setup());
        if (!leased) return;
        addresses[i] = leased->address();
        mirrors[i].emplace(std::move(*leased));
      });
  }
  EXPECT_THAT(addresses, testing::Each(testing::AllOf(addresses[0], Not(IsEmpty()))));
  EXPECT_EQ(registries().size(), 1u);
}

TEST_F(MirrorTest, StartsAgainAfterItsLastUserLeft) {
  for (int i = 0; i < 3; ++i) {
    const auto mirror = Mirror::lease(setup());
    ASSERT_TRUE(mirror) << util::to_text(mirror.error());
    EXPECT_TRUE(http::send({.url = "http://" + mirror->address() + "/v2/"}));
  }
  EXPECT_TRUE(everything_ends());
}

/// Not a test but the program of the next one: leases a mirror for ever.
TEST(MirrorHelper, DISABLED_LeasesForEver) {
  const auto mirror = Mirror::lease({.program = test::registry_program(),
                                     .folder = std::getenv("HELPER_FOLDER"),
                                     .upstream = std::getenv("HELPER_UPSTREAM"),
                                     .credentials = {}});
  ASSERT_TRUE(mirror) << util::to_text(mirror.error());
  ASSERT_TRUE(util::write_text(std::getenv("HELPER_FILE"), mirror->address()));
  std::this_thread::sleep_for(1h);
}

TEST_F(MirrorTest, EndsWithAUserThatWasKilled) {
  const auto note = root_.path() / "note";
  auto helper =
      process::Process::start({{"/proc/self/exe", "--gtest_also_run_disabled_tests", "--gtest_filter=MirrorHelper.*"},
                               std::map<std::string, std::string>{{"HELPER_FILE", note.string()},
                                                                  {"HELPER_FOLDER", folder().string()},
                                                                  {"HELPER_UPSTREAM", upstream_->url()},
                                                                  {"PATH", std::getenv("PATH")}},
                               {}});
  ASSERT_TRUE(helper);
  ASSERT_TRUE(test::eventually([&] { return fs::exists(note) || helper->poll(); }));
  ASSERT_EQ(registries().size(), 1u);
  EXPECT_THAT(sweep_mirrors(root_.path(), false), IsEmpty()) << "it is in use";
  kill(helper->pid(), SIGKILL);
  EXPECT_TRUE(everything_ends());
}

TEST_F(MirrorTest, IsReplacedWhenItDied) {
  const auto first = Mirror::lease(setup());
  ASSERT_TRUE(first) << util::to_text(first.error());
  ASSERT_EQ(registries().size(), 1u);
  kill(registries().front(), SIGKILL);
  ASSERT_TRUE(everything_ends()) << "its supervisor has nothing left to do";
  const auto second = Mirror::lease(setup());
  ASSERT_TRUE(second) << util::to_text(second.error());
  EXPECT_TRUE(http::send({.url = "http://" + second->address() + "/v2/"}));
}

TEST_F(MirrorTest, EndsWithItsSupervisor) {
  const auto mirror = Mirror::lease(setup());
  ASSERT_TRUE(mirror) << util::to_text(mirror.error());
  for (const int pid : marked(mark()))
    if (util::read_text("/proc/" + std::to_string(pid) + "/comm") == "sh\n") kill(pid, SIGKILL);
  EXPECT_TRUE(everything_ends());
}

TEST_F(MirrorTest, IsSweptWhenNobodyLeasesIt) {
  ASSERT_TRUE(Mirror::lease(setup()));
  ASSERT_TRUE(everything_ends());
  auto stuck = process::Process::start(
      {{"sleep", "1000"}, std::map<std::string, std::string>{{"CACHEPROOF_MIRROR", folder().string()}}, {}});
  ASSERT_TRUE(stuck) << util::to_text(stuck.error());
  // A process that ends loses its environment a moment before it lets go of its locks.
  EXPECT_TRUE(test::eventually([&] {
    return sweep_mirrors(root_.path(), true) == std::vector{"would end the mirror in " + folder().string()};
  }));
  EXPECT_EQ(stuck->poll(), std::nullopt);
  EXPECT_EQ(sweep_mirrors(root_.path(), false), std::vector{"ended the mirror in " + folder().string()});
  EXPECT_THAT(sweep_mirrors(root_.path(), false), IsEmpty());
  EXPECT_TRUE(stuck->wait(30s));
}

TEST_F(MirrorTest, SaysThatUpstreamCannotBeReached) {
  auto unreachable = setup();
  unreachable.upstream = "http://127.0.0.1:9";
  const auto mirror = Mirror::lease(unreachable);
  ASSERT_FALSE(mirror);
  EXPECT_THAT(mirror.error().what, HasSubstr("http://127.0.0.1:9 cannot be reached"));
  EXPECT_THAT(mirror.error().what, HasSubstr("connection refused"));
  EXPECT_TRUE(everything_ends());
}

TEST_F(MirrorTest, LogsInWithoutLeavingThePasswordAnywhere) {
  const auto pushed = upstream_->push("library/alpine", "latest", "one");
  auto logged_in = setup();
  logged_in.credentials = {.username = "me", .password = "hunter2-hunter2", .identity_token = {}};
  upstream_->ask_for(logged_in.credentials);
  const auto mirror = Mirror::lease(logged_in);
  ASSERT_TRUE(mirror) << util::to_text(mirror.error());
  EXPECT_EQ(digest(*mirror, "latest"), pushed);
  for (const auto& entry : fs::recursive_directory_iterator(folder()))
    EXPECT_THAT(util::read_text(entry.path()).value_or(""), Not(HasSubstr("hunter2"))) << entry.path();
  for (const int pid : marked(mark()))
    EXPECT_THAT(util::read_text("/proc/" + std::to_string(pid) + "/cmdline").value(), Not(HasSubstr("hunter2")));
}

TEST_F(MirrorTest, LeavesItsFilesToTheUserBehindSudo) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  upstream_->push("library/alpine", "latest", "one");
  setenv("SUDO_UID", "65534", 1);
  setenv("SUDO_GID", "65534", 1);
  {
    const auto mirror = Mirror::lease(setup());
    ASSERT_TRUE(mirror) << util::to_text(mirror.error());
    digest(*mirror, "latest");
  }
  unsetenv("SUDO_UID");
  unsetenv("SUDO_GID");
  const auto foreign = [&] {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder())) {
      struct stat info {};
      if (lstat(entry.path().c_str(), &info) != 0 || info.st_uid != 65534) files.push_back(entry.path());
    }
    return files;
  };
  EXPECT_TRUE(test::eventually([&] { return foreign().empty(); })) << util::join(foreign(), "\n");
}

TEST_F(MirrorTest, FetchesAgainWhatWasEvicted) {
  const auto pushed = upstream_->push("library/alpine", "latest", "one");
  {
    const auto mirror = Mirror::lease(setup());
    ASSERT_TRUE(mirror) << util::to_text(mirror.error());
    EXPECT_EQ(digest(*mirror, "latest"), pushed);
  }
  ASSERT_TRUE(test::eventually([&] { return !mirror_stores(root_.path()).at(0).in_use; }));
  EXPECT_GT(mirror_stores(root_.path()).at(0).bytes, 0u);
  auto bounded = setup();
  bounded.limit = 0;
  const auto mirror = Mirror::lease(bounded);
  ASSERT_TRUE(mirror) << util::to_text(mirror.error());
  EXPECT_EQ(mirror_stores(root_.path()).at(0).bytes, 0u);
  EXPECT_TRUE(mirror_stores(root_.path()).at(0).in_use);
  EXPECT_EQ(digest(*mirror, "latest"), pushed);
}

TEST_F(MirrorTest, IsBoundedAlsoWhenItFollowsOneThatIsAboutToEnd) {
  auto bounded = setup();
  bounded.limit = 0;
  upstream_->push("library/alpine", "latest", "one");
  {
    const auto mirror = Mirror::lease(setup());
    ASSERT_TRUE(mirror) << util::to_text(mirror.error());
    digest(*mirror, "latest");
  }
  ASSERT_TRUE(test::eventually([&] { return !mirror_stores(root_.path()).at(0).in_use; }));
  util::Fd ending(open((folder() / "lease").c_str(), O_RDWR | O_CLOEXEC)); // as the supervisor holds it to the end
  ASSERT_TRUE(test::eventually([&] { return util::hold_alone(ending); }));
  const std::jthread end([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    ending = {};
  });
  const auto mirror = Mirror::lease(bounded);
  ASSERT_TRUE(mirror) << util::to_text(mirror.error());
  EXPECT_EQ(mirror_stores(root_.path()).at(0).bytes, 0u);
}

TEST(MirrorStore, LosesWhatWasReadLongestAgo) {
  const auto folder = util::TempDir::create().value();
  const auto blobs = folder.path() / "docker/registry/v2/blobs/sha256";
  const auto add = [&](const std::string& name, std::chrono::seconds ago) {
    ASSERT_TRUE(util::make_directories(blobs / name.substr(0, 2) / name));
    const auto file = blobs / name.substr(0, 2) / name / "data";
    ASSERT_TRUE(util::write_text(file, "0123456789"));
    const auto when = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() - ago);
    const timespec times[] = {{when, 0}, {when, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
  };
  add("aa1", 3h);
  add("aa2", 1h);
  add("bb1", 2h);
  EXPECT_EQ(blob_bytes(folder.path()), 30u);
  EXPECT_EQ(evict_blobs(folder.path(), 30), 0u);
  EXPECT_EQ(evict_blobs(folder.path(), 19), 20u);
  EXPECT_EQ(test::names_in(blobs / "aa"), std::vector<std::string>{"aa2"});
  EXPECT_EQ(test::names_in(blobs / "bb"), std::vector<std::string>{});
}

} // namespace
} // namespace cacheproof::sandbox
