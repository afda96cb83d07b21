#include "http/client.hpp"
#include "http/server.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

namespace cacheproof::http {
namespace {

using namespace std::chrono_literals;

Server serve(Server::Handler handler) {
  return std::move(*Server::start(std::move(handler)));
}

TEST(HttpClient, SendsMethodHeadersAndBodyAndReadsTheAnswer) {
  const auto server = serve([](const Received& received) {
    std::string token;
    for (const auto& [name, value] : received.headers)
      if (name == "X-Token") token = value;
    return Answer{.status = 201,
                  .headers = {{"X-Place", "here"}},
                  .body = received.method + ' ' + received.target + ' ' + token + ' ' + received.body};
  });
  const auto response =
      send({.method = "PUT", .url = server.url() + "/a?b=c", .headers = {{"X-Token", "t"}}, .body = "content"});
  ASSERT_TRUE(response) << util::to_text(response.error());
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "PUT /a?b=c t content");
  EXPECT_EQ(response->header("x-place"), "here");
  EXPECT_EQ(response->header("x-other"), std::nullopt);
}

TEST(HttpClient, FindsTheLoginInAUrl) {
  using Login = std::pair<std::string, std::string>;
  EXPECT_EQ(login_in("https://me%40home:p%3Aw@r.example/v2/"), Login("me@home", "p:w"));
  EXPECT_EQ(login_in("https://me@r.example"), Login("me", ""));
  EXPECT_EQ(login_in("https://r.example"), Login());
}

TEST(HttpClient, TakesAnErrorStatusAsAValue) {
  const auto server = serve([](const Received&) { return Answer{.status = 503, .body = "later"}; });
  const auto response = send({.url = server.url()});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_FALSE(response->ok());
}

TEST(HttpClient, FollowsARedirectOnlyWhenAsked) {
  const auto server = serve([](const Received& received) {
    if (received.target == "/old") return Answer{.status = 302, .headers = {{"Location", "/new"}}};
    return Answer{.body = "new"};
  });
  EXPECT_EQ(send({.url = server.url() + "/old"})->status, 302);
  EXPECT_EQ(send({.url = server.url() + "/old", .follow_redirects = true})->body, "new");
}

TEST(HttpClient, GivesASinkTheBodyOfASuccessAlone) {
  const auto server = serve([](const Received& received) {
    return received.target == "/good" ? Answer{.body = "payload"} : Answer{.status = 404, .body = "no"};
  });
  std::string taken;
  const auto sink = [&](std::string_view piece) -> util::Status {
    taken += piece;
    return {};
  };
  EXPECT_EQ(send({.url = server.url() + "/bad", .sink = sink})->body, "no");
  EXPECT_EQ(taken, "");
  EXPECT_EQ(send({.url = server.url() + "/good", .sink = sink})->body, "");
  EXPECT_EQ(taken, "payload");
}

TEST(HttpClient, EndsWithTheErrorOfTheSink) {
  const auto server = serve([](const Received&) { return Answer{.body = "payload"}; });
  const auto response = send({.url = server.url(), .sink = [](std::string_view) -> util::Status {
                                return util::failure("the disk is full");
                              }});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().what, "the disk is full");
}

TEST(HttpClient, RefusesABodyOverTheLimit) {
  const auto server = serve([](const Received&) { return Answer{.body = "12345"}; });
  EXPECT_TRUE(send({.url = server.url(), .max_body = 5}));
  const auto response = send({.url = server.url(), .max_body = 4});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().what, "the answer is longer than 4 bytes");
}

TEST(HttpClient, TellsAnAnswerThatWasCutShort) {
  const auto server = serve([](const Received&) { return Answer{.body = "12345", .break_after = 2}; });
  EXPECT_FALSE(send({.url = server.url()}));
}

TEST(HttpClient, GivesUpOnAServerThatNeverAnswers) {
  const auto server = serve([](const Received&) { return Answer{.hang = true}; });
  const auto response = send({.url = server.url(), .answer_timeout = 200ms});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().what, "nothing was received for 0.2 s");
}

TEST(HttpClient, SaysThatTheTimeForAllOfItIsOver) {
  const auto server = serve([](const Received&) { return Answer{.hang = true}; });
  const auto response = send({.url = server.url(), .answer_timeout = 0ms, .timeout = 200ms});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().what, "no answer within 0.2 s");
}

TEST(HttpClient, EndsWhenAStopIsRequested) {
  const auto server = serve([](const Received&) { return Answer{.hang = true}; });
  std::stop_source stop;
  const std::jthread later([&] {
    std::this_thread::sleep_for(100ms);
    stop.request_stop();
  });
  const auto response = send({.url = server.url()}, stop.get_token());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().blame, util::Blame::interrupted);
}

TEST(HttpClient, NamesTheUrlOfATransportErrorWithoutItsCredentials) {
  std::string address;
  {
    const auto server = serve([](const Received&) { return Answer{}; });
    address = server.address();
  }
  const auto response = send({.url = "http://user:secret@" + address + "/x"});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().tried, "GET http://" + address + "/x");
  EXPECT_EQ(util::to_text(response.error()).find("secret"), std::string::npos);
}

TEST(HttpClient, AsksNoProxyForALoopbackAddress) {
  const auto proxy = serve([](const Received&) { return Answer{.body = "proxy"}; });
  const auto server = serve([](const Received&) { return Answer{.body = "server"}; });
  setenv("http_proxy", proxy.url().c_str(), 1);
  const auto direct = send({.url = server.url()});
  const auto elsewhere = send({.url = "http://elsewhere.invalid/"});
  unsetenv("http_proxy");
  EXPECT_EQ(direct->body, "server");
  EXPECT_EQ(elsewhere->body, "proxy");
}

TEST(HttpServer, EndsWhileARequestHangs) {
  std::stop_source stop;
  auto server = serve([](const Received&) { return Answer{.hang = true}; });
  std::jthread asking([url = server.url()] { static_cast<void>(send({.url = url})); });
  std::this_thread::sleep_for(100ms);
  { const auto ended = std::move(server); }
  asking.join();
}

} // namespace
} // namespace cacheproof::http
