#pragma once

#include "evidence/image.hpp"

#include <functional>
#include <string>
#include <vector>

namespace cacheproof::judge {

/// A path at which two images are not the same; nullptr where one has nothing there.
struct PathDifference {
  std::string path;
  const evidence::ImageFile* expected = nullptr;
  const evidence::ImageFile* observed = nullptr;
};

/// Every path that differs in type, mode, owner, size, link, extended attributes or content, sorted; times do not
/// count, nor do paths that one of the globs matches.
std::vector<PathDifference>
differences(const evidence::Image& expected, const evidence::Image& observed, const std::vector<std::string>& ignore);

/// The differences as a tree: `- ` what is missing, `+ ` what is too much, `~ ` what is another, a line each with what
/// differs, and behind it what `note` says of it. Folders on the way have lines too. A long one is cut, and says so.
std::vector<std::string> tree_of(const std::vector<PathDifference>& differences,
                                 const std::function<std::string(const PathDifference&)>& note);

/// `"text\n"` of a short text, else `5 bytes sha256:0123456789ab…`.
std::string content_in_words(const evidence::ImageFile& file);

} // namespace cacheproof::judge
