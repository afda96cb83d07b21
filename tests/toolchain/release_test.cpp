#include "toolchain/fixture.hpp"
#include "util/hash.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace cacheproof::toolchain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A release host that spoils its first answers to the download, and knows ranges as the public one does.
class ToolchainRelease : public ToolchainTest {
protected:
  util::Result<Kit> install_spoilt(std::vector<http::Answer> spoilt) {
    const auto host = *http::Server::start([&](const http::Received& received) {
      if (received.method == "HEAD") return http::Answer{};
      const std::lock_guard lock(mutex_);
      ranges_.push_back(received.header("Range"));
      if (ranges_.size() <= spoilt.size()) return spoilt[ranges_.size() - 1];
      if (ranges_.back().empty()) return http::Answer{.headers = {{"ETag", "\"1\""}}, .body = body_};
      const auto from = std::stoul(ranges_.back().substr(6));
      const auto range = "bytes " + std::to_string(from) + "-/" + std::to_string(body_.size());
      return http::Answer{.status = 206, .headers = {{"Content-Range", range}}, .body = body_.substr(from)};
    });
    setenv("CACHEPROOF_RELEASES_URL", host.url().c_str(), 1);
    const auto kit = install(Kind::buildkit,
                             "v0.34.2",
                             {.say = {}, .stop = {}, .sources = {.release = true, .image = false, .module = false}});
    unsetenv("CACHEPROOF_RELEASES_URL");
    return kit;
  }
  std::string body_ = release();
  std::vector<std::string> ranges_; ///< of each request
};

TEST_F(ToolchainRelease, IsResumedWhereItsTransferBroke) {
  const auto kit = install_spoilt({{.headers = {{"ETag", "\"1\""}}, .body = body_, .break_after = 100}});
  ASSERT_TRUE(kit) << util::to_text(kit.error());
  EXPECT_THAT(ranges_, ElementsAre("", "bytes=100-"));
  const auto record = nlohmann::json::parse(*util::read_text(kit->bin.parent_path() / "toolchain.json"));
  EXPECT_EQ(record["digest"], util::sha256_digest(body_));
}

TEST_F(ToolchainRelease, IsAskedForAgainWhereTheHostIsInTrouble) {
  EXPECT_TRUE(install_spoilt({{.status = 500}, {.status = 503}}));
}

TEST_F(ToolchainRelease, ThatNeverComesWholeLeavesNothing) {
  const auto kit = install_spoilt(std::vector<http::Answer>(4, {.body = body_, .break_after = 100}));
  ASSERT_FALSE(kit);
  EXPECT_THAT(kit.error().tried, HasSubstr(", 4 times (GET "));
  EXPECT_EQ(left_over(), std::vector<std::string>{});
}

} // namespace
} // namespace cacheproof::toolchain
