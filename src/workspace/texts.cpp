#include "workspace/texts.hpp"

#include "workspace/edit.hpp"
#include "workspace/patch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

namespace cacheproof::workspace {
namespace fs = std::filesystem;
namespace {

using Kind = scenario::Edit::Kind;
using FileKind = scenario::InlineFile::Kind;

std::string normal(const std::string& path) {
  auto text = fs::path(path).lexically_normal().string();
  while (text.ends_with('/')) text.pop_back();
  return text == "." ? "" : text;
}

} // namespace

Texts::Texts(std::shared_ptr<const Original> original)
    : original_(std::move(original)) {}

/// What was there before all edits: names that are hard links of each other share it, whatever became of one of them.
Texts::Found Texts::first(const std::string& path) {
  const auto file = original_->at(path);
  if (file && file->kind == FileKind::hardlink) return first(file->text);
  auto& found = first_[path];
  if (file && !found) found = std::make_shared<Node>(Node{file->kind == FileKind::symlink, file->text});
  return found;
}

Texts::Found Texts::node(const std::string& path) {
  if (const auto known = nodes_.find(path); known != nodes_.end()) return known->second;
  // What lay below something that is gone or no folder any more was taken along when that was told.
  return nodes_[path] = first(path);
}

/// Where a path leads; links above its last part are followed, and that too if `last`. Nothing for one that leads out,
/// or round and round.
std::optional<std::string> Texts::resolved(const std::string& path, bool last) {
  constexpr int limit = 40; // the kernel's own (path_resolution(7))
  auto rest = fs::path(normal(path));
  for (int links = 0; links <= limit;) {
    fs::path so_far;
    bool followed = false;
    for (auto part = rest.begin(); part != rest.end() && !followed; ++part) {
      const bool is_last = std::next(part) == rest.end();
      const auto found = is_last && !last ? Found() : node((so_far / *part).string());
      if (!found || !found->link) {
        so_far /= *part;
        continue;
      }
      if (fs::path(found->text).is_absolute()) return {};
      auto onward = so_far / found->text;
      for (auto more = std::next(part); more != rest.end(); ++more) onward /= *more;
      rest = fs::path(normal(onward.string()));
      if (!rest.empty() && *rest.begin() == "..") return {};
      followed = true;
      ++links;
    }
    if (!followed) return so_far.string();
  }
  return {};
}

std::optional<std::string> Texts::at(const std::string& path) {
  const auto place = resolved(path, true);
  const auto found = place ? node(*place) : Found();
  return found && !found->link ? std::optional(found->text) : std::nullopt;
}

std::vector<std::string> Texts::below(const std::string& folder) {
  std::set<std::string> paths;
  for (auto& path : original_->below(folder)) paths.insert(std::move(path));
  for (const auto& [path, found] : nodes_)
    if (path.starts_with(folder + "/")) paths.insert(path);
  // What was never looked at is as the original has it, and is not read for this: it may be all of `node_modules`.
  const auto gone = [&](const auto& path) {
    const auto known = nodes_.find(path);
    return known != nodes_.end() && !known->second;
  };
  std::vector<std::string> there;
  std::remove_copy_if(paths.begin(), paths.end(), std::back_inserter(there), gone);
  return there;
}

/// Takes a file, or a folder with all in it, along; `keep`: a copy of it.
void Texts::move(const std::string& from, const std::string& to, bool keep) {
  auto paths = below(from);
  paths.push_back(from);
  for (const auto& path : paths) {
    auto found = node(path);
    if (!found) continue;
    nodes_[to + path.substr(from.size())] = keep ? std::make_shared<Node>(*found) : found;
    if (!keep) nodes_[path] = nullptr;
  }
}

util::Status Texts::change_content(const scenario::Edit& edit) {
  const auto place = resolved(edit.path, true);
  if (!place) return refuse(edit, "leads out of the context");
  auto found = node(*place);
  CP_TRY_ASSIGN(auto text, edited(edit, found ? std::optional(found->text) : std::nullopt));
  if (found && !edit.atomic)
    found->text = std::move(text);
  else
    nodes_[(found ? resolved(edit.path, false) : place).value_or(*place)] =
        std::make_shared<Node>(Node{false, std::move(text)});
  return {};
}

std::optional<scenario::InlineFile> Texts::file(const std::string& path) {
  const auto found = node(path);
  if (!found) return std::nullopt;
  scenario::InlineFile file{path, found->text, {}};
  if (found->link) file.kind = FileKind::symlink;
  return file;
}

util::Status Texts::patch(const scenario::Edit& edit) {
  const auto find = [&](const std::string& path) {
    const auto place = resolved(path, false);
    return place ? file(*place) : std::nullopt;
  };
  CP_TRY_ASSIGN(const auto files, patched(edit, find));
  for (const auto& file : files) {
    const auto from = resolved(file.from, false).value_or(file.from);
    const auto to = resolved(file.path, false).value_or(file.path);
    const auto old = file.from.empty() ? Found() : node(from);
    if (old && from == to && old->link == file.link && !edit.atomic) {
      old->text = file.text; // for its other names too
      continue;
    }
    if (old && !file.copied) nodes_[from] = nullptr;
    if (!file.path.empty()) nodes_[to] = std::make_shared<Node>(Node{file.link, file.text});
  }
  return {};
}

util::Status Texts::checkout(const scenario::Edit& edit) {
  const auto* git = original_->git();
  if (!git) return refuse(edit, "needs a git context");
  if (!commit_) commit_ = git->files;
  CP_TRY_ASSIGN(auto files, git->repository.files(edit.text, edit.spot));
  CP_TRY_ASSIGN(const auto all, checkout_changes(edit, git->repository, *commit_, files, [&](const std::string& path) {
                  return file(path);
                }));
  for (const auto& change : all) {
    nodes_[change.path] = nullptr;
    if (!change.after) continue;
    CP_TRY_ASSIGN(auto text, git->repository.read(*change.after));
    nodes_[change.path] = std::make_shared<Node>(Node{change.after->link, std::move(text)});
  }
  commit_ = std::move(files);
  return {};
}

util::Status Texts::apply(const scenario::Edit& edit) {
  const auto path = resolved(edit.path, false);
  const auto to = resolved(edit.to, false);
  switch (edit.kind) {
  case Kind::write:
  case Kind::append:
  case Kind::replace:
    return change_content(edit);
  case Kind::patch:
    return patch(edit);
  case Kind::checkout:
    return checkout(edit);
  case Kind::remove:
    if (!path) break;
    for (const auto& each : below(*path)) nodes_[each] = nullptr;
    nodes_[*path] = nullptr;
    break;
  case Kind::rename:
  case Kind::copy:
    if (path && to) move(*path, *to, edit.kind == Kind::copy);
    break;
  case Kind::symlink:
    if (path) nodes_[*path] = std::make_shared<Node>(Node{true, edit.to});
    break;
  case Kind::hardlink:
    if (path && to) nodes_[*path] = node(*to);
    break;
  case Kind::touch:
  case Kind::mkdir:
  case Kind::chmod:
  case Kind::chown:
  case Kind::xattr:
    break;
  }
  return {};
}

util::Result<std::optional<std::string>>
text_after(std::span<const scenario::Edit> edits, const std::string& path, std::shared_ptr<const Original> original) {
  Texts texts(std::move(original));
  for (const auto& edit : edits) CP_TRY(texts.apply(edit));
  return texts.at(path);
}

} // namespace cacheproof::workspace
