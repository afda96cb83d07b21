#include "engine/line_builds.hpp"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <utility>

namespace cacheproof::engine {
namespace {

template <class T> void append(std::vector<T>& all, std::vector<T>& more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

} // namespace

evidence::BuildRecord together(std::vector<LineBuild> builds) {
  if (builds.size() == 1) return std::move(builds.front().record);
  evidence::BuildRecord all;
  all.ref = builds.front().record.ref;
  all.builder = builds.front().record.builder;
  all.succeeded = true;
  std::map<std::string, int> met;
  for (auto& [name, record] : builds) {
    const int number = ++met[name];
    const auto shown = number == 1 ? name : fmt::format("{}#{}", name, number);
    for (auto& step : record.steps) step.build = shown;
    append(all.steps, record.steps);
    append(all.warnings, record.warnings);
    append(all.imports, record.imports);
    append(all.graph, record.graph);
    if (record.succeeded) continue;
    all.succeeded = false;
    all.error += fmt::format("{}{}: {}", all.error.empty() ? "" : "\n", shown, record.error);
  }
  return all;
}

} // namespace cacheproof::engine
