#include "workspace/difference.hpp"

#include "workspace/git_handles.hpp"

#include <fmt/format.h>

namespace cacheproof::workspace {
namespace {

/// One line of the difference. libgit2's own heads have the names of a repository, and behind the numbers of a hunk
/// what it takes for the function around it.
int take(const git_diff_delta* /*delta*/, const git_diff_hunk* /*hunk*/, const git_diff_line* line, void* payload) {
  auto& text = *static_cast<std::string*>(payload);
  if (line->origin == GIT_DIFF_LINE_FILE_HDR) return 0;
  for (const char sign : {GIT_DIFF_LINE_CONTEXT, GIT_DIFF_LINE_ADDITION, GIT_DIFF_LINE_DELETION})
    if (line->origin == sign) text += sign;
  std::string_view content(line->content, line->content_len);
  const auto numbers = line->origin == GIT_DIFF_LINE_HUNK_HDR ? content.find(" @@") : std::string_view::npos;
  text += numbers == std::string_view::npos ? content : content.substr(0, numbers + 3);
  if (numbers != std::string_view::npos) text += '\n';
  return 0;
}

} // namespace

util::Result<std::string> unified_difference(std::string_view before,
                                             std::string_view after,
                                             const std::string& name_before,
                                             const std::string& name_after) {
  git::start();
  git_diff_options options = GIT_DIFF_OPTIONS_INIT;
  options.flags |= GIT_DIFF_FORCE_TEXT;
  const auto patch = git::make<git::Patch>(
      git_patch_from_buffers, before.data(), before.size(), nullptr, after.data(), after.size(), nullptr, &options);
  std::string lines;
  if (!patch || git_patch_print(patch.get(), take, &lines) != 0)
    return util::failure("cannot compare two texts: " + git::words());
  if (lines.empty()) return lines;
  return fmt::format("--- {}\n+++ {}\n{}", name_before, name_after, lines);
}

} // namespace cacheproof::workspace
