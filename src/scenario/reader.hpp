#pragma once

#include "scenario/codes.hpp"
#include "scenario/command_line.hpp"
#include "scenario/node.hpp"
#include "scenario/read.hpp"
#include "scenario/scenario.hpp"
#include "scenario/shape.hpp"
#include "util/diagnostic.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cacheproof::scenario {

/// Where the reader stands: the file, the matrix, and everything that was found wrong so far. Its functions turn nodes
/// into values; they return nothing after having said what is wrong, so that the caller goes on with the next node.
class Reader {
public:
  static constexpr std::size_t k_most_diagnostics = 1000;

  Reader(std::filesystem::path file, std::vector<std::string> lines);

  const std::filesystem::path& file() const { return file_; }
  const std::vector<std::string>& lines() const { return lines_; }
  std::vector<util::Diagnostic>& diagnostics() { return diagnostics_; }
  /// So much is wrong already that the rest is not told.
  bool is_full() const { return diagnostics_.size() >= k_most_diagnostics; }

  util::SourceSpot spot(const Node& at) const;
  /// The caret stands under `at`; under `fragment` of it where the line shows it.
  void
  report(const Code& code, const Node& at, std::string message, std::string hint = {}, std::string_view fragment = {});
  /// About the file as a whole (line 0), or about a place where no node is.
  void report_at(const Code& code, int line, int column, std::string message, std::string hint = {});
  void report_at(const Code& code, const util::SourceSpot& spot, std::string message, std::string hint = {});
  /// About a text that was read before: what can be said only when all of the file is known.
  void report_text(const Code& code, const Text& text, std::string message, std::string hint = {});
  void wrong_type(const Node& at, std::string_view expected);

  /// Any scalar as it is written, never interpolated: contents of files.
  std::optional<std::string> literal(const Node& at);
  /// A text in which variables are not played (yet): titles, names, paths, regexes.
  std::optional<std::string> word(const Node& at, std::string_view what = "text");
  /// A text whose variables the engine expands.
  std::optional<Text> text(const Node& at, std::string_view what = "text");
  std::optional<std::vector<Text>> texts(const Node& at, std::string_view what);
  std::optional<std::vector<std::string>> words(const Node& at, std::string_view what);
  std::optional<bool> boolean(const Node& at);
  std::optional<Comparison> comparison(const Node& at);
  /// A number from 0 to 1 or a comparison with one: `"<= 0.2"`.
  std::optional<Share> share(const Node& at);
  /// `120 s`, `2m`, or a number of seconds; at most a day.
  std::optional<std::chrono::seconds> duration(const Node& at);
  /// RFC 3339 text to the nanosecond or a number of seconds, as nanoseconds since 1970.
  std::optional<std::int64_t> time(const Node& at);
  /// Permissions in octal digits, as chmod(1) and C write them: `0644`, `755`, `0o755`.
  std::optional<std::uint32_t> mode(const Node& at);
  /// What a base64 text encodes; line ends and spaces in it are nothing.
  std::optional<std::string> base64(const Node& at);
  std::optional<Text> regex(const Node& at);
  /// A path inside the context: relative, without `..`; in normal form.
  std::optional<std::string> inner_path(const Node& at);
  /// A path in an image or on a server: from its root, with or without `/` before it, and without `..`.
  std::optional<std::string> rooted_path(const Node& at);
  /// The target of the symbolic link `link`: it leads to something inside the context.
  std::optional<std::string> link_target(const Node& at, const std::string& link);
  std::optional<StepReference> step(const Node& at);
  /// `{dimension or fact: value, list or range}`, as `when` takes it; nothing after an error.
  std::optional<When> when(const Node& at);
  /// The same of facts only, as `requires` takes it.
  std::optional<When> facts(const Node& at);

  /// The dimensions that texts may use and `when` may ask for; set before anything else is read.
  std::vector<std::pair<std::string, std::vector<std::string>>> matrix;
  /// What `${…}` may name beside dimensions; `setup`, which is read before the builds, has more of them.
  std::vector<std::string> variables{"registry", "local", "context"};
  /// What may have been meant by one that is none.
  Versions versions;
  /// Whether the matrix itself was read without an error: claims are checked against its cells only then.
  bool matrix_is_sound = true;
  /// Every `build` that was written as one, in the order of reading.
  std::vector<CommandLine> command_lines;
  /// Those of the matrix, made once.
  const std::vector<Cell>& cells();

private:
  bool check_text(const Node& at, bool expanded);
  /// Whether all texts together, with one more variable of these values, stay of a size that can be looked at.
  bool may_grow(const Node& at, const std::vector<std::string>& values);
  std::optional<When> conditions(const Node& at, bool dimensions);
  bool check_value(const Node& value, const Node& key, const std::vector<std::string>& known);

  std::filesystem::path file_;
  std::vector<std::string> lines_;
  std::vector<util::Diagnostic> diagnostics_;
  std::vector<Cell> cells_;
  std::size_t grown_ = 0; ///< bytes that variables stand for
};

/// `did you mean 'that'?` of the candidate that was perhaps meant; without one `otherwise`.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates, std::string otherwise = {});

/// What builders and the builds of a round may be called.
constexpr std::string_view k_plain_name = "^[A-Za-z0-9_-]+$";
bool is_plain_name(std::string_view text);

/// Whether a path does not stay at or below where it starts.
bool leads_out(const std::filesystem::path& path);

/// Every item of a list, each read by `read`; nothing when one of them could not be, after all have been tried.
template <class Read, class Item = typename std::invoke_result_t<Read, const Node&>::value_type>
std::optional<std::vector<Item>> read_list(Reader& reader, const Node& at, std::string_view what, Read read) {
  if (!at.is_sequence()) {
    reader.wrong_type(at, what);
    return std::nullopt;
  }
  std::vector<Item> all;
  for (const auto& child : at.children)
    if (auto item = read(child)) all.push_back(std::move(*item));
  if (all.size() < at.children.size()) return std::nullopt;
  return all;
}

/// One key of the language. A reader grows by such declarations, and the JSON Schema and the tables of
/// scenarios/README.md are made from them: a new key is one declaration. Without `read` the key is part of the language
/// but not played yet, and is refused with these words.
template <class T> struct Key {
  std::string_view name;
  std::string_view doc; ///< one sentence for people
  std::function<void(Reader&, const Node&, T&)> read;
  bool required = false;
  std::string_view group = {};     ///< keys of one group exclude each other
  Shape shape = {};                ///< how its value is written
  std::string_view otherwise = {}; ///< what holds without it
};

/// Refuses what is no mapping, unknown, double, exclusive, missing and not yet played keys. False: not even a mapping.
bool check_keys(Reader& reader, const Node& map, std::string_view what, const std::vector<KeyFacts>& keys);

/// Whether the keys of a mapping are plain words and none stands twice.
void check_duplicates(Reader& reader, const Node& map);

/// They point into `keys`, which outlive them: tables are made once and stay.
template <class T> std::vector<KeyFacts> facts(const std::vector<Key<T>>& keys) {
  std::vector<KeyFacts> all;
  all.reserve(keys.size());
  for (const auto& key : keys)
    all.push_back({key.name, key.doc, bool(key.read), key.required, key.group, &key.shape, key.otherwise});
  return all;
}

namespace shape {
/// A mapping with those keys; the name is that of its table.
template <class T> Shape table(std::string_view name, const std::vector<Key<T>>& (*keys)()) {
  Shape shape;
  shape.kind = Shape::Kind::table;
  shape.name = name;
  shape.keys = [keys] { return facts(keys()); };
  return shape;
}
} // namespace shape

/// Fills `into` from the mapping `map`, in the order of the declarations.
template <class T>
bool read_keys(Reader& reader, const Node& map, std::string_view what, const std::vector<Key<T>>& keys, T& into) {
  if (!check_keys(reader, map, what, facts(keys))) return false;
  for (const auto& key : keys)
    if (const auto* value = key.read ? map.find(key.name) : nullptr) key.read(reader, *value, into);
  return true;
}

/// Lexically.
bool lies_at_or_below(const std::filesystem::path& path, const std::filesystem::path& folder);

// The parts of a scenario, each in a file of its own, with how it is written.
void read_rounds(Reader& reader, const Node& at, Scenario& scenario);
Shape rounds_shape();
void read_build(Reader& reader, const Node& at, BuildSpec& build);
Shape build_shape();
void read_edits(Reader& reader, const Node& at, std::vector<Edit>& edits);
Shape edits_shape();
void read_expect(Reader& reader, const Node& at, Expectations& expect);
Shape expect_shape();
std::optional<ExpectedResult> read_result(Reader& reader, const Node& at);
Shape result_shape();
/// Whether each round that a result is compared with is an earlier one.
void check_rounds_named(Reader& reader, const Scenario& scenario);
void read_known_issue(Reader& reader, const Node& at, std::optional<KnownIssue>& issue);
Shape known_issue_shape();
void read_repeat(Reader& reader, const Node& at, Scenario& scenario);
Shape repeat_shape();
/// A share of the plays has several of them.
void check_rates(Reader& reader, const Scenario& scenario);
void read_parallel(Reader& reader, const Node& at, Round& round);
void read_run(Reader& reader, const Node& at, Round& round);
void read_builder(Reader& reader, const Node& at, Round& round);
Shape parallel_shape();
void read_context(Reader& reader, const Node& at, Scenario& scenario);
void read_git(Reader& reader, const Node& at, Scenario& scenario);
Shape git_shape();
/// The text of a file of the enclosing repository, written as a path from the scenario's folder.
std::optional<std::string> read_beside(Reader& reader, const Node& at, std::string_view what);
/// `{path: text, path: {…}}`: files that a scenario holds.
InlineFiles read_files(Reader& reader, const Node& at);
Shape files_shape();
void read_setup(Reader& reader, const Node& at, Scenario& scenario);
Shape setup_shape();
/// `files`, `env` and `labels` of an image of the scenario's own.
const std::vector<Key<ImageContent>>& image_content_keys();
const std::vector<Key<ServedFile>>& served_file_keys();
void read_actions(Reader& reader, const Node& at, std::vector<Action>& actions);
Shape actions_shape();
/// Whether actions name what is there and can change something: once all of the file is read.
void check_actions(Reader& reader, const Scenario& scenario);
/// Whether builders have versions, and rounds name builders that are there: once all of the file is read.
void check_builders(Reader& reader, const Scenario& scenario);
/// That every frontend is of a version.
void check_frontends(Reader& reader, const Scenario& scenario);
void read_matrix(Reader& reader, const Node& at);
Shape matrix_shape();
Shape facts_shape(); ///< what is known of a case
Shape needs_shape(); ///< of `requires`

} // namespace cacheproof::scenario
