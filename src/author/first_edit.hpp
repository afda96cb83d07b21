#pragma once

#include "dockerfile/dockerfile.hpp"

#include <optional>
#include <string>
#include <vector>

namespace cacheproof::author {

/// An edit worth a first claim, and what it should leave alone.
struct FirstEdit {
  std::string path; ///< of a file that a COPY of the target takes, relative to the build context
  std::string text; ///< to append: a comment in the file's own language where it has one
  std::string step; ///< a reference to a step that the edit cannot reach; empty where there is none
};

/// Of all files the edit that leaves most steps of the target alone, told from the Dockerfile; the step is the first
/// that installs packages, else the first RUN, else any. Nothing where no step copies any of the files.
std::optional<FirstEdit>
first_edit(const dockerfile::File& dockerfile, int target, const std::vector<std::string>& files);

} // namespace cacheproof::author
