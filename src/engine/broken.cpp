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

} // namespace

std::optional<util::Error> broken_by(const evidence::BuildRecord& record, std::string_view client_log) {
  if (record.succeeded) return {};
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
