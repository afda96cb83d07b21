#pragma once

#include "scenario/scenario.hpp"
#include "util/result.hpp"
#include "workspace/patch.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cacheproof::workspace {

/// A file or a symbolic link of a commit.
struct GitFile {
  bool link = false;
  bool executable = false;
  std::string blob; ///< the id of its content, hex
  bool operator==(const GitFile&) const = default;
};
/// The files of a commit by path.
using GitTree = std::map<std::string, GitFile>;

/// A git repository that is only ever read. Owners of repositories are not checked, for nothing of their configuration
/// is run.
class GitRepository {
public:
  /// Opens the one at a path. What is no repository is an error of the input.
  static util::Result<GitRepository> open(const scenario::GitSource& source);

  /// The files of a commit, tag or branch, named at `spot` of a scenario. A commit that is not there, and one with a
  /// submodule, is an error of the input.
  util::Result<GitTree> files(const std::string& commit, const util::SourceSpot& spot) const;
  util::Result<std::string> read(const GitFile& file) const;

private:
  struct State;
  explicit GitRepository(std::shared_ptr<const State> state)
      : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

/// The source with its repository behind a URL cloned, bare, to the new folder `to`: without credentials, all branches
/// and tags. `goes_on` is called each time that something has come, and ends it with false. A server that says nothing
/// is waited for without end: libgit2 has a time limit from 1.7 on.
util::Result<scenario::GitSource> cloned(
    const scenario::GitSource& source, const std::filesystem::path& to, const std::function<bool()>& goes_on = [] {
      return true;
    });

/// A commit of a repository, checked out.
struct GitCheckout {
  GitRepository repository;
  GitTree files;

  static util::Result<GitCheckout> open(const scenario::GitSource& source);
};

/// What a checkout changes of one path.
struct GitChange {
  std::string path;
  std::optional<GitFile> before;
  std::optional<GitFile> after;
};
/// What a checkout of `after` over `before` changes, sorted by path, removals first. As git does it refuses to change a
/// file that is not as the commit before has it, and commits that do not differ.
util::Result<std::vector<GitChange>> checkout_changes(const scenario::Edit& edit,
                                                      const GitRepository& repository,
                                                      const GitTree& before,
                                                      const GitTree& after,
                                                      const FindFile& find);

} // namespace cacheproof::workspace
