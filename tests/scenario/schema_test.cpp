#include "process/process.hpp"
#include "scenario/mistakes.hpp"
#include "scenario/read.hpp"
#include "scenario/schema.hpp"
#include "scenario/shape.hpp"
#include "scenario/yaml.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdlib>
#include <map>
#include <regex>
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

/// As an editor sees the value: by the core schema of YAML 1.2 (section 10.3).
nlohmann::json to_json(const Node& node) {
  static const std::regex integer("[-+]?[0-9]+");
  static const std::regex other("0o([0-7]+)|0x([0-9a-fA-F]+)");
  static const std::regex real(R"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)");
  switch (node.kind) {
  case Node::Kind::null:
    return nullptr;
  case Node::Kind::sequence: {
    auto all = nlohmann::json::array();
    for (const auto& child : node.children) all.push_back(to_json(child));
    return all;
  }
  case Node::Kind::map: {
    auto all = nlohmann::json::object();
    for (std::size_t i = 0; i < node.entries(); ++i) all[node.key(i).text] = to_json(node.value(i));
    return all;
  }
  case Node::Kind::scalar:
    break;
  }
  const auto& text = node.text;
  if (!node.plain) return text;
  if (text == "true" || text == "false") return text == "true";
  std::smatch part;
  if (text.size() > 18) return text; // more than a number of JSON can hold
  if (std::regex_match(text, integer)) return std::stoll(text);
  if (std::regex_match(text, part, other))
    return part[1].matched ? std::stoll(part[1], nullptr, 8) : std::stoll(part[2], nullptr, 16);
  if (std::regex_match(text, real)) return std::stod(text);
  return text;
}

struct Document {
  std::string where;
  std::string text;
  std::vector<util::Diagnostic> errors;
};

std::vector<Document> documents() {
  std::vector<Document> all;
  const auto add = [&](const std::string& where, const std::string& text, const fs::path& file) {
    Document document{where, text, {}};
    for (auto& each : read_text(text, file).diagnostics)
      if (each.severity == util::Severity::error) document.errors.push_back(std::move(each));
    all.push_back(std::move(document));
  };
  for (const auto& entry : fs::recursive_directory_iterator(k_source / "scenarios"))
    if (entry.path().extension() == ".yaml") {
      const auto text = util::read_text(entry.path()).value();
      // A context may have YAML files of its own.
      if (text.find("\nrounds:") != std::string::npos) add(entry.path().string(), text, entry.path());
    }
  for (const auto& entry : fs::directory_iterator(k_mistakes)) {
    if (entry.path().stem() == "command_line") continue; // to a schema it is a text
    int number = 0;
    for (const auto& each : mistakes_of(util::read_text(entry.path()).value()))
      add(entry.path().filename().string() + " case " + std::to_string(++number), whole(each.text), "x.yaml");
  }
  return all;
}

/// Kinds of mistakes that a schema can express. Of the others it may find some: paths by their pattern, for example.
bool is_for_a_schema(const util::Diagnostic& error) {
  static const std::set<std::string> codes{"CP0003", "CP0006", "CP0007", "CP0008"};
  // What no schema can say, by the words of the reader, with the reason.
  static const std::vector<std::string> beyond{
      "cannot both be files",                 // one path is a folder of another
      "needs the scenario's 'repeat'",        // another key, further up
      "'exported' needs 'of'",                // only beside run
      "'ignore' needs the key",               // beside another one
      "the round does not say which builder", // it depends on how many there are
      "a duration up to a day",               // 25h, 1441m: the range depends on the unit
  };
  return codes.contains(error.code) && std::none_of(beyond.begin(), beyond.end(), [&](const auto& words) {
           return error.message.find(words) != std::string::npos;
         });
}

TEST(Schema, AgreesWithTheReaderInAStockValidator) {
  const auto folder = util::TempDir::create().value();
  std::string lines;
  std::vector<Document> asked;
  for (auto& document : documents()) {
    const auto root = parse_yaml(document.text);
    if (!root) continue; // an editor says so by itself
    lines += to_json(*root).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    asked.push_back(std::move(document));
  }
  ASSERT_TRUE(util::write_text(folder.path() / "schema", json_schema()));
  ASSERT_TRUE(util::write_text(folder.path() / "documents", lines));
  process::Command command{{"python3",
                            (k_source / "tests/scenario/validate.py").string(),
                            (folder.path() / "schema").string(),
                            (folder.path() / "documents").string()},
                           std::map<std::string, std::string>{{"PATH", "/usr/bin:/bin"}, {"PYTHONIOENCODING", "utf-8"}},
                           folder.path()};
  const auto finished = process::run(command);
  if (!finished) GTEST_SKIP() << "there is no python3: " << finished.error().what;
  if (finished->exit.code == 77) GTEST_SKIP() << "python3-jsonschema is not installed: " << finished->out;
  ASSERT_TRUE(finished->exit.ok()) << finished->err;
  const auto said = util::lines(finished->out);
  ASSERT_EQ(said.size(), asked.size());
  std::size_t refused = 0;
  for (std::size_t i = 0; i < said.size(); ++i) {
    const auto& [where, text, errors] = asked[i];
    if (errors.empty()) {
      EXPECT_EQ(said[i], "ok") << "the reader takes " << where << ":\n" << text;
    }
    const auto found = std::find_if(errors.begin(), errors.end(), is_for_a_schema);
    if (found == errors.end()) continue;
    ++refused;
    EXPECT_NE(said[i], "ok") << "the schema takes " << where << ":\n"
                             << text << "of which the reader says: " << util::to_text(*found)
                             << "Where no schema can express that, its words belong in `beyond`, with the reason.";
  }
  EXPECT_GT(refused, 20U) << "mistakes were compared";
}

} // namespace
} // namespace cacheproof::scenario
