#include "buildkit/client.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>

namespace cacheproof::buildkit {
namespace {

using namespace std::chrono_literals;

TEST(Client, SaysThatNobodyListens) {
  const auto folder = util::TempDir::create();
  ASSERT_TRUE(folder);
  const auto client = Client::connect(folder->path() / "socket");
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().what, "cannot connect to buildkitd: No such file or directory");
  EXPECT_EQ(client.error().tried, "unix://" + (folder->path() / "socket").string());
  EXPECT_FALSE(client.error().remedy.empty());
}

TEST(Client, RefusesAPathThatNoSocketCanHave) {
  const auto client = Client::connect("/tmp/" + std::string(200, 'x'));
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().what, "the path of a unix socket is longer than 107 bytes");
}

TEST(Client, GivesUpOnADaemonThatNeverAnswers) {
  const auto folder = util::TempDir::create();
  ASSERT_TRUE(folder);
  const auto path = folder->path() / "socket";
  const util::Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.native().begin(), path.native().end(), address.sun_path);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);

  auto client = Client::connect(path);
  ASSERT_TRUE(client) << util::to_text(client.error());
  const auto ready = client->ready(100ms);
  ASSERT_FALSE(ready);
  EXPECT_EQ(ready.error().blame, util::Blame::rig);
  EXPECT_EQ(ready.error().what.find("buildkitd did not answer ListWorkers: "), 0u) << ready.error().what;
  EXPECT_FALSE(client->fetch("ref", 100ms));
  EXPECT_FALSE(client->disk_usage_records(100ms));
}

} // namespace
} // namespace cacheproof::buildkit
