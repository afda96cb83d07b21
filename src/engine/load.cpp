#include "engine/load.hpp"

#include "toolchain/toolchain.hpp"

#include <algorithm>
#include <iterator>
#include <map>
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

scenario::Versions at_hand() {
  return {{"buildkit", toolchain::pinned()},
          {"buildx", toolchain::pinned(toolchain::Kind::buildx)},
          {"docker", toolchain::pinned(toolchain::Kind::docker)}};
}

/// The folder of a file, with links followed; asked once for each spelling.
class Homes {
public:
  const fs::path& of(const fs::path& file) {
    const auto folder = file.parent_path();
    const auto known = known_.find(folder);
    if (known != known_.end()) return known->second;
    std::error_code ignored;
    return known_.emplace(folder, fs::weakly_canonical(fs::absolute(file, ignored).parent_path(), ignored))
        .first->second;
  }

private:
  std::map<fs::path, fs::path> known_;
};

bool lies_at_or_below_one(fs::path folder, const std::set<fs::path>& folders) {
  for (; !folders.contains(folder); folder = folder.parent_path())
    if (folder == folder.parent_path()) return false;
  return true;
}

/// Folders whose files are build input, not scenarios. A context that holds the scenario itself (`context: ../..`) says
/// nothing about the files beside it.
std::set<fs::path> contexts(const std::vector<scenario::Reading>& readings, Homes& homes) {
  std::set<fs::path> folders;
  for (const auto& reading : readings) {
    const auto* folder = reading.scenario ? std::get_if<fs::path>(&reading.scenario->context) : nullptr;
    if (folder && !lies_at_or_below_one(homes.of(reading.scenario->file), {*folder})) folders.insert(*folder);
  }
  return folders;
}

template <class Item> void append(std::vector<Item>& all, std::vector<Item> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

} // namespace

scenario::Reading check_text(std::string_view text, const fs::path& file) {
  auto reading = scenario::read_text(text, file, at_hand());
  if (reading.scenario) append(reading.diagnostics, check(*reading.scenario));
  return reading;
}

Loaded load(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  std::set<fs::path> seen;
  for (const auto& path : paths)
    for (auto& file : files_at(path))
      if (seen.insert(file).second) files.push_back(std::move(file));
  const auto versions = at_hand();
  std::vector<scenario::Reading> readings;
  readings.reserve(files.size());
  for (const auto& file : files) readings.push_back(scenario::read(file, versions));

  Homes homes;
  const auto build_input = contexts(readings, homes);
  Loaded loaded;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!build_input.empty() && lies_at_or_below_one(homes.of(files[i]), build_input)) continue;
    auto& reading = readings[i];
    append(loaded.diagnostics, std::move(reading.diagnostics));
    if (!reading.scenario) continue;
    append(loaded.command_lines, std::move(reading.command_lines));
    auto scenario = std::make_shared<const scenario::Scenario>(std::move(*reading.scenario));
    append(loaded.diagnostics, check(*scenario));
    loaded.scenarios.push_back(std::move(scenario));
  }
  util::sort_by_place(loaded.diagnostics);
  return loaded;
}

} // namespace cacheproof::engine
