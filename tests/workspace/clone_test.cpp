#include "http/server.hpp"
#include "process/process.hpp"
#include "util/text.hpp"
#include "workspace/git_fixture.hpp"

#include <atomic>
#include <string>

namespace cacheproof::workspace {
namespace {

namespace fs = std::filesystem;

/// The user's repository behind HTTP, as `git http-backend` serves it.
class Clone : public GitContext {
protected:
  void SetUp() override {
    GitContext::SetUp();
    if (IsSkipped()) return;
    put(users("a"), "1");
    first_ = commit();
    git("tag -a -m x v1");
    git("branch side");
    put(users("a"), "2");
    commit();
    server_.emplace(http::Server::start([this](const http::Received& request) { return answer(request); }).value());
  }
  void TearDown() override { server_.reset(); }

  /// CGI (RFC 3875), as far as git-http-backend(1) asks for it.
  http::Answer answer(const http::Received& request) {
    if (refuses_) return {.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"x\""}}};
    const auto body = outside("body" + std::to_string(++requests_));
    put(body, request.body);
    const auto mark = std::min(request.target.find('?'), request.target.size());
    const auto query = request.target.substr(std::min(mark + 1, request.target.size()));
    const auto done =
        process::run({.argv = {"/bin/sh", "-c", "exec git -c safe.directory='*' http-backend <\"$0\"", body.string()},
                      .environment = {{{"PATH", std::getenv("PATH")},
                                       {"HOME", "/nowhere"},
                                       {"GIT_PROJECT_ROOT", users("a").parent_path().parent_path().string()},
                                       {"GIT_HTTP_EXPORT_ALL", "1"},
                                       {"REQUEST_METHOD", request.method},
                                       {"PATH_INFO", request.target.substr(0, mark)},
                                       {"QUERY_STRING", query},
                                       {"CONTENT_TYPE", request.header("Content-Type")},
                                       {"CONTENT_LENGTH", std::to_string(request.body.size())}}}});
    const auto& out = done.value().out;
    const auto end = out.find("\r\n\r\n");
    if (end == std::string::npos) return {.status = 500, .body = out + done->err};
    http::Answer answer;
    answer.body = out.substr(end + 4);
    for (const auto& line : util::lines(out.substr(0, end))) {
      const auto colon = line.find(": ");
      if (line.starts_with("Status: "))
        answer.status = std::stoi(line.substr(8));
      else
        answer.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    return answer;
  }

  scenario::GitSource remote(const std::string& commit, const std::string& path = "/user") const {
    return {server_->url() + path, true, commit, {"x.yaml", 2, 6}};
  }
  fs::path clone() const { return outside("clone.git"); }

  std::string first_;
  std::atomic<bool> refuses_ = false;

private:
  std::atomic<int> requests_ = 0;
  std::optional<http::Server> server_;
};

TEST_F(Clone, HasEveryCommitTagAndBranch) {
  const auto before = fingerprint(users(".git")).value();
  for (const auto& name : {first_, std::string("v1"), std::string("side"), std::string("main")}) {
    const auto here = cloned(remote(name), clone());
    ASSERT_TRUE(here) << util::to_text(here.error());
    EXPECT_EQ(*here, (scenario::GitSource{clone().string(), false, name, {"x.yaml", 2, 6}}));
    made(*here);
    EXPECT_EQ(listing(), name == "main" ? "0644 a: 2\n" : "0644 a: 1\n") << name;
    fs::remove_all(clone());
    fs::remove_all(ours());
  }
  EXPECT_EQ(fingerprint(users(".git")).value(), before);
}

TEST_F(Clone, SaysWhyItCouldNot) {
  const auto why = [&](const scenario::GitSource& source) {
    const auto here = cloned(source, clone());
    return here ? "it could" : here.error().what;
  };
  const auto missing = remote("main", "/nobody.git");
  EXPECT_EQ(why(missing),
            "the repository " + missing.repository + " could not be cloned: unexpected http status code: 404");
  refuses_ = true;
  const auto secret = remote("main");
  EXPECT_EQ(why(secret),
            "the repository " + secret.repository
                + " could not be cloned: it asks for credentials, and a clean world has none");
  EXPECT_FALSE(fs::exists(clone()));
}

TEST_F(Clone, IsNeededBeforeAContextCanBeMade) {
  const auto context = Context::materialise(remote("main"), ours());
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().what, "the repository " + remote("main").repository + " is not cloned yet");
}

} // namespace
} // namespace cacheproof::workspace
