#pragma once

#include "evidence/record.hpp"
#include "scenario/step_reference.hpp"

#include <string>
#include <vector>

namespace cacheproof::judge {

/// The steps of kind `step` that a reference names: those of which any place matches it, of its build if it names one.
std::vector<const evidence::Step*> named_by(const scenario::StepReference& reference,
                                            const evidence::BuildRecord& record);

/// What a reference names that the build does not have, in words: each such number of a range, else the whole
/// reference.
std::vector<std::string> unmatched(const scenario::StepReference& reference, const evidence::BuildRecord& record);

/// Whether the step executed in this build, to its end or to its failure.
bool executed(const evidence::Step& step);

/// Whether two builds of one command line waited for the same execution of a step.
bool executed_together(const evidence::Step& one, const evidence::Step& other);

} // namespace cacheproof::judge
