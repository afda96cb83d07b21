#include "engine/broken.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::engine {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// The image of a step that reads one: `[internal] load metadata for docker.io/library/alpine:latest`.
std::string_view image_of(std::string_view name) {
  constexpr std::string_view before = "load metadata for ";
  const auto at = name.find(before);
  return at == std::string_view::npos ? name : name.substr(at + before.size());
}

bool is_no_space(std::string_view text) {
  return contains(text, "no space left on device") || contains(text, "No space left on device");
}

/// Whether an error is a registry's own (status 5xx), in the words that containerd and distribution have for one.
bool is_server_error(std::string_view error) {
  for (const auto* words : {"500 Internal Server Error",
                            "502 Bad Gateway",
                            "503 Service Unavailable",
                            "504 Gateway Timeout",
                            "unknown: unknown error"})
    if (contains(error, words)) return true;
  return false;
}

/// Whether an error says that nobody answered, or no longer: Go's words for a broken transport.
bool is_transport(std::string_view error) {
  for (const auto* words : {"connection refused",
                            "connection reset",
                            "i/o timeout",
                            "no route to host",
                            "broken pipe",
                            "unexpected EOF",
                            "server closed",
                            "transport is closing",
                            "TLS handshake timeout"})
    if (contains(error, words)) return true;
  return false;
}

/// Whether a step says that a blob is gone from where the cache should have it.
bool misses_blob(const evidence::Step& step) {
  return contains(step.error, "content sha256:") && contains(step.error, "not found");
}

/// Whether a pull failed only because something else did: it was cancelled, or what it had pulled was let go meanwhile.
/// The latter is said of the base image when steps miss a blob of it in a local cache (tests/golden: missing_base).
bool is_consequence(std::string_view error, const evidence::BuildRecord& record) {
  if (contains(error, "context canceled")) return true;
  return contains(error, "lease \"") && contains(error, "not found")
         && std::any_of(record.steps.begin(), record.steps.end(), misses_blob);
}

/// The line in which runc says that it could not run a container. That there is no such program in the image
/// (`exec: "…"`) is no fault of runc's.
std::string_view runc_failure(std::string_view log) {
  for (std::size_t at = 0; (at = log.find("runc run failed", at)) != std::string_view::npos; ++at) {
    const auto line = log.substr(at, log.find('\n', at) - at);
    if (!contains(line, "exec: ")) return line;
  }
  return {};
}

/// Whether an error says that runc was killed while it ran a container: gateway's UnknownExitStatus where it did not
/// live to tell how the container ended, and go-runc's words where it had not begun yet. -1 is Go's for ended by a
/// signal.
bool is_killed_runc(std::string_view error) {
  constexpr std::string_view end_of_command = "did not complete successfully: "; // before it the error quotes the RUN
  const auto at = error.rfind(end_of_command);
  const auto end = at == std::string_view::npos ? error : error.substr(at + end_of_command.size());
  return end.ends_with("exit code: 4294967295") || contains(end, "did not terminate successfully: exit status -1");
}

/// Whether an error says that the client and the daemon did not get to talk, or that the machine gave way: the words of
/// gRPC's codes, and the system's.
bool is_no_answer(std::string_view error) {
  for (const auto* words : {"Unavailable",
                            "DeadlineExceeded",
                            "deadline exceeded",
                            "context canceled",
                            "listing workers",
                            "permission denied",
                            "too many open files",
                            "cannot allocate memory"})
    if (contains(error, words)) return true;
  return is_transport(error) || is_no_space(error);
}

util::Error no_space(const std::string& what) {
  return {util::Blame::rig,
          "there was no space left: " + what,
          {},
          "make room on /dev/shm and the disk (`cacheproof clean` removes what killed runs left)"};
}

util::Error no_transport(std::string what) {
  return {util::Blame::rig,
          std::move(what),
          {},
          "check that the registry of the cache ref runs; `${registry}` is the sandbox's own"};
}

/// Nothing if the cache's transfer failed as it can on a sound rig: there is no such cache, or it is no cache.
std::optional<util::Error> broken_transfer(const std::string& what, std::string_view error) {
  const auto said = fmt::format("{} failed on its way: {}", what, error);
  if (is_no_space(error)) return no_space(said);
  if (is_server_error(error)) return util::Error{util::Blame::rig, said, {}, "read the log of that registry"};
  if (is_transport(error)) return no_transport(said);
  return {};
}

} // namespace

std::optional<util::Error>
broken_by(const evidence::BuildRecord& record, std::string_view client_log, std::string_view registry_log) {
  // An import that met a dead registry rebuilds everything with exit code 0: no statement about the cache.
  for (const auto& import : record.imports)
    if (auto broken = broken_transfer("the cache import of " + import.ref, import.error)) return broken;
  if (record.succeeded) return {};
  // A registry whose disk is full answers with this and that, also with 404; only its log says why.
  if (is_no_space(registry_log)) return no_space("the registry could not write what the build pushed: " + record.error);
  for (const auto& step : record.steps)
    if (step.kind == evidence::StepKind::cache_export)
      if (auto broken = broken_transfer("the cache export", step.error)) return broken;
  if (const auto failure = runc_failure(client_log); !failure.empty())
    return util::Error{util::Blame::rig,
                       fmt::format("runc could not run a container: {}", failure),
                       {},
                       "try runc by hand (`cacheproof doctor` says which); in a container it needs --privileged"};
  if (is_killed_runc(record.error))
    return util::Error{util::Blame::rig,
                       "runc was ended from outside while it ran a container: " + record.error,
                       {},
                       "find out what ended it (out of memory? `dmesg` would say so), and run it again"};
  if (is_no_space(record.error) || is_no_space(client_log)) return no_space("the build failed: " + record.error);
  for (const auto& step : record.steps) {
    const bool pulls = step.kind == evidence::StepKind::source || contains(step.name, "load metadata for ");
    if (pulls && !step.error.empty() && !is_consequence(step.error, record))
      return util::Error{
          util::Blame::rig,
          fmt::format("the image {} could not be pulled: {}", image_of(step.name), step.error),
          {},
          "serve it from the sandbox (`setup: {images: {NAME: busybox}}`), or check the network and the name"};
  }
  return {};
}

util::Result<std::string> refusal(std::string_view client_log) {
  std::string words; // from the last `error: ` on, as buildctl says it, or buildx's `ERROR: `
  for (const auto& line : util::lines(client_log)) {
    // `#1 [internal] load build definition`: a build began. `#0` is buildx's own, before it talks to the daemon.
    if (line.size() > 1 && line[0] == '#' && line[1] >= '1' && line[1] <= '9') return std::string();
    if (line.starts_with("error: ") || line.starts_with("ERROR: "))
      words = line;
    else if (!words.empty())
      words += "\n" + std::string(line);
  }
  if (is_no_answer(words)) return tl::unexpected(without_build(client_log));
  return std::string(util::trim(words));
}

util::Error without_build(std::string_view client_log) {
  const auto log = util::trim(client_log);
  const std::string what =
      fmt::format("the client ended without starting a build: {}", log.substr(log.find_last_of('\n') + 1));
  return is_no_space(client_log) ? no_space(what) : util::Error{util::Blame::rig, what, {}, "read client.log"};
}

} // namespace cacheproof::engine
