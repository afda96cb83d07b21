#include "http/client.hpp"
#include "sandbox/file_server.hpp"

#include <gtest/gtest.h>

namespace cacheproof::sandbox {
namespace {

constexpr std::int64_t k_new_year = 1577836800; // Wed, 01 Jan 2020 00:00:00 GMT

class FileServing : public testing::Test {
protected:
  http::Response ask(const std::string& path, http::Headers headers = {}, const std::string& method = "GET") {
    auto answer =
        http::send({.method = method, .url = "http://" + server_.address() + path, .headers = std::move(headers)});
    EXPECT_TRUE(answer) << util::to_text(answer.error());
    return answer.value_or(http::Response{});
  }

  FileServer server_ = FileServer::start({{"a", {"text", "\"v1\"", k_new_year}}, {"plain", {"p", {}, {}}}}).value();
};

TEST_F(FileServing, GivesAFileWithItsHeadersOnly) {
  const auto a = ask("/a");
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.body, "text");
  EXPECT_EQ(a.header("ETag"), "\"v1\"");
  EXPECT_EQ(a.header("Last-Modified"), "Wed, 01 Jan 2020 00:00:00 GMT");
  const auto plain = ask("/plain?query");
  EXPECT_EQ(plain.body, "p");
  EXPECT_EQ(plain.header("ETag"), std::nullopt);
  EXPECT_EQ(plain.header("Last-Modified"), std::nullopt);
  EXPECT_EQ(ask("/a", {}, "HEAD").body, "");
  EXPECT_EQ(ask("/other").status, 404);
  EXPECT_EQ(ask("/a", {}, "PUT").status, 405);
}

TEST_F(FileServing, AnswersConditionsAsRfc9110Says) {
  EXPECT_EQ(ask("/a", {{"If-None-Match", "\"v0\", W/\"v1\""}}).status, 304);
  EXPECT_EQ(ask("/a", {{"If-None-Match", "*"}}).status, 304);
  EXPECT_EQ(ask("/plain", {{"If-None-Match", "\"v1\""}}).status, 200) << "it has no tag";
  server_.serve("weak", {"text", "W/\"v1\"", {}});
  EXPECT_EQ(ask("/weak", {{"If-None-Match", "\"v1\""}}).status, 304) << "tags are compared weakly";
  EXPECT_EQ(ask("/a", {{"If-Modified-Since", "Wed, 01 Jan 2020 00:00:00 GMT"}}).status, 304);
  EXPECT_EQ(ask("/a", {{"If-Modified-Since", "Tue, 31 Dec 2019 23:59:59 GMT"}}).status, 200);
  EXPECT_EQ(ask("/a", {{"If-Modified-Since", "yesterday"}}).status, 200);
  const auto both = ask("/a", {{"If-None-Match", "\"v0\""}, {"If-Modified-Since", "Wed, 01 Jan 2020 00:00:00 GMT"}});
  EXPECT_EQ(both.status, 200) << "a tag is stronger than a time";
}

TEST_F(FileServing, ChangesAndRemembersWhatItWasAsked) {
  ask("/a");
  server_.serve("a", {"new", "\"v2\"", {}});
  EXPECT_EQ(server_.file("a"), (File{"new", "\"v2\"", {}}));
  EXPECT_EQ(server_.file("b"), std::nullopt);
  EXPECT_EQ(ask("/a", {{"If-None-Match", "\"v1\""}}).body, "new");
  ask("/b", {}, "HEAD");
  EXPECT_EQ(server_.take_requests(),
            (std::vector<std::string>{"GET /a: 200", "GET /a (If-None-Match: \"v1\"): 200", "HEAD /b: 404"}));
  EXPECT_TRUE(server_.take_requests().empty());
}

} // namespace
} // namespace cacheproof::sandbox
