#include "engine/texts.hpp"

#include "util/files.hpp"
#include "workspace/edit.hpp"

#include <filesystem>
#include <system_error>
#include <variant>

namespace cacheproof::engine {
namespace {

namespace fs = std::filesystem;

/// A file of the context as it is before the first round; nothing for one that is not there.
std::optional<std::string> original_text(const scenario::Scenario& scenario, const std::string& path) {
  if (const auto* folder = std::get_if<fs::path>(&scenario.context)) {
    std::error_code ignored;
    const auto file = fs::weakly_canonical(*folder / path, ignored);
    const auto inside = file.lexically_relative(fs::weakly_canonical(*folder, ignored));
    if (inside.empty() || *inside.begin() == "..") return {}; // nothing is read that a link leads out to
    const auto text = util::read_text(file);
    return text ? std::optional(*text) : std::nullopt;
  }
  const auto wanted = fs::path(path).lexically_normal();
  for (const auto& file : std::get<std::vector<scenario::InlineFile>>(scenario.context))
    if (fs::path(file.path).lexically_normal() == wanted) return file.text;
  return {};
}

} // namespace

util::Result<std::optional<std::string>>
text_after(const scenario::Scenario& scenario, std::span<const scenario::Edit> edits, const std::string& path) {
  return workspace::text_after(edits, path, [&](const std::string& asked) { return original_text(scenario, asked); });
}

} // namespace cacheproof::engine
