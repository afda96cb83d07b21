#include "http/download.hpp"
#include "http/server.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

namespace cacheproof::http {
namespace {

using namespace std::chrono_literals;

const std::string k_body = "0123456789abcdefghij";

/// A server that spoils its first answers one after the other, and then serves k_body whole or from where it is asked.
class HttpDownload : public testing::Test {
protected:
  Answer serve(const Received& received) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(received.header("Range") + received.header("If-Range"));
    if (asked_.size() <= spoilt_.size()) return spoilt_[asked_.size() - 1];
    if (received.header("Range").empty() || received.header("If-Range") != tag_)
      return {.headers = {{"ETag", tag_}}, .body = k_body};
    const auto from = std::stoul(received.header("Range").substr(6));
    return {.status = 206,
            .headers = {{"Content-Range", "bytes " + std::to_string(from) + "-19/20"}},
            .body = k_body.substr(from)};
  }
  Answer broken(std::size_t after, const std::string& tag = "\"one\"") {
    return {.headers = {{"ETag", tag}}, .body = k_body, .break_after = after};
  }
  util::Result<Downloaded> load(const std::string& digest = {}) {
    return download({.url = server_.url(), .headers = {}, .file = file_, .digest = digest, .limit = 1000, .pause = 1ms},
                    stop_.get_token());
  }
  void expect_whole() {
    const auto got = load();
    ASSERT_TRUE(got) << util::to_text(got.error());
    EXPECT_EQ(util::read_text(file_), k_body);
    EXPECT_EQ(got->digest, util::sha256_digest(k_body));
    EXPECT_EQ(got->bytes, k_body.size());
  }
  void expect_failure(const std::string& words, std::size_t attempts) {
    const auto got = load();
    ASSERT_FALSE(got);
    EXPECT_THAT(util::to_text(got.error()), testing::HasSubstr(words));
    EXPECT_EQ(asked_.size(), attempts);
    EXPECT_FALSE(std::filesystem::exists(file_));
  }

  util::TempDir folder_ = std::move(*util::TempDir::create());
  std::filesystem::path file_ = folder_.path() / "file";
  std::mutex mutex_;
  std::stop_source stop_;
  std::string tag_ = "\"one\"";
  std::vector<Answer> spoilt_;
  std::vector<std::string> asked_; ///< Range and If-Range of each request
  Server server_ = std::move(*Server::start([this](const Received& received) { return serve(received); }));
};

using Asked = std::vector<std::string>;

TEST_F(HttpDownload, WritesTheBodyAndSaysItsDigest) {
  expect_whole();
  EXPECT_EQ(asked_, Asked{""});
}

TEST_F(HttpDownload, ResumesWhereTheTransferBroke) {
  spoilt_ = {
      broken(7),
      {.status = 206, .headers = {{"Content-Range", "bytes 7-19/20"}}, .body = k_body.substr(7), .break_after = 5}};
  expect_whole();
  EXPECT_EQ(asked_, (Asked{"", "bytes=7-\"one\"", "bytes=12-\"one\""}));
}

TEST_F(HttpDownload, BeginsAgainWhereTheServerHasAnotherFileMeanwhile) {
  spoilt_ = {{.headers = {{"ETag", "\"old\""}}, .body = "OLDOLDOLDOLD", .break_after = 7}};
  expect_whole();
  EXPECT_EQ(asked_, (Asked{"", "bytes=7-\"old\""}));
}

TEST_F(HttpDownload, BeginsAgainWhereNothingVouchesForTheFirstPart) {
  spoilt_ = {broken(7, "W/\"weak\"")};
  expect_whole();
  EXPECT_EQ(asked_, (Asked{"", ""}));
}

TEST_F(HttpDownload, ResumesByTheTimeOfTheFileToo) {
  tag_ = "Wed, 01 Jan 2020 00:00:00 GMT";
  spoilt_ = {{.headers = {{"Last-Modified", tag_}}, .body = k_body, .break_after = 3}};
  expect_whole();
  EXPECT_EQ(asked_, (Asked{"", "bytes=3-" + tag_}));
}

TEST_F(HttpDownload, BeginsAgainWhereTheServerResumesElsewhere) {
  spoilt_ = {broken(7), {.status = 206, .headers = {{"Content-Range", "bytes 0-19/20"}}, .body = k_body}};
  expect_whole();
  EXPECT_EQ(asked_, (Asked{"", "bytes=7-\"one\"", ""}));
}

TEST_F(HttpDownload, BeginsAgainWhereTheFileHasBecomeShorter) {
  spoilt_ = {broken(7), {.status = 416}};
  expect_whole();
  EXPECT_EQ(asked_, (Asked{"", "bytes=7-\"one\"", ""}));
}

TEST_F(HttpDownload, TriesAgainWhereTheServerIsTooBusyOrBroken) {
  spoilt_ = {{.status = 500, .body = "sorry"}, {.status = 503}, {.status = 429}};
  expect_whole();
}

TEST_F(HttpDownload, GivesUpAfterSomeAttempts) {
  spoilt_ = std::vector<Answer>(9, Answer{.status = 502});
  expect_failure("status 502, 4 times\n", 4);
}

TEST_F(HttpDownload, GivesUpOnAServerThatAlwaysBreaks) {
  spoilt_ = std::vector<Answer>(9, broken(5, ""));
  expect_failure(", 4 times", 4);
}

TEST_F(HttpDownload, DoesNotInsistOnWhatIsNotThere) {
  spoilt_ = std::vector<Answer>(9, Answer{.status = 404});
  expect_failure("status 404", 1);
}

TEST_F(HttpDownload, DoesNotInsistWhereNobodyListens) {
  const auto url = [] { return std::move(*Server::start([](const Received&) { return Answer{}; })).url(); }();
  const auto got = download({.url = url, .headers = {}, .file = file_, .digest = {}, .pause = 10min});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().tried, "GET " + url);
}

TEST_F(HttpDownload, KeepsNothingOfTheWrongContent) {
  const auto got = load(util::sha256_digest("other"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().what,
            "it is " + util::sha256_digest(k_body) + " where " + util::sha256_digest("other") + " was expected");
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(HttpDownload, TakesNoMoreThanTheLimit) {
  spoilt_ = {{.body = std::string(1001, 'x')}};
  expect_failure("it is longer than 1000 bytes", 1);
}

TEST_F(HttpDownload, SaysThatTheDiskIsFull) {
  std::filesystem::create_symlink("/dev/full", file_);
  const auto got = load();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().what, "cannot write " + file_.string());
  EXPECT_EQ(got.error().remedy, "make room on that file system");
  EXPECT_EQ(asked_.size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(HttpDownload, StopsBetweenTwoAttempts) {
  const auto got = [&] {
    spoilt_ = {{.status = 500}};
    const std::jthread later([this] {
      std::this_thread::sleep_for(100ms);
      stop_.request_stop();
    });
    return download({.url = server_.url(), .headers = {}, .file = file_, .digest = {}, .pause = 10min},
                    stop_.get_token());
  }();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().blame, util::Blame::interrupted);
}

TEST_F(HttpDownload, ShowsItsHeadersToNoOtherHost) {
  std::mutex mutex;
  std::vector<std::string> seen;
  const auto other = std::move(*Server::start([&](const Received& received) {
    const std::lock_guard lock(mutex);
    seen.push_back(received.header("Authorization"));
    return Answer{.body = k_body};
  }));
  spoilt_ = {{.status = 307, .headers = {{"Location", other.url() + "/blob"}}, .body = "moved"}};
  const auto got = download({.url = server_.url(),
                             .headers = {{"Authorization", "Bearer secret"}},
                             .file = file_,
                             .digest = util::sha256_digest(k_body)});
  ASSERT_TRUE(got) << util::to_text(got.error());
  EXPECT_EQ(seen, Asked{""});
}

} // namespace
} // namespace cacheproof::http
