#include "scenario/reader.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace cacheproof::scenario {
namespace {

/// How one kind of claim is written.
template <class T> struct Form {
  std::string_view name;
  std::function<std::optional<T>(Reader&, const Node&)> read;
  std::vector<std::string_view> value_keys; ///< under which an alternative holds a list or text
  bool keys_inline = false;                 ///< the keys of a mapping value may stand beside `when`
};

/// The node that holds the value of an alternative; nullopt after an error.
template <class T> std::optional<Node> value_of(Reader& reader, const Node& item, const Form<T>& form) {
  Node rest = item;
  rest.children.clear();
  const Node* value = nullptr;
  for (std::size_t i = 0; i < item.entries(); ++i) {
    const auto& key = item.key(i).text;
    if (key == "when") continue;
    if (std::find(form.value_keys.begin(), form.value_keys.end(), key) != form.value_keys.end()) {
      if (value)
        reader.report(codes::k_exclusive_keys, item.key(i), fmt::format("'{}' gives the value a second time", key));
      value = &item.value(i);
    } else {
      rest.children.push_back(item.key(i));
      rest.children.push_back(item.value(i));
    }
  }
  if (form.keys_inline && !value) return rest;
  for (std::size_t i = 0; i < rest.entries(); ++i)
    reader.report(codes::k_unknown_key,
                  rest.key(i),
                  fmt::format("unknown key '{}'", rest.key(i).text),
                  fmt::format("an alternative of '{}' has 'when' and '{}'", form.name, form.value_keys.front()));
  if (value) return *value;
  if (rest.entries() == 0)
    reader.report(codes::k_missing_key,
                  item,
                  fmt::format("an alternative of '{}' needs the key '{}'", form.name, form.value_keys.front()));
  return std::nullopt;
}

bool has_when(const Node& node) {
  return node.is_map() && node.find("when");
}

std::string words(const Cell& cell) {
  std::vector<std::string> parts;
  for (const auto& [dimension, value] : cell) parts.push_back(dimension + ": " + value);
  return "{" + util::join(parts, ", ") + "}";
}

/// The conditions about dimensions with values: what is known of a case before there is one.
When without_facts(const Reader& reader, const When& when) {
  const auto is_known = [&](const auto& each) {
    return !is_fact(each.first) && std::none_of(reader.matrix.begin(), reader.matrix.end(), [&](const auto& dimension) {
      return dimension.first == each.first && dimension.second.empty();
    });
  };
  When rest;
  std::copy_if(when.begin(), when.end(), std::back_inserter(rest), is_known);
  return rest;
}

/// A claim never vanishes: some alternative may count in every cell, and every alternative in some cell. Whether one
/// does for the facts of a case, the engine asks before it plays.
template <class T> void check_coverage(Reader& reader, const Node& at, const Form<T>& form, const Claim<T>& claim) {
  std::vector<When> known;
  for (const auto& alternative : claim.alternatives) known.push_back(without_facts(reader, alternative.when));
  std::vector<bool> may_count(known.size());
  bool covered = true;
  for (const auto& cell : reader.cells()) {
    bool some = false;
    for (std::size_t i = 0; i < known.size(); ++i) {
      if (!matches(known[i], cell)) continue;
      some = may_count[i] = true;
      if (known[i].size() == claim.alternatives[i].when.size()) break; // it takes the cell whatever the facts are
    }
    if (!some && covered) {
      covered = false;
      reader.report(
          codes::k_unmatched_case, at, fmt::format("no alternative of '{}' counts for {}", form.name, words(cell)));
    }
  }
  for (std::size_t i = 0; i < known.size(); ++i)
    if (!may_count[i])
      reader.report(codes::k_dead_alternative,
                    at.children[i],
                    fmt::format("this alternative of '{}' never counts", form.name),
                    "the ones above it take all its cases");
}

template <class T> void read_claim(Reader& reader, const Node& at, const Form<T>& form, std::optional<Claim<T>>& into) {
  Claim<T> claim;
  claim.spot = reader.spot(at);
  if (!at.is_sequence() || std::none_of(at.children.begin(), at.children.end(), has_when)) {
    if (auto value = form.read(reader, at)) {
      claim.alternatives.push_back({{}, std::move(*value), claim.spot});
      into = std::move(claim);
    }
    return;
  }
  bool fine = reader.matrix_is_sound;
  for (const auto& item : at.children) {
    if (!has_when(item)) {
      reader.wrong_type(item, "an alternative {when: {…}, …} like its neighbours");
      fine = false;
      continue;
    }
    check_duplicates(reader, item);
    auto when = reader.when(*item.find("when"));
    const auto value = value_of(reader, item, form);
    auto read = value ? form.read(reader, *value) : std::nullopt;
    if (when && read)
      claim.alternatives.push_back({std::move(*when), std::move(*read), reader.spot(item)});
    else
      fine = false;
  }
  if (!fine) return;
  check_coverage(reader, at, form, claim);
  into = std::move(claim);
}

std::optional<std::vector<StepReference>> read_steps(Reader& reader, const Node& at, std::string_view expected) {
  return read_list(reader, at, expected, [&](const Node& item) { return reader.step(item); });
}

std::optional<StepSet> read_step_set(Reader& reader, const Node& at) {
  if (at.is_scalar() && at.text == "all") return StepSet{StepSet::Kind::all, {}};
  if (at.is_scalar() && at.text == "none") return StepSet{StepSet::Kind::none, {}};
  auto steps = read_steps(reader, at, "'all', 'none' or a list of step references");
  if (!steps) return std::nullopt;
  return StepSet{StepSet::Kind::listed, std::move(*steps)};
}

std::optional<std::vector<StepReference>> read_some_steps(Reader& reader, const Node& at) {
  auto steps = read_steps(reader, at, "a list of step references");
  if (!steps || !steps->empty()) return steps;
  reader.report(codes::k_empty_claim, at, "an empty list claims nothing");
  return std::nullopt;
}

const std::vector<Key<Exported>>& exported_keys() {
  static const std::vector<Key<Exported>> keys{
      {"of",
       "which export, where a build has several, as `app:cache` or with its registry",
       [](Reader& reader, const Node& at, Exported& exported) { exported.of = reader.text(at, "a cache"); },
       false,
       {},
       shape::text()},
      {"layers",
       "distinct layer blobs: a number or a comparison",
       [](Reader& reader, const Node& at, Exported& exported) {
         exported.layers = reader.comparison(at);
         exported.layers_spot = reader.spot(at);
       },
       false,
       {},
       shape::comparison()},
      {"records", "records of the cache config", {}, false, {}, shape::comparison()},
      {"layers_of", "step → whether its layers are in it", {}, false, {}, shape::names(shape::boolean())},
      {"media_type",
       "of the manifest",
       [](Reader& reader, const Node& at, Exported& exported) {
         if (auto type = reader.word(at, "a media type")) exported.media_type = Text{std::move(*type), reader.spot(at)};
       },
       false,
       {},
       shape::text()},
      {"manifest",
       "what kind of manifest holds it: `image` or `index`",
       [](Reader& reader, const Node& at, Exported& exported) {
         exported.manifest_spot = reader.spot(at);
         if (at.is_scalar() && at.text == "image")
           exported.manifest = Exported::Manifest::image;
         else if (at.is_scalar() && at.text == "index")
           exported.manifest = Exported::Manifest::index;
         else
           reader.wrong_type(at, "'image' or 'index'");
       },
       false,
       {},
       shape::choice({"image", "index"})},
      {"bytes", "size of all layers", {}, false, {}, shape::comparison()},
      {"same_as", "a round whose export it equals", {}, false, {}, shape::text()},
  };
  return keys;
}

std::optional<Exported> read_exported(Reader& reader, const Node& at) {
  Exported exported;
  if (!read_keys(reader, at, "a mapping like {layers: 16}", exported_keys(), exported)) return std::nullopt;
  if (exported.layers || exported.media_type || exported.manifest) return exported;
  if (at.entries() == 0 || (at.entries() == 1 && exported.of))
    reader.report(codes::k_empty_claim, at, "'exported' claims nothing", "say how many 'layers'");
  return std::nullopt;
}

const std::vector<Key<ExpectedImport>>& imported_keys() {
  static const std::vector<Key<ExpectedImport>> keys{
      {"error",
       "a regex for the error of an import",
       [](Reader& inner, const Node& value, ExpectedImport& import) { import.error = inner.regex(value); },
       true,
       {},
       shape::regex()}};
  return keys;
}

std::optional<ExpectedImport> read_imported(Reader& reader, const Node& at) {
  if (at.is_scalar() && at.text == "ok") return ExpectedImport{};
  if (!at.is_map()) {
    reader.wrong_type(at, "'ok' or a mapping {error: regex}");
    return std::nullopt;
  }
  ExpectedImport import;
  read_keys(reader, at, "a mapping for 'imported'", imported_keys(), import);
  if (!import.error) return std::nullopt;
  return import;
}

const std::vector<Key<ExpectedStatus>>& status_keys() {
  static const std::vector<Key<ExpectedStatus>> keys{
      {"fails",
       "a regex for the error",
       [](Reader& inner, const Node& value, ExpectedStatus& status) { status.fails = inner.regex(value); },
       true,
       {},
       shape::regex()}};
  return keys;
}

std::optional<ExpectedStatus> read_status(Reader& reader, const Node& at) {
  if (at.is_scalar() && at.text == "ok") return ExpectedStatus{};
  if (!at.is_map()) {
    reader.wrong_type(at, "'ok' or a mapping {fails: regex}");
    return std::nullopt;
  }
  ExpectedStatus status;
  read_keys(reader, at, "a mapping for 'status'", status_keys(), status);
  if (!status.fails) return std::nullopt;
  return status;
}

std::optional<std::vector<Text>> read_regexes(Reader& reader, const Node& at) {
  return read_list(reader, at, "a list of regular expressions", [&](const Node& item) { return reader.regex(item); });
}

const std::vector<Key<ExpectedLog>>& log_keys() {
  static const std::vector<Key<ExpectedLog>> keys{
      {"has",
       "each of these regexes matches in some line",
       [](Reader& reader, const Node& at, ExpectedLog& log) {
         log.has = read_regexes(reader, at).value_or(std::vector<Text>());
       },
       false,
       {},
       shape::list(shape::regex())},
      {"lacks",
       "none of these regexes matches in any line",
       [](Reader& reader, const Node& at, ExpectedLog& log) {
         log.lacks = read_regexes(reader, at).value_or(std::vector<Text>());
       },
       false,
       {},
       shape::list(shape::regex())},
  };
  return keys;
}

std::optional<ExpectedLog> read_log(Reader& reader, const Node& at) {
  ExpectedLog log;
  const auto before = reader.diagnostics().size();
  if (!read_keys(reader, at, "a mapping {has: [regex], lacks: [regex]}", log_keys(), log)) return std::nullopt;
  if (!log.has.empty() || !log.lacks.empty()) return log;
  if (reader.diagnostics().size() == before) reader.report(codes::k_empty_claim, at, "'log' claims nothing");
  return std::nullopt;
}

/// A key whose value is a claim of type T.
template <class T>
Key<Expectations> claim_key(std::string_view doc,
                            std::optional<Claim<T>> Expectations::*member,
                            Form<T> form,
                            Shape value = {},
                            std::string_view otherwise = {}) {
  auto shape =
      value.kind == Shape::Kind::none ? Shape{} : shape::alternatives(std::move(value), form.value_keys, facts_shape());
  return {form.name,
          doc,
          [member, form](Reader& reader, const Node& at, Expectations& expect) {
            read_claim(reader, at, form, expect.*member);
          },
          false,
          {},
          std::move(shape),
          otherwise};
}

const std::vector<Key<Expectations>>& keys() {
  static const std::vector<Key<Expectations>> all{
      claim_key<StepSet>("the **exact** set of executed steps; `all` means every step that the target needs",
                         &Expectations::rebuilt,
                         {"rebuilt", read_step_set, {"steps", "value"}},
                         shape::one_of({shape::choice({"all", "none"}), shape::list(shape::step())})),
      claim_key<std::vector<StepReference>>("steps that a cache answers",
                                            &Expectations::cached,
                                            {"cached", read_some_steps, {"value"}},
                                            shape::filled(shape::list(shape::step()))),
      claim_key<std::vector<StepReference>>("steps that nobody asks for",
                                            &Expectations::unneeded,
                                            {"unneeded", read_some_steps, {"value"}},
                                            shape::filled(shape::list(shape::step()))),
      {"because", "step → the reason why it ran", {}, false, {}, shape::later()},
      claim_key<ExpectedResult>("what came out, read from an export of our own",
                                &Expectations::result,
                                {"result", read_result, {"value"}, true},
                                result_shape()),
      claim_key<Exported>("what the cache export holds",
                          &Expectations::exported,
                          {"exported", read_exported, {"value"}, true},
                          shape::filled(shape::table("exported", exported_keys))),
      claim_key<ExpectedImport>(
          "how the cache imports end: `ok` for all of them, or the `error` of one, which fails no build",
          &Expectations::imported,
          {"imported", read_imported, {"value"}, true},
          shape::one_of({shape::choice({"ok"}), shape::table("imported", imported_keys)})),
      {"traffic", "what went over the wire", {}, false, {}, shape::later()},
      claim_key<ExpectedStatus>("how the build ends",
                                &Expectations::status,
                                {"status", read_status, {"value"}, true},
                                shape::one_of({shape::choice({"ok"}), shape::table("status", status_keys)}),
                                "`ok`"),
      claim_key<std::vector<Text>>("the exact list of BuildKit's warnings, as regexes",
                                   &Expectations::warnings,
                                   {"warnings", read_regexes, {"value"}},
                                   shape::list(shape::regex())),
      claim_key<ExpectedLog>("what the client prints, line by line",
                             &Expectations::log,
                             {"log", read_log, {"value"}, true},
                             shape::filled(shape::table("log", log_keys))),
  };
  return all;
}

} // namespace

Shape expect_shape() {
  return shape::table("expect", keys);
}

void read_expect(Reader& reader, const Node& at, Expectations& expect) {
  read_keys(reader, at, "a mapping of expectations", keys(), expect);
}

} // namespace cacheproof::scenario
