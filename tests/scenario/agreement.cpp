#include "scenario/agreement.hpp"

#include "process/process.hpp"
#include "scenario/read.hpp"
#include "scenario/schema.hpp"
#include "scenario/yaml.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <regex>
#include <set>

namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;

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
  const double number = std::regex_match(text, real) ? std::strtod(text.c_str(), nullptr) : HUGE_VAL;
  if (std::isfinite(number)) return number;
  return text;
}

constexpr std::string_view k_bom = "\xEF\xBB\xBF"; ///< the reader takes one off, and so do editors

bool begins_wrongly(const util::Diagnostic& error) {
  return error.message.starts_with("a line for 'build' begins with");
}

/// Kinds of mistakes that a schema can express. Of the others it may find some: paths by their pattern, for example.
bool is_for_a_schema(const util::Diagnostic& error) {
  static const std::set<std::string> codes{"CP0003", "CP0006", "CP0007", "CP0008"};
  if (begins_wrongly(error)) return true;
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

std::vector<util::Diagnostic> errors_of(const Document& document) {
  auto errors = read_text(document.text, document.file).diagnostics;
  std::erase_if(errors, [&](const auto& each) {
    return each.severity != util::Severity::error || (document.has_lines && !begins_wrongly(each));
  });
  return errors;
}

} // namespace

void expect_schema_agrees(const std::vector<Document>& documents, std::size_t refused) {
  const auto folder = util::TempDir::create().value();
  std::string lines;
  std::vector<const Document*> asked;
  for (const auto& document : documents) {
    const auto root = parse_yaml(std::string_view(document.text).substr(document.text.starts_with(k_bom) ? 3 : 0));
    if (!root) continue; // an editor says so by itself
    lines += to_json(*root).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    asked.push_back(&document);
  }
  ASSERT_TRUE(util::write_text(folder.path() / "schema", json_schema()));
  ASSERT_TRUE(util::write_text(folder.path() / "documents", lines));
  process::Command command{{"python3",
                            std::string(CACHEPROOF_SOURCE_DIR) + "/tests/scenario/validate.py",
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
  std::size_t met = 0;
  for (std::size_t i = 0; i < said.size(); ++i) {
    const auto shown = asked[i]->where + ":\n" + asked[i]->text.substr(0, 2000);
    const auto errors = errors_of(*asked[i]);
    if (errors.empty()) {
      EXPECT_EQ(said[i], "ok") << "the reader takes " << shown;
    }
    const auto found = std::find_if(errors.begin(), errors.end(), is_for_a_schema);
    if (found == errors.end()) continue;
    ++met;
    EXPECT_NE(said[i], "ok") << "the schema takes " << shown << "\nof which the reader says: " << util::to_text(*found)
                             << "Where no schema can express that, its words belong in `beyond`, with the reason.";
  }
  EXPECT_GE(met, refused) << "mistakes were compared";
}

} // namespace cacheproof::scenario
