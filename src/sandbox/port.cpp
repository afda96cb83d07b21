#include "sandbox/port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace cacheproof::sandbox {

util::Result<Port> Port::reserve() {
  util::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const int on = 1;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (!socket || setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
      || bind(socket.get(), plain, size) != 0 || getsockname(socket.get(), plain, &size) != 0)
    return util::failure(std::string("no free port on 127.0.0.1: ") + std::strerror(errno),
                         {},
                         "look for what holds so many connections (ss -tan)");
  return Port(std::move(socket), ntohs(address.sin_port));
}

} // namespace cacheproof::sandbox
