#pragma once

#include "evidence/case.hpp"
#include "scenario/scenario.hpp"

#include <optional>
#include <string>
#include <vector>

namespace cacheproof::author {

/// What one case wants a claim to say, as YAML.
struct Wish {
  const evidence::CaseEvidence* by = nullptr;
  std::string value;
};

/// A list of alternatives by one dimension of the matrix, else by version, that gives each case its wish:
/// `[{when: {mode: max}, steps: all}, …]`. Versions become ranges that begin at the first one that was played and saw
/// so. `key` is what an alternative's value stands under. Nothing where neither tells the cases apart.
std::optional<std::string>
alternatives(const scenario::Scenario& scenario, const std::vector<Wish>& wishes, const std::string& key);

} // namespace cacheproof::author
