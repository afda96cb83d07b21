#include "buildkit/door.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

namespace cacheproof::buildkit {
namespace {

constexpr timeval k_patience{5, 0};
constexpr std::size_t k_longest = 8192; // of an answer's head

util::Result<util::Fd> open_socket(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.native().size() >= sizeof(address.sun_path))
    return util::failure(fmt::format("the path of a unix socket is longer than {} bytes", sizeof(address.sun_path) - 1),
                         socket.string(),
                         "use a shorter folder");
  std::copy(socket.native().begin(), socket.native().end(), address.sun_path);

  util::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API wants it
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return util::failure(std::string("cannot connect to buildkitd: ") + std::strerror(errno),
                         "unix://" + socket.string(),
                         "check that the daemon is up and that this user may open its socket");
  return fd;
}

/// What comes up to the blank line and not a byte more: the rest is HTTP/2 already.
util::Result<std::string> read_head(int fd) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    char byte = 0;
    const auto got = recv(fd, &byte, 1, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got != 1 || head.size() >= k_longest)
      return util::failure(got < 0 ? std::strerror(errno) : "the answer ended early");
    head += byte;
  }
  return head;
}

/// As Docker's own client does it (client/hijack.go).
util::Status upgrade(int fd) {
  constexpr std::string_view ask =
      "POST /grpc HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &k_patience, sizeof k_patience);
  if (send(fd, ask.data(), ask.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(ask.size()))
    return util::failure(std::strerror(errno));
  CP_TRY_ASSIGN(const auto head, read_head(fd));
  if (!head.starts_with("HTTP/1.1 101")) return util::failure("it answers " + head.substr(0, head.find('\r')));
  constexpr timeval forever{};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof forever);
  return {};
}

} // namespace

util::Result<util::Fd> open_door(const std::filesystem::path& socket, Door door) {
  CP_TRY_ASSIGN(auto fd, open_socket(socket));
  if (door == Door::daemon) return fd;
  if (const auto upgraded = upgrade(fd.get()); !upgraded)
    return util::failure("the Docker engine does not lead to its BuildKit: " + upgraded.error().what,
                         "POST /grpc at unix://" + socket.string(),
                         "read the engine's log");
  return fd;
}

} // namespace cacheproof::buildkit
