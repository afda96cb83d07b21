#include "engine/broken.hpp"

#include <fmt/format.h>

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

/// The line in which runc says that it could not run a container. That there is no such program in the image
/// (`exec: "…"`) is no fault of runc's.
std::string_view runc_failure(std::string_view log) {
  for (std::size_t at = 0; (at = log.find("runc run failed", at)) != std::string_view::npos; ++at) {
    const auto line = log.substr(at, log.find('\n', at) - at);
    if (!contains(line, "exec: ")) return line;
  }
  return {};
}

util::Error no_transport(std::string what) {
  return {util::Blame::rig,
          std::move(what),
          {},
          "check that the registry of the cache ref runs; `${registry}` is the sandbox's own"};
}

} // namespace

std::optional<util::Error> broken_by(const evidence::BuildRecord& record, std::string_view client_log) {
  // An import that met a dead registry rebuilds everything with exit code 0: no statement about the cache.
  for (const auto& import : record.imports)
    if (is_transport(import.error))
      return no_transport(fmt::format("the cache import of {} failed on its way: {}", import.ref, import.error));
  if (record.succeeded) return {};
  for (const auto& step : record.steps)
    if (step.kind == evidence::StepKind::cache_export && is_transport(step.error))
      return no_transport(fmt::format("the cache export failed on its way: {}", step.error));
  if (const auto failure = runc_failure(client_log); !failure.empty())
    return util::Error{util::Blame::rig,
                       fmt::format("runc could not run a container: {}", failure),
                       {},
                       "try runc by hand (`cacheproof doctor` says which); in a container it needs --privileged"};
  const auto no_space = [](std::string_view text) {
    return contains(text, "no space left on device") || contains(text, "No space left on device");
  };
  if (no_space(record.error) || no_space(client_log))
    return util::Error{util::Blame::rig,
                       "the build failed because there was no space left: " + record.error,
                       {},
                       "make room on /dev/shm and the disk (`cacheproof clean` removes what killed runs left)"};
  for (const auto& step : record.steps) {
    const bool pulls = step.kind == evidence::StepKind::source || contains(step.name, "load metadata for ");
    if (pulls && !step.error.empty() && !contains(step.error, "context canceled"))
      return util::Error{
          util::Blame::rig,
          fmt::format("the image {} could not be pulled: {}", image_of(step.name), step.error),
          {},
          "serve it from the sandbox (`setup: {images: {NAME: busybox}}`), or check the network and the name"};
  }
  return {};
}

} // namespace cacheproof::engine
