#include "scenario/read.hpp"
#include "scenario/reader.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

// What a scenario takes from the repository around it: its context, patches.
namespace cacheproof::scenario {
namespace fs = std::filesystem;

fs::path enclosing_repository(const fs::path& folder) {
  std::error_code ignored;
  for (fs::path at = folder;; at = at.parent_path()) {
    if (fs::exists(at / ".git", ignored)) return at;
    if (at == at.parent_path()) return folder;
  }
}

bool lies_at_or_below(const fs::path& path, const fs::path& folder) {
  const auto relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

namespace {

constexpr std::uintmax_t k_file_size = 1024 * 1024;

/// Where a path from the scenario's folder leads, inside the enclosing repository; nothing after an error. One that
/// leads to nothing is left to the caller.
std::optional<fs::path> enclosed(Reader& reader, const Node& at, std::string_view what, const std::string& written) {
  if (written.empty() || fs::path(written).is_absolute()) {
    reader.report(codes::k_bad_path, at, fmt::format("{} is a path relative to the scenario's folder", what));
    return {};
  }
  std::error_code error;
  const auto home = fs::weakly_canonical(fs::absolute(reader.file()).parent_path(), error);
  const auto path = fs::canonical(home / written, error);
  const auto root = enclosing_repository(home);
  // Checked on the lexical path too, so that nothing outside is even asked for its existence in words.
  if (!lies_at_or_below((home / written).lexically_normal(), root) || (!error && !lies_at_or_below(path, root))) {
    const auto word = what.substr(what.find(' ') + 1);
    reader.report(codes::k_bad_path,
                  at,
                  fmt::format("the {} '{}' leads out of {}", word, written, root.string()),
                  root == home ? fmt::format(
                      "without an enclosing git repository {} lies at or below the scenario's folder", what)
                               : "");
    return {};
  }
  return error ? home / written : path;
}

std::optional<fs::path>
enclosed_folder(Reader& reader, const Node& at, std::string_view what, const std::string& path) {
  auto folder = enclosed(reader, at, what, path);
  std::error_code error;
  if (!folder || fs::is_directory(*folder, error)) return folder;
  reader.report(codes::k_bad_path, at, fmt::format("there is no folder '{}'", path));
  return {};
}

/// Whether git would clone it: what has a scheme, or is `host:path`.
bool is_url(const std::string& text) {
  const auto colon = text.find(':');
  return text.find("://") != std::string::npos || (colon != std::string::npos && text.find('/') > colon);
}

void read_repository(Reader& reader, const Node& at, GitSource& git) {
  const auto written = reader.word(at, "a path or a URL");
  if (!written) return;
  if (!is_url(*written)) {
    if (const auto folder = enclosed_folder(reader, at, "a repository", *written)) git.repository = folder->string();
    return;
  }
  const auto scheme = util::lower(written->substr(0, std::min(written->find("://"), written->size())));
  const auto host = std::string_view(*written).substr(std::min(scheme.size() + 3, written->size()));
  if (scheme != "http" && scheme != "https" && scheme != "git" && scheme != "file")
    reader.report(codes::k_wrong_value,
                  at,
                  fmt::format("'{}' cannot be cloned without credentials", *written),
                  "a repository is a path, or a URL with http, https, git or file");
  else if (host.substr(0, host.find('/')).find('@') != std::string_view::npos)
    reader.report(codes::k_wrong_value, at, "a repository's URL names no user", "a clean world has no credentials");
  git.repository = *written;
  git.is_url = true;
}

const std::vector<Key<GitSource>>& git_keys() {
  static const std::vector<Key<GitSource>> keys{
      {"repository",
       "a path from the scenario's folder, inside the enclosing repository, or a URL (http, https, git, file)",
       read_repository,
       true,
       {},
       shape::text("^[^/]")},
      {"commit",
       "a commit, a tag or a branch",
       [](Reader& reader, const Node& at, GitSource& git) {
         git.commit = reader.word(at, "a commit, a tag or a branch").value_or("");
         if (at.is_scalar() && at.text.empty()) reader.wrong_type(at, "a commit, a tag or a branch");
       },
       true,
       {},
       shape::text("[\\s\\S]")},
  };
  return keys;
}

} // namespace

void read_context(Reader& reader, const Node& at, Scenario& scenario) {
  const auto written = reader.word(at, "a folder");
  if (!written) return;
  if (auto folder = enclosed_folder(reader, at, "a context", *written)) scenario.context = std::move(*folder);
}

Shape git_shape() {
  return shape::table("git", git_keys);
}

void read_git(Reader& reader, const Node& at, Scenario& scenario) {
  GitSource git;
  git.spot = reader.spot(at);
  if (read_keys(reader, at, "a mapping for 'git'", git_keys(), git)) scenario.context = std::move(git);
}

std::optional<std::string> read_beside(Reader& reader, const Node& at, std::string_view what) {
  const auto written = reader.word(at, what);
  const auto path = written ? enclosed(reader, at, what, *written) : std::nullopt;
  if (!path) return {};
  std::error_code error;
  if (!fs::is_regular_file(*path, error)) {
    reader.report(codes::k_bad_path, at, fmt::format("there is no file '{}'", *written));
    return {};
  }
  if (fs::file_size(*path, error) > k_file_size) {
    reader.report(codes::k_too_large, at, fmt::format("{} has at most 1 MiB", what));
    return {};
  }
  auto text = util::read_text(*path);
  if (text) return std::move(*text);
  reader.report(codes::k_bad_path, at, text.error().what);
  return {};
}

} // namespace cacheproof::scenario
