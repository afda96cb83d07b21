#include "scenario/agreement.hpp"
#include "scenario/mistakes.hpp"
#include "scenario/schema.hpp"
#include "scenario/shape.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

// What is made from the declarations of the language: the schema and the tables for people. CACHEPROOF_ACCEPT=1 writes
// them anew; read their difference then.
namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;
const fs::path k_source = CACHEPROOF_SOURCE_DIR;

void expect_committed(const fs::path& file, const std::string& made) {
  if (std::getenv("CACHEPROOF_ACCEPT")) {
    ASSERT_TRUE(util::write_text(file, made));
    GTEST_SKIP() << "accepted what is made now";
  }
  EXPECT_EQ(util::read_text(file).value_or(""), made)
      << file << " is not what the declarations of the language say: CACHEPROOF_ACCEPT=1 writes it anew";
}

TEST(Schema, IsCommittedAsTheLanguageIs) {
  expect_committed(k_source / "scenarios/schema.json", json_schema());
}

TEST(Tables, AreCommittedAsTheLanguageIs) {
  const auto readme = k_source / "scenarios/README.md";
  expect_committed(readme, with_tables(util::read_text(readme).value()));
}

/// The tables of the language but for those that are told in a row of another: kinds of edits and actions.
void tables_of(const Shape& shape, bool in_a_row, std::set<std::string_view>& seen, std::set<std::string_view>& into) {
  for (const auto& inner : shape.of) tables_of(inner, in_a_row, seen, into);
  if (shape.kind != Shape::Kind::table || !seen.insert(shape.name).second) return;
  if (!in_a_row) into.insert(shape.name);
  const bool rows = shape.name == "edit" || shape.name == "action";
  for (const auto& key : shape.keys()) tables_of(*key.shape, rows, seen, into);
}

TEST(Tables, AreAllInTheReadme) {
  std::set<std::string_view> seen;
  std::set<std::string_view> all;
  tables_of(language(), false, seen, all);
  const auto readme = util::read_text(k_source / "scenarios/README.md").value();
  for (const auto& name : all)
    EXPECT_NE(readme.find("<!-- table: " + std::string(name) + " -->\n"), std::string::npos)
        << "scenarios/README.md has no table of '" << name << "': write `<!-- table: " << name
        << " -->` and `<!-- end -->` on lines of their own where it belongs";
}

std::vector<Document> documents() {
  std::vector<Document> all;
  for (const auto& entry : fs::recursive_directory_iterator(k_source / "scenarios"))
    if (entry.path().extension() == ".yaml") {
      const auto text = util::read_text(entry.path()).value();
      // A context may have YAML files of its own.
      if (text.find("\nrounds:") != std::string::npos) all.push_back({entry.path().string(), text, entry.path()});
    }
  std::vector<fs::path> files{k_source / "tests/engine/checked.txt"};
  for (const auto& entry : fs::directory_iterator(k_mistakes)) files.push_back(entry.path());
  for (const auto& file : files) {
    int number = 0;
    for (const auto& each : mistakes_of(util::read_text(file).value()))
      all.push_back({file.filename().string() + " case " + std::to_string(++number),
                     whole(each.text),
                     "x.yaml",
                     file.stem() == "command_line"});
  }
  return all;
}

TEST(Schema, AgreesWithTheReaderInAStockValidator) {
  expect_schema_agrees(documents(), 20);
}

} // namespace
} // namespace cacheproof::scenario
