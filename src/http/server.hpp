#pragma once

#include "util/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cacheproof::http {

/// What a handler sees.
struct Received {
  std::string method;
  std::string target; ///< path and query, as sent
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// The first header of that name, whatever its case; empty without one.
  std::string header(std::string_view name) const;
};

/// What a handler answers, and how the answer is spoilt on purpose.
struct Answer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::milliseconds delay{0};     ///< before the first byte
  std::optional<std::size_t> break_after; ///< close the connection after that many bytes of the announced body
  bool hang = false;                      ///< keep the connection open and never answer
};

/// A small HTTP/1.1 server on 127.0.0.1, on a port that was free. Requests are handled one after the other per
/// connection, each connection on a thread of its own: the handler must be safe to call from several threads.
/// The destructor closes every connection and waits for all threads.
class Server {
public:
  using Handler = std::function<Answer(const Received&)>;
  static util::Result<Server> start(Handler handler);
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();

  std::uint16_t port() const;
  /// `127.0.0.1:PORT`
  std::string address() const;
  /// `http://127.0.0.1:PORT`
  std::string url() const;

private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

} // namespace cacheproof::http
