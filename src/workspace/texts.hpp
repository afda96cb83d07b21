#pragma once

#include "scenario/scenario.hpp"
#include "util/result.hpp"
#include "workspace/original.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace cacheproof::workspace {

/// The texts of a context while its edits are told in memory, before anything runs. Symbolic and hard links are
/// followed as on disk. What is said of folders, times, modes and owners is left to the play.
class Texts {
public:
  explicit Texts(std::shared_ptr<const Original> original);

  /// Tells one edit. One of content that changes nothing or does not fit is an error of the input that names its place,
  /// in the words of the play, and is as if it were not there.
  util::Status apply(const scenario::Edit& edit);

  /// Nothing where no file is.
  std::optional<std::string> at(const std::string& path);

private:
  struct Node {
    bool link = false;
    std::string text;
  };
  using Found = std::shared_ptr<Node>; ///< shared by hard links; empty where nothing is

  Found first(const std::string& path);
  Found node(const std::string& path);
  std::optional<scenario::InlineFile> file(const std::string& path);
  std::optional<std::string> resolved(const std::string& path, bool last);
  util::Status change_content(const scenario::Edit& edit);
  util::Status patch(const scenario::Edit& edit);
  util::Status checkout(const scenario::Edit& edit);
  void move(const std::string& from, const std::string& to, bool keep);
  std::vector<std::string> below(const std::string& folder);

  std::shared_ptr<const Original> original_;
  std::map<std::string, Found> first_; ///< what was looked at, as the original has it
  std::map<std::string, Found> nodes_; ///< what was looked at or changed, in place of the original's
  std::optional<GitTree> commit_;      ///< what is checked out, after a checkout
};

/// What the edits make of the file `path` in turn: nothing when it is not there in the end.
util::Result<std::optional<std::string>>
text_after(std::span<const scenario::Edit> edits, const std::string& path, std::shared_ptr<const Original> original);

} // namespace cacheproof::workspace
