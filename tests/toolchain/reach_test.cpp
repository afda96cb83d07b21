#include "toolchain/fixture.hpp"
#include "toolchain/reach.hpp"
#include "util/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace cacheproof::toolchain {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

/// A port on which nothing is heard, not even the first packet: its queue of connections is full, and Linux drops what
/// comes then (listen(2)).
class BlackHole {
public:
  BlackHole() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listening_.get(), raw, size), 0);
    EXPECT_EQ(listen(listening_.get(), 0), 0);
    EXPECT_EQ(getsockname(listening_.get(), raw, &size), 0);
    for (auto& waiting : waiting_) static_cast<void>(connect(waiting.get(), raw, size));
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  const std::string& url() const { return url_; }

private:
  static util::Fd open() { return util::Fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }
  util::Fd listening_ = open();
  std::vector<util::Fd> waiting_ = [] {
    std::vector<util::Fd> list;
    for (int i = 0; i < 4; ++i) list.push_back(open());
    return list;
  }();
  std::string url_;
};

http::Server serve(http::Answer answer) {
  return std::move(*http::Server::start([answer](const http::Received&) { return answer; }));
}

std::string closed_port() {
  return serve({}).url();
}

/// Sources that cannot be reached, each in its own way.
class ToolchainReach : public ToolchainTest {
protected:
  void SetUp() override {
    ToolchainTest::SetUp();
    image_ = true;
    patience_ = 300ms;
  }
  void TearDown() override {
    unsetenv("CACHEPROOF_DOCKER_HUB_URL");
    unsetenv("CACHEPROOF_RELEASES_URL");
    ToolchainTest::TearDown();
  }
  void sources(const std::string& release, const std::string& image) {
    setenv("CACHEPROOF_RELEASES_URL", release.c_str(), 1);
    setenv("CACHEPROOF_DOCKER_HUB_URL", image.c_str(), 1);
  }
  /// A go that asks that GOPROXY, and writes down with which one it was sent for the module.
  void go_that_asks(const std::string& proxy) {
    program(folder_.path() / "path" / "go",
            "#!/bin/sh\n[ \"$1\" = env ] && { printf '%s\\n' go1.26.8 auto '" + proxy + "'; exit; }\n"
                + "echo \"$GOPROXY\" > " + (folder_.path() / "sent").string()
                + "\nprintf '{\"Error\": \"not in the cache\"}'; exit 1\n");
  }
  Options options(bool module = false) {
    return {.say = {},
            .stop = stop_.get_token(),
            .sources = {.release = true, .image = true, .module = module},
            .releases_url = {},
            .patience = patience_,
            .go_folder = {}};
  }
  Reach look(bool module = false) { return look_out(order_, folder_.path(), options(module)); }

  const Order order_{.recipe = recipe(Kind::buildkit), .version = "v0.34.2", .pinned = {}};
  std::atomic<int> knocks_ = 0;
  const http::Server silent_ = std::move(*http::Server::start([this](const http::Received&) {
    ++knocks_;
    return http::Answer{.hang = true};
  }));
};

TEST_F(ToolchainReach, TakesEveryAnswerForAYes) {
  for (const int status : {200, 401, 404, 500}) {
    const auto server = serve({.status = status});
    sources(server.url(), server.url());
    EXPECT_EQ(to_line(look()), "") << status;
  }
}

TEST_F(ToolchainReach, NoticesPacketsThatNobodyTakes) {
  const BlackHole hole;
  sources(hole.url(), hole.url());
  const auto line = to_line(look());
  EXPECT_THAT(line, StartsWith("no way out to " + hole.url().substr(7)));
  EXPECT_THAT(line, HasSubstr(": without the release and the container image"));
}

TEST_F(ToolchainReach, NoticesHostsThatRefuseAndNamesThatDoNotResolve) {
  sources(closed_port(), "http://nowhere.invalid");
  patience_ = 10s;
  const auto line = to_line(look());
  EXPECT_THAT(line, StartsWith("no way out to 127.0.0.1:"));
  EXPECT_THAT(line, HasSubstr("nowhere.invalid (Could not resolve host: nowhere.invalid)"));
}

TEST_F(ToolchainReach, NoticesAMachineWithoutANetwork) {
  sources("https://192.0.2.1", "https://registry.example"); // TEST-NET-1 (RFC 5737)
  patience_ = 10s;
  Reach reach;
  bool alone = false;
  std::thread([&] { // the threads that it starts are without a network, too
    alone = unshare(CLONE_NEWNET) == 0;
    if (alone) reach = look();
  })
      .join();
  if (!alone) GTEST_SKIP() << "needs root";
  EXPECT_TRUE(reach.release && reach.image);
}

TEST_F(ToolchainReach, NoticesATokenServiceOrARedirectThatLeadsNowhere) {
  const BlackHole hole;
  const auto registry = serve(
      {.status = 401, .headers = {{"WWW-Authenticate", "Bearer realm=\"" + hole.url() + "/token\",service=\"x\""}}});
  const auto releases = serve({.status = 302, .headers = {{"Location", hole.url() + "/file"}}});
  sources(releases.url(), registry.url());
  const auto reach = look();
  ASSERT_TRUE(reach.release && reach.image);
  EXPECT_EQ(reach.image->host, hole.url().substr(7));
}

TEST_F(ToolchainReach, NoticesAModuleProxyThatDoesNotAnswer) {
  const BlackHole hole;
  const auto server = serve({});
  sources(server.url(), server.url());
  go_that_asks(hole.url() + ",direct");
  EXPECT_THAT(to_line(look(true)), HasSubstr(": the Go module only from go's own cache"));
  go_that_asks(server.url() + ",direct");
  EXPECT_EQ(to_line(look(true)), "");
  go_that_asks(hole.url() + "|" + server.url());
  EXPECT_EQ(to_line(look(true)), "");
  go_that_asks("off");
  EXPECT_EQ(to_line(look(true)), "");
}

TEST_F(ToolchainReach, IsSaidInOneLineAndEndsNothing) {
  answer_ = {.hang = true}; // of the release
  const auto registry = serve({.hang = true});
  setenv("CACHEPROOF_DOCKER_HUB_URL", registry.url().c_str(), 1);
  go_that_asks(registry.url());
  const auto kit = install_with(true);
  ASSERT_FALSE(kit);
  const std::string silent = " .no answer within 0.[0-9] s.";
  const auto line = "BuildKit v0.34.2: no way out to " + server_.address() + silent + ", " + registry.address() + silent
                    + ", " + registry.address() + silent
                    + ": without the release and the container image, the Go module only from go's own cache";
  EXPECT_THAT(
      said_,
      testing::ElementsAre(StartsWith("BuildKit v0.34.2 is not in the store"),
                           testing::MatchesRegex(line),
                           "BuildKit v0.34.2: trying the Go module",
                           HasSubstr("the Go module did not work: go cannot get the module: not in the cache")));
  EXPECT_EQ(util::read_text(folder_.path() / "sent"), "off\n");
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ToolchainReach, IsNotWaitedForTwice) {
  const auto registry = serve({});
  sources(silent_.url(), registry.url());
  const auto same = options();
  for (int i = 0; i < 3; ++i) {
    const auto reach = look_out(order_, folder_.path(), same);
    EXPECT_TRUE(reach.release);
    EXPECT_FALSE(reach.image);
  }
  EXPECT_EQ(knocks_, 1);
}

/// go takes the next proxy behind a `|`; the silent one would cost the whole patience again each time.
TEST_F(ToolchainReach, IsNotWaitedForTwiceBesideAnotherDoor) {
  const auto server = serve({});
  sources(server.url(), server.url());
  go_that_asks(silent_.url() + "|" + server.url());
  const auto same = options(true);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(to_line(look_out(order_, folder_.path(), same)), "");
  EXPECT_EQ(knocks_, 1);
}

TEST_F(ToolchainReach, IsNotAskedForAListEither) {
  const BlackHole hole;
  go_that_asks(hole.url());
  auto asking = options(true);
  asking.releases_api = hole.url();
  const auto offers = available(Kind::buildkit, asking);
  ASSERT_EQ(offers.size(), 2U);
  for (const auto& offer : offers)
    EXPECT_THAT(offer.versions.error().what, StartsWith("no way out to " + hole.url().substr(7))) << offer.source;
  EXPECT_FALSE(fs::exists(folder_.path() / "sent")) << "go would wait for half a minute";
}

TEST_F(ToolchainReach, LeavesGoItsOwnProxyWhereThatAnswers) {
  const auto server = serve({.status = 404});
  sources(server.url(), server.url());
  answer_ = {.status = 404};
  go_that_asks(server.url());
  setenv("GOPROXY", "https://kept.example", 1);
  EXPECT_FALSE(install_with(true));
  unsetenv("GOPROXY");
  EXPECT_EQ(util::read_text(folder_.path() / "sent"), "https://kept.example\n");
}

} // namespace
} // namespace cacheproof::toolchain
