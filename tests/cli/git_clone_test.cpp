// The program that clones a repository for another one.
#include "cli/program_fixture.hpp"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <string>

namespace cacheproof {
namespace {

class GitClone : public ProgramTest {};

/// Takes connections, by the kernel alone, and says nothing.
class SilentServer {
public:
  SilentServer()
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address); // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(fd_.get(), any, size), 0);
    EXPECT_EQ(::listen(fd_.get(), 5), 0);
    EXPECT_EQ(::getsockname(fd_.get(), any, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  std::string place() const { return "127.0.0.1:" + std::to_string(port_); }

private:
  util::Fd fd_;
  int port_ = 0;
};

TEST_F(GitClone, EndsWhereTheServerSaysNothing) {
  const SilentServer server;
  for (const std::string scheme : {"git", "http"}) {
    const auto finished = run({"git-clone", scheme + "://" + server.place() + "/x.git", scheme, "1"});
    EXPECT_EQ(finished.exit.signal, SIGALRM) << scheme << ": " << finished.err;
  }
}

TEST_F(GitClone, SaysWhyItCouldNot) {
  const auto finished = run({"git-clone", "file:///nowhere/x.git", "clone.git", "60"});
  EXPECT_EQ(finished.exit.code, 2);
  EXPECT_TRUE(finished.err.starts_with("the repository file:///nowhere/x.git could not be cloned: ")) << finished.err;
}

TEST_F(GitClone, IsNoCommandOfTheUsers) {
  EXPECT_EQ(run({"--help"}).out.find("git-clone"), std::string::npos);
}

} // namespace
} // namespace cacheproof
