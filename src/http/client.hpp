#pragma once

#include "util/result.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cacheproof::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Response {
  int status = 0;
  Headers headers; ///< of the last answer
  std::string body;
  bool ok() const { return status >= 200 && status < 300; }
  /// The first header of that name, whatever its case.
  std::optional<std::string> header(std::string_view name) const;
};

struct Request {
  std::string method = "GET";
  std::string url; ///< http or https
  Headers headers;
  std::string body;
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10); ///< name lookup included
  std::chrono::milliseconds answer_timeout = std::chrono::minutes(1);   ///< to the first byte received; 0: no limit
  std::chrono::milliseconds stall_timeout = std::chrono::minutes(1);    ///< between two of them; 0: no limit
  std::chrono::milliseconds timeout{0};                                 ///< of all of it; 0: no limit
  bool follow_redirects = false;                                        ///< up to 10 of them, http and https only
  /// Sees status and headers of each answer before its body, also of those that redirect. An error ends the transfer
  /// and is the result.
  std::function<util::Status(const Response&)> on_head;
  /// Takes the body of a 2xx answer piece by piece, `Response::body` then stays empty. An error ends the transfer and
  /// is the result.
  std::function<util::Status(std::string_view)> sink;
  std::size_t max_body = std::size_t{64} << 20; ///< a longer body is an error; does not count for a sink
};

/// One exchange. Any status is a value; only what prevented a whole answer is an error, with the URL in `tried`.
/// Proxies are taken from the environment, except for loopback addresses. Safe to call from several threads.
util::Result<Response> send(const Request& request, std::stop_token stop = {});

/// The URL without user name and password: how it may be printed.
std::string printable(std::string_view url);

/// The user name and password in a URL, decoded; empty where there are none.
std::pair<std::string, std::string> login_in(std::string_view url);

} // namespace cacheproof::http
