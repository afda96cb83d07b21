#include "workspace/git_handles.hpp"

namespace cacheproof::workspace::git {

void start() {
  static const int count = [] {
    const int started = git_libgit2_init();
    // Repositories of the user who called sudo belong to somebody else. They are only read, and nothing that their
    // configuration names is ever run.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    return started;
  }();
  static_cast<void>(count);
}

std::string words() {
  const auto* error = git_error_last();
  return error && error->message ? error->message : "unknown";
}

} // namespace cacheproof::workspace::git
