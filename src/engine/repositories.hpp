#pragma once

#include "sandbox/folder.hpp"
#include "scenario/scenario.hpp"
#include "util/diagnostic.hpp"
#include "util/result.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>
#include <vector>

namespace cacheproof::engine {

using Scenarios = std::vector<std::shared_ptr<const scenario::Scenario>>;

/// An error of the input that names the first scenario whose context lies behind a URL that leads off this machine.
util::Status check_repositories_offline(const Scenarios& scenarios);

/// The repositories of git contexts behind URLs, cloned once for a run to a folder that goes with this object.
class Repositories {
public:
  /// Clones what the scenarios ask for, which may be nothing; `say` hears of each.
  static util::Result<Repositories>
  clone(const Scenarios& scenarios, const std::stop_token& stop, const std::function<void(std::string_view)>& say);
  ~Repositories();
  Repositories(Repositories&&) noexcept = default;
  Repositories& operator=(Repositories&&) = delete;

  /// The same scenarios, with clones in place of URLs.
  const Scenarios& scenarios() const { return scenarios_; }
  /// What is wrong with those whose contexts were not there before, beside what was said of them then.
  const std::vector<util::Diagnostic>& diagnostics() const { return diagnostics_; }

private:
  Repositories() = default;
  std::unique_ptr<sandbox::Folder> folder_;
  Scenarios scenarios_;
  std::vector<util::Diagnostic> diagnostics_;
};

} // namespace cacheproof::engine
