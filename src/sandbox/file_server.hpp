#pragma once

#include "http/server.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cacheproof::sandbox {

/// What a server has under a path; a header that is not there is not sent.
struct File {
  std::string text;
  std::optional<std::string> etag;           ///< with its quotes
  std::optional<std::int64_t> last_modified; ///< seconds since 1970
  bool operator==(const File&) const = default;
};

/// A small HTTP server of files on loopback. It answers conditional requests as RFC 9110 (13.2.2) says, and remembers
/// what it was asked.
class FileServer {
public:
  static util::Result<FileServer> start(std::map<std::string, File> files);

  /// `127.0.0.1:PORT`
  std::string address() const { return server_.address(); }
  /// Nothing where the path is not served.
  std::optional<File> file(const std::string& path) const;
  void serve(const std::string& path, File file);
  /// The requests since the last call: `GET /a (If-None-Match: "x"): 304`.
  std::vector<std::string> take_requests();

private:
  struct State;
  FileServer(std::shared_ptr<State> state, http::Server server);
  std::shared_ptr<State> state_;
  http::Server server_;
};

} // namespace cacheproof::sandbox
