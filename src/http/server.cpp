#include "http/server.hpp"

#include "util/text.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <stop_token>
#include <thread>

namespace cacheproof::http {
namespace beast = boost::beast;
using boost::asio::ip::tcp;

/// Blocking sockets, one thread each; `shutdown` of the sockets is what ends a blocked thread.
struct Server::State {
  struct Connection {
    tcp::socket socket;
    std::jthread thread;
    std::atomic<bool> done{false};
    explicit Connection(tcp::socket accepted)
        : socket(std::move(accepted)) {}
  };

  boost::asio::io_context context;
  tcp::acceptor acceptor{context};
  std::uint16_t port = 0;
  Handler handler;
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::stop_source stop;
  std::list<Connection> connections;
  std::jthread accepting;

  ~State() {
    stop.request_stop();
    stopped.notify_all();
    ::shutdown(acceptor.native_handle(), SHUT_RDWR);
    if (accepting.joinable()) accepting.join();
    {
      const std::lock_guard lock(mutex);
      for (auto& connection : connections) ::shutdown(connection.socket.native_handle(), SHUT_RDWR);
    }
    connections.clear(); // joins
  }

  void accept() {
    while (!stop.stop_requested()) {
      beast::error_code error;
      tcp::socket socket(context);
      acceptor.accept(socket, error);
      if (error) {
        if (stop.stop_requested() || error != boost::asio::error::connection_aborted) return;
        continue;
      }
      const std::lock_guard lock(mutex);
      connections.remove_if([](const Connection& connection) { return connection.done.load(); });
      auto& connection = connections.emplace_back(std::move(socket));
      connection.thread = std::jthread([this, &connection] {
        serve(connection.socket);
        ::shutdown(connection.socket.native_handle(), SHUT_RDWR);
        connection.done = true;
      });
    }
  }

  void wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop.get_token(), time, [] { return false; });
  }

  void serve(tcp::socket& socket) {
    beast::flat_buffer buffer;
    while (!stop.stop_requested()) {
      beast::http::request_parser<beast::http::string_body> parser;
      parser.body_limit(std::uint64_t{1} << 30);
      beast::error_code error;
      beast::http::read(socket, buffer, parser, error);
      if (error) return;
      if (!answer(socket, parser.get())) return;
    }
  }

  /// Whether the connection is kept for another request.
  bool answer(tcp::socket& socket, const beast::http::request<beast::http::string_body>& request) {
    Received received{std::string(request.method_string()), std::string(request.target()), {}, request.body()};
    for (const auto& field : request)
      received.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    const Answer answer = handler(received);
    if (answer.hang) {
      wait(std::chrono::hours(24));
      return false;
    }
    if (answer.delay.count() > 0) wait(answer.delay);

    auto head = fmt::format("HTTP/1.1 {} {}\r\n",
                            answer.status,
                            std::string(beast::http::obsolete_reason(beast::http::int_to_status(answer.status))));
    for (const auto& [name, value] : answer.headers) head += name + ": " + value + "\r\n";
    head += fmt::format("Content-Length: {}\r\n\r\n", answer.body.size());
    const bool has_body = request.method() != beast::http::verb::head;
    const auto length = has_body ? std::min(answer.break_after.value_or(answer.body.size()), answer.body.size()) : 0;
    beast::error_code error;
    boost::asio::write(socket, boost::asio::buffer(head + answer.body.substr(0, length)), error);
    return !error && !answer.break_after && request.keep_alive();
  }
};

std::string Received::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (util::lower(key) == util::lower(name)) return value;
  return {};
}

util::Result<Server> Server::start(Handler handler) {
  auto state = std::make_unique<State>();
  state->handler = std::move(handler);
  beast::error_code error;
  const tcp::endpoint any_port(boost::asio::ip::address_v4::loopback(), 0);
  state->acceptor.open(any_port.protocol(), error);
  if (!error) state->acceptor.bind(any_port, error);
  if (!error) state->acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) return util::failure("cannot listen on 127.0.0.1: " + error.message());
  state->port = state->acceptor.local_endpoint().port();
  state->accepting = std::jthread([raw = state.get()] { raw->accept(); });
  return Server(std::move(state));
}

Server::Server(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

std::uint16_t Server::port() const {
  return state_->port;
}
std::string Server::address() const {
  return fmt::format("127.0.0.1:{}", port());
}
std::string Server::url() const {
  return "http://" + address();
}

} // namespace cacheproof::http
