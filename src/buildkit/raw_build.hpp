#pragma once

#include "util/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::buildkit {

/// One announcement of a vertex, as the daemon sent it. Times are nanoseconds since 1970, 0 when not told.
struct RawVertex {
  std::string digest;
  std::string name;
  std::vector<std::string> inputs;
  bool cached = false;
  std::int64_t started = 0;
  std::int64_t completed = 0;
  std::string error;
  std::string group; ///< id of its progress group; the vertices of one `COPY --link` share it
  bool operator==(const RawVertex&) const = default;
};

/// Progress within a vertex: `sha256:…` and `extracting …` are layers being pulled.
struct RawStatus {
  std::string vertex;
  std::string id;
  std::int64_t started = 0;
  std::int64_t completed = 0;
  bool operator==(const RawStatus&) const = default;
};

/// What a vertex printed.
struct RawLog {
  std::string vertex;
  std::int64_t stream = 0; ///< 1 stdout, 2 stderr
  std::string text;
  bool operator==(const RawLog&) const = default;
};

/// A warning of the frontend.
struct RawWarning {
  std::string vertex;
  std::string text;
  std::vector<std::string> detail;
  std::string url;
  std::vector<int> lines; ///< first line of each range
  bool operator==(const RawWarning&) const = default;
};

/// What a daemon says about one build that has ended, as it was received: nothing is judged here.
struct RawBuild {
  std::string ref;
  bool succeeded = false;
  bool by_client = false; ///< the client alone has told it, and there is neither request nor provenance
  std::string error;
  std::map<std::string, std::string> frontend_attributes; ///< the request: `target`, `build-arg:X`, `no-cache`, …
  std::vector<RawVertex> vertices;                        ///< in the order in which they came
  std::vector<RawStatus> statuses;
  std::vector<RawLog> logs;
  std::vector<RawWarning> warnings;
  /// JSON texts by platform, which is empty for a build that is not for several; none for a failed build.
  std::map<std::string, std::string> provenances;
  bool operator==(const RawBuild&) const = default;
};

/// Lines of JSON, one thing per line: `{"build":…}` first, then every vertex, status, log, warning and provenance, of a
/// platform as `{"provenance linux/arm64":…}`.
/// Bytes that are not UTF-8 become U+FFFD; a provenance is written as JSON, so its blanks are not kept.
std::string to_json_lines(const RawBuild& build);
/// Reads what `to_json_lines` wrote. Lines that begin with `#` are comments; an unknown kind of line is an error.
util::Result<RawBuild> from_json_lines(std::string_view text);

} // namespace cacheproof::buildkit
