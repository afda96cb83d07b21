// The way through a Docker engine's socket, up to where HTTP/2 begins (measured on 20.10.24 to 29.2.0).
#include "buildkit/door.hpp"
#include "util/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace cacheproof::buildkit {
namespace {

/// A socket at which one client is heard and answered.
class Answerer {
public:
  explicit Answerer(std::string answer)
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto place = path();
    std::copy(place.native().begin(), place.native().end(), address.sun_path);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    thread_ = std::jthread([this, answer = std::move(answer)] {
      const util::Fd client(::accept(listener_.get(), nullptr, nullptr));
      char piece[512];
      while (!heard.ends_with("\r\n\r\n")) {
        const auto got = read(client.get(), piece, sizeof piece);
        if (got <= 0) return;
        heard.append(piece, static_cast<std::size_t>(got));
      }
      EXPECT_EQ(write(client.get(), answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
    });
  }
  std::filesystem::path path() const { return folder_.path() / "s"; }
  void join() { thread_.join(); }
  std::string heard;

private:
  util::TempDir folder_ = std::move(*util::TempDir::create());
  util::Fd listener_;
  std::jthread thread_;
};

TEST(EngineDoor, LeavesEveryByteBehindTheAnswersHead) {
  Answerer engine("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nHTTP/2");
  const auto door = open_door(engine.path(), Door::engine);
  ASSERT_TRUE(door) << util::to_text(door.error());
  engine.join();
  EXPECT_THAT(engine.heard, testing::StartsWith("POST /grpc HTTP/1.1\r\n"));
  EXPECT_THAT(engine.heard, testing::HasSubstr("\r\nUpgrade: h2c\r\n"));
  char rest[16] = {};
  EXPECT_EQ(read(door->get(), rest, sizeof rest), 6);
  EXPECT_STREQ(rest, "HTTP/2");
}

TEST(EngineDoor, ThatIsShutSaysWhatTheEngineAnswers) {
  Answerer engine("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  const auto door = open_door(engine.path(), Door::engine);
  ASSERT_FALSE(door);
  EXPECT_EQ(door.error().what, "the Docker engine does not lead to its BuildKit: it answers HTTP/1.1 404 Not Found");
  EXPECT_EQ(door.error().tried, "POST /grpc at unix://" + engine.path().string());
}

TEST(EngineDoor, ThatClosesEarlyIsAnError) {
  Answerer engine("HTTP/1.1 101");
  const auto door = open_door(engine.path(), Door::engine);
  ASSERT_FALSE(door);
  EXPECT_THAT(door.error().what, testing::HasSubstr("the answer ended early"));
}

} // namespace
} // namespace cacheproof::buildkit
