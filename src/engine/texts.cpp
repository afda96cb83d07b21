#include "engine/texts.hpp"

#include "workspace/texts.hpp"

#include <variant>

namespace cacheproof::engine {

util::Result<std::shared_ptr<const workspace::Original>> original_of(const scenario::Scenario& scenario) {
  const auto* git = std::get_if<scenario::GitSource>(&scenario.context);
  if (git && git->is_url) return std::shared_ptr<const workspace::Original>();
  return workspace::original(scenario.context);
}

util::Result<std::optional<std::string>>
text_after(const scenario::Scenario& scenario, std::span<const scenario::Edit> edits, const std::string& path) {
  CP_TRY_ASSIGN(auto original, original_of(scenario));
  if (!original) return std::nullopt;
  return workspace::text_after(edits, path, std::move(original));
}

} // namespace cacheproof::engine
