#include "sandbox/loopback.hpp"

#include "http/client.hpp"
#include "util/files.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace cacheproof::sandbox {

using namespace std::chrono_literals;

util::Result<std::uint16_t> free_port() {
  const util::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (!socket || bind(socket.get(), plain, size) != 0 || getsockname(socket.get(), plain, &size) != 0)
    return util::failure(std::string("no free port on 127.0.0.1: ") + std::strerror(errno));
  return ntohs(address.sin_port);
}

util::Status answers(const std::string& address, const std::string& identity, std::stop_token stop) {
  CP_TRY_ASSIGN(
      const auto response,
      http::send({.url = "http://" + address + "/v2/", .answer_timeout = 5s, .timeout = 5s}, std::move(stop)));
  if (response.header(k_identity_header) != identity)
    return util::failure("somebody else's server answers on " + address);
  if (!response.ok()) return util::failure(fmt::format("the registry answers with status {}", response.status));
  return {};
}

} // namespace cacheproof::sandbox
