#include "engine/load.hpp"

#include "scenario/read.hpp"

#include <algorithm>
#include <set>

namespace cacheproof::engine {
namespace fs = std::filesystem;
namespace {

bool is_yaml(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

/// All scenario files at or below `path`, sorted, as the caller's spelling of the path leads to them.
std::vector<fs::path> files_at(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return {path}; // the reader says what is wrong with one that is not there
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator it(path, fs::directory_options::skip_permission_denied, ignored), end;
       it != end;
       it.increment(ignored))
    if (is_yaml(it->path()) && it->is_regular_file(ignored)) files.push_back(it->path());
  std::sort(files.begin(), files.end());
  return files;
}

bool lies_in(const fs::path& file, const fs::path& folder) {
  const auto relative = fs::weakly_canonical(file).lexically_relative(fs::weakly_canonical(folder));
  return !relative.empty() && *relative.begin() != ".." && *relative.begin() != ".";
}

/// Whether `file` is build input of one of the scenarios. A context that holds the scenario itself (`context: ../..`)
/// says nothing about the files beside it.
bool is_build_input(const fs::path& file, const std::vector<scenario::Reading>& readings) {
  return std::any_of(readings.begin(), readings.end(), [&](const auto& reading) {
    if (!reading.scenario) return false;
    const auto* folder = std::get_if<fs::path>(&reading.scenario->context);
    return folder && !lies_in(reading.scenario->file, *folder) && lies_in(file, *folder);
  });
}

} // namespace

Loaded load(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const auto& path : paths)
    for (auto& file : files_at(path))
      if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(std::move(file));
  std::vector<scenario::Reading> readings;
  readings.reserve(files.size());
  for (const auto& file : files) readings.push_back(scenario::read(file));

  Loaded loaded;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (is_build_input(files[i], readings)) continue;
    auto& reading = readings[i];
    std::move(reading.diagnostics.begin(), reading.diagnostics.end(), std::back_inserter(loaded.diagnostics));
    if (!reading.scenario) continue;
    auto scenario = std::make_shared<const scenario::Scenario>(*reading.scenario);
    auto found = check(*scenario);
    std::move(found.begin(), found.end(), std::back_inserter(loaded.diagnostics));
    loaded.scenarios.push_back(std::move(scenario));
  }
  util::sort_by_place(loaded.diagnostics);
  return loaded;
}

} // namespace cacheproof::engine
