#pragma once

#include "util/result.hpp"

#include <git2.h>

#include <memory>
#include <string>

// Private to this room: libgit2's handles, each freed by its owner.
namespace cacheproof::workspace::git {

template <auto free> struct Free {
  template <class Handle> void operator()(Handle* handle) const { free(handle); }
};
using Blob = std::unique_ptr<git_blob, Free<git_blob_free>>;
using Commit = std::unique_ptr<git_commit, Free<git_commit_free>>;
using Diff = std::unique_ptr<git_diff, Free<git_diff_free>>;
using Index = std::unique_ptr<git_index, Free<git_index_free>>;
using Object = std::unique_ptr<git_object, Free<git_object_free>>;
using Odb = std::unique_ptr<git_odb, Free<git_odb_free>>;
using Patch = std::unique_ptr<git_patch, Free<git_patch_free>>;
using Remote = std::unique_ptr<git_remote, Free<git_remote_free>>;
using Repository = std::unique_ptr<git_repository, Free<git_repository_free>>;
using Tree = std::unique_ptr<git_tree, Free<git_tree_free>>;

/// Calls `make(&raw, arguments…)` and owns what it made; empty when it failed, with the reason in `words`.
template <class Owner, class Make, class... Arguments> Owner make(Make make, Arguments... arguments) {
  typename Owner::pointer raw = nullptr;
  return make(&raw, arguments...) == 0 ? Owner(raw) : Owner();
}

/// Once for the program, before anything of libgit2.
void start();
/// libgit2's words for what failed last in this thread.
std::string words();

} // namespace cacheproof::workspace::git
