#include "workspace/git.hpp"

#include "workspace/edit.hpp"
#include "workspace/git_handles.hpp"

#include <fmt/format.h>
#if __has_include(<git2/sys/errors.h>) // where libgit2 1.9 has git_error_set_str
#include <git2/sys/errors.h>
#endif

#include <array>

namespace cacheproof::workspace {
namespace fs = std::filesystem;
namespace {

using Kind = scenario::InlineFile::Kind;

tl::unexpected<util::Error> refuse(const util::SourceSpot& spot, const std::string& why, std::string remedy = {}) {
  return util::failure(fmt::format("{}:{}: {}", spot.file, spot.line, why), {}, std::move(remedy), util::Blame::input);
}

/// libgit2 asks here when a server wants to know who we are.
int no_credentials(git_credential** /*out*/, const char* /*url*/, const char* /*user*/, unsigned /*kinds*/, void*) {
  git_error_set_str(GIT_ERROR_NET, "it asks for credentials, and a clean world has none");
  return GIT_EUSER;
}

int came(const git_indexer_progress* /*progress*/, void* payload) {
  return (*static_cast<const std::function<bool()>*>(payload))() ? 0 : GIT_EUSER;
}
int said(const char* /*text*/, int /*size*/, void* payload) {
  return came(nullptr, payload);
}

/// The commit of a name; the user's own clone may have a branch below `origin/` alone.
git::Commit commit_of(git_repository* repository, const std::string& name) {
  for (const auto& spec : {name, "origin/" + name}) {
    const auto object = git::make<git::Object>(git_revparse_single, repository, spec.c_str());
    if (!object) continue;
    git_object* commit = nullptr;
    if (git_object_peel(&commit, object.get(), GIT_OBJECT_COMMIT) != 0) continue;
    const git::Object owner(commit);
    return git::make<git::Commit>(git_commit_lookup, repository, git_object_id(commit));
  }
  return {};
}

struct Walk {
  GitTree files;
  std::string submodule;
};

int at_entry(const char* folder, const git_tree_entry* entry, void* payload) {
  auto& walk = *static_cast<Walk*>(payload);
  const auto path = std::string(folder) + git_tree_entry_name(entry);
  const auto mode = git_tree_entry_filemode(entry);
  if (mode == GIT_FILEMODE_TREE) return 0;
  if (mode == GIT_FILEMODE_COMMIT) {
    walk.submodule = path;
    return GIT_EUSER;
  }
  std::string id(GIT_OID_HEXSZ, '\0');
  git_oid_fmt(id.data(), git_tree_entry_id(entry));
  walk.files[path] = {mode == GIT_FILEMODE_LINK, mode == GIT_FILEMODE_BLOB_EXECUTABLE, std::move(id)};
  return 0;
}

} // namespace

struct GitRepository::State {
  git::Repository repository;
  std::string name;
};

util::Result<GitRepository> GitRepository::open(const scenario::GitSource& source) {
  git::start();
  if (source.is_url) return util::failure("the repository " + source.repository + " is not cloned yet");
  constexpr unsigned flags = GIT_REPOSITORY_OPEN_NO_SEARCH;
  auto repository = git::make<git::Repository>(git_repository_open_ext, source.repository.c_str(), flags, nullptr);
  if (!repository) return refuse(source.spot, fmt::format("there is no git repository at {}", source.repository));
  return GitRepository(std::make_shared<const State>(State{std::move(repository), source.repository}));
}

util::Result<scenario::GitSource>
cloned(const scenario::GitSource& source, const fs::path& to, const std::function<bool()>& goes_on) {
  git::start();
  git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_ALL;
  options.proxy_opts.type = GIT_PROXY_AUTO;
  options.callbacks.credentials = no_credentials;
  options.callbacks.transfer_progress = came;
  options.callbacks.sideband_progress = said;
  options.callbacks.payload = const_cast<std::function<bool()>*>(&goes_on); // NOLINT: it is only called
  std::string branches = "+refs/heads/*:refs/heads/*";
  std::array<char*, 1> specs{branches.data()};
  const git_strarray refspecs{specs.data(), specs.size()};
  const auto repository = git::make<git::Repository>(git_repository_init, to.c_str(), 1U);
  git_remote_create_options plain = GIT_REMOTE_CREATE_OPTIONS_INIT;
  plain.repository = repository.get();
  // Nothing of a configuration rewrites the address: libgit2 1.5 leaks for each line that it looks at for that.
  plain.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
  const auto remote = repository
                          ? git::make<git::Remote>(git_remote_create_with_opts, source.repository.c_str(), &plain)
                          : git::Remote();
  if (remote && git_remote_fetch(remote.get(), &refspecs, &options, nullptr) == 0)
    return scenario::GitSource{to.string(), false, source.commit, source.spot};
  const auto words = git::words();
  std::error_code ignored;
  fs::remove_all(to, ignored);
  if (!goes_on())
    return util::failure("interrupted while it cloned " + source.repository, {}, {}, util::Blame::interrupted);
  return util::failure(fmt::format("the repository {} could not be cloned: {}", source.repository, words),
                       {},
                       "check its address and the network; `git ls-remote` would say the same");
}

util::Result<GitCheckout> GitCheckout::open(const scenario::GitSource& source) {
  CP_TRY_ASSIGN(auto repository, GitRepository::open(source));
  CP_TRY_ASSIGN(auto files, repository.files(source.commit, source.spot));
  return GitCheckout{std::move(repository), std::move(files)};
}

util::Result<GitTree> GitRepository::files(const std::string& commit, const util::SourceSpot& spot) const {
  auto* repository = state_->repository.get();
  const auto found = commit_of(repository, commit);
  if (!found) return refuse(spot, fmt::format("the repository {} has no commit '{}'", state_->name, commit));
  const auto tree = git::make<git::Tree>(git_commit_tree, found.get());
  Walk walk;
  if (!tree || git_tree_walk(tree.get(), GIT_TREEWALK_PRE, at_entry, &walk) != 0) {
    if (!walk.submodule.empty())
      return refuse(spot,
                    fmt::format("the commit '{}' has a submodule at {}", commit, walk.submodule),
                    "submodules are not checked out: name a commit without one, or use a folder as the context");
    return util::failure(fmt::format("cannot read {}: {}", state_->name, git::words()));
  }
  return std::move(walk.files);
}

util::Result<std::string> GitRepository::read(const GitFile& file) const {
  git_oid id{};
  const bool known = git_oid_fromstr(&id, file.blob.c_str()) == 0;
  const auto blob = known ? git::make<git::Blob>(git_blob_lookup, state_->repository.get(), &id) : git::Blob();
  if (!blob) return util::failure(fmt::format("cannot read {}: {}", state_->name, git::words()));
  return std::string(static_cast<const char*>(git_blob_rawcontent(blob.get())),
                     static_cast<std::size_t>(git_blob_rawsize(blob.get())));
}

util::Result<std::vector<GitChange>> checkout_changes(const scenario::Edit& edit,
                                                      const GitRepository& repository,
                                                      const GitTree& before,
                                                      const GitTree& after,
                                                      const FindFile& find) {
  std::vector<GitChange> all;
  for (const auto& [path, file] : before)
    if (!after.contains(path)) all.push_back({path, file, {}});
  for (const auto& [path, file] : after) {
    const auto old = before.find(path);
    if (old == before.end())
      all.push_back({path, {}, file});
    else if (old->second != file)
      all.push_back({path, old->second, file});
  }
  if (all.empty()) return workspace::refuse(edit, "changes nothing");
  for (const auto& change : all) {
    CP_TRY_ASSIGN(const auto found, find(change.path));
    if (!change.before) {
      if (found && found->kind != Kind::folder)
        return workspace::refuse(edit, fmt::format("would overwrite {}, which no commit has made", change.path));
      continue;
    }
    CP_TRY_ASSIGN(const auto text, repository.read(*change.before));
    const bool same = found && found->text == text && (found->kind == Kind::symlink) == change.before->link;
    if (!same) return workspace::refuse(edit, fmt::format("would overwrite {}, which was edited", change.path));
  }
  return all;
}

} // namespace cacheproof::workspace
