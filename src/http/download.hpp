#pragma once

#include "http/client.hpp"
#include "util/result.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>

namespace cacheproof::http {

struct Download {
  std::string url; ///< redirects are followed
  Headers headers; ///< not sent to another host that a redirect names
  std::filesystem::path file;
  std::string digest; ///< `sha256:…` of what has to arrive; empty: unknown
  std::uint64_t limit = std::uint64_t{2} << 30;
  std::chrono::milliseconds connect_timeout = std::chrono::milliseconds(2500);
  std::chrono::milliseconds answer_timeout = std::chrono::milliseconds(2500);
  std::chrono::milliseconds stall_timeout = std::chrono::seconds(30);
  int attempts = 4;
  std::chrono::milliseconds pause = std::chrono::milliseconds(250); ///< before the second attempt, then twice as long
};

struct Downloaded {
  std::string digest; ///< `sha256:…` of what arrived
  std::uint64_t bytes = 0;
};

/// The body of a 200 as a file. An answer of 429 or 5xx and a transfer that breaks are tried again: resumed where the
/// server can (RFC 9110, Range with If-Range), else from the start. A server that cannot be reached, any other status,
/// a full disk, too many bytes and a wrong digest are errors at once. After an error there is no file.
util::Result<Downloaded> download(const Download& wanted, std::stop_token stop = {});

} // namespace cacheproof::http
