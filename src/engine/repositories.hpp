#pragma once

#include "sandbox/folder.hpp"
#include "scenario/scenario.hpp"
#include "util/diagnostic.hpp"
#include "util/result.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::engine {

using Scenarios = std::vector<std::shared_ptr<const scenario::Scenario>>;

/// An error of the input that names the first scenario whose context lies behind a URL that leads off this machine.
util::Status check_repositories_offline(const Scenarios& scenarios);

/// The word behind which a program clones one repository: `PROGRAM git-clone URL FOLDER SECONDS`.
inline constexpr const char* k_clone_word = "git-clone";
/// What that program does. It says on stderr why it could not, and ends by SIGALRM when nothing has come from the other
/// side for that long.
int clone_alone(const std::string& url, const std::filesystem::path& to, std::chrono::seconds silence);

/// Who clones: a program of its own, for a server that says nothing can only be left by ending who waits for it.
struct Cloner {
  /// With `k_clone_word` behind; empty: nobody but this program, however long it takes.
  std::vector<std::string> command = {"/proc/self/exe"};
  std::chrono::seconds silence{60};
};

/// The repositories of git contexts behind URLs, cloned once for a run to a folder that goes with this object.
class Repositories {
public:
  /// Clones what the scenarios ask for, which may be nothing; `say` hears of each.
  static util::Result<Repositories> clone(const Scenarios& scenarios,
                                          const Cloner& cloner,
                                          const std::stop_token& stop,
                                          const std::function<void(std::string_view)>& say);
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
