#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::cli {

/// The long text of one kind of diagnostic. The examples are whole scenarios: the bad one gets exactly that code, the
/// good one nothing at all (tests/cli/explain_test.cpp); what nothing finds yet has none.
struct Explanation {
  std::string_view code;
  std::string_view name;
  std::string_view text; ///< what it means, why it matters, what to do
  std::string bad;
  std::string good;
  std::string_view bad_file = "example.yaml"; ///< under which name it is checked
  std::string_view good_file = "example.yaml";
};

/// CP00xx: a file by itself.
const std::vector<Explanation>& explanations_of_files();
/// CP01xx and CP02xx: what is asked of a build, and Dockerfiles.
const std::vector<Explanation>& explanations_of_builds();

} // namespace cacheproof::cli
