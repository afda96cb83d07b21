#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cacheproof::scenario {

/// A text that is read as the scenario `file`.
struct Document {
  std::string where; ///< how a failure calls it
  std::string text;
  std::filesystem::path file = "x.yaml";
  bool has_lines = false; ///< its mistakes are in command lines, which are texts to a schema
};

/// The schema, in a stock JSON Schema validator, takes each text that the reader takes, and refuses each of which the
/// reader says what a schema can express; at least `refused` of them. The test is skipped where there is no validator.
void expect_schema_agrees(const std::vector<Document>& documents, std::size_t refused);

} // namespace cacheproof::scenario
