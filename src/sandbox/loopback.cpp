#include "sandbox/loopback.hpp"

#include "http/client.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace cacheproof::sandbox {

using namespace std::chrono_literals;

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
