#include "scenario/read.hpp"

#include "scenario/reader.hpp"
#include "scenario/yaml.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t k_file_size = std::size_t{1} << 20U;

/// Text or a list of texts, as `issue` takes it.
void read_issues(Reader& reader, const Node& at, Scenario& scenario) {
  if (at.is_sequence())
    scenario.issues = reader.words(at, "a list of URLs").value_or(std::vector<std::string>{});
  else if (auto url = reader.word(at, "a URL or a list of URLs"))
    scenario.issues = {std::move(*url)};
}

void read_allow(Reader& reader, const Node& at, Scenario& scenario) {
  if (!at.is_sequence()) return reader.wrong_type(at, "a list of warnings");
  for (const auto& item : at.children) {
    const auto word = reader.word(item);
    if (!word) continue;
    std::vector<std::string> names;
    const Code* known = nullptr;
    for (const auto& code : all_codes()) {
      if (code.severity == util::Severity::warning) names.emplace_back(code.name);
      if (means(*word, code.code, code.name)) known = &code;
    }
    if (!known)
      reader.report(
          codes::k_unknown_diagnostic, item, fmt::format("unknown warning '{}'", *word), did_you_mean(*word, names));
    else if (known->severity == util::Severity::error)
      reader.report(codes::k_unknown_diagnostic, item, fmt::format("'{}' is an error and cannot be allowed", *word));
    else
      scenario.allow.push_back({*word, reader.spot(item)});
  }
}

/// Codes and names, as `allow` takes them.
std::vector<std::string_view> names_of_warnings() {
  std::vector<std::string_view> all;
  for (const auto& code : all_codes())
    if (code.severity == util::Severity::warning) all.insert(all.end(), {code.name, code.code});
  return all;
}

const std::vector<Key<Scenario>>& scenario_keys() {
  static const std::vector<Key<Scenario>> keys{
      // The first: any text may name its dimensions, and keys are read in this order, not in the file's.
      {"matrix",
       "dimension → values, or `buildkit` for every version that is played; every combination is a case",
       [](Reader& reader, const Node& at, Scenario& scenario) {
         read_matrix(reader, at);
         scenario.matrix = reader.matrix;
       },
       false,
       {},
       matrix_shape(),
       "one case"},
      {"title",
       "the claim, one sentence",
       [](Reader& reader, const Node& at, Scenario& scenario) {
         scenario.title = reader.word(at).value_or("");
         if (at.is_scalar() && util::trim(at.text).empty()) reader.wrong_type(at, "one sentence");
       },
       true,
       {},
       shape::text("\\S")},
      {"about",
       "why it matters",
       [](Reader& reader, const Node& at, Scenario& scenario) { scenario.about = reader.word(at).value_or(""); },
       false,
       {},
       shape::text()},
      {"issue",
       "where it is told: a URL or a list of URLs",
       read_issues,
       false,
       {},
       shape::one_of({shape::text(), shape::list(shape::text())})},
      {"tags",
       "words to select by",
       [](Reader& reader, const Node& at, Scenario& scenario) {
         scenario.tags = reader.words(at, "a list of words").value_or(std::vector<std::string>{});
       },
       false,
       {},
       shape::list(shape::text())},
      {"context",
       "a folder of the enclosing repository (without one: at or below the scenario's folder)",
       read_context,
       true,
       "context",
       shape::text("^[^/]")},
      {"files",
       "the context's files, inline (mode 0644, mtime 2020-01-01T00:00:00Z); their texts are never interpolated",
       [](Reader& reader, const Node& at, Scenario& scenario) { scenario.context = read_files(reader, at); },
       false,
       "context",
       files_shape()},
      {"git", "a commit of a git repository", read_git, false, "context", git_shape()},
      {"setup", "the clean state", read_setup, false, {}, setup_shape(), "all fresh"},
      {"build",
       "defaults of every round's build",
       [](Reader& reader, const Node& at, Scenario& scenario) { read_build(reader, at, scenario.build); },
       false,
       {},
       build_shape()},
      {"requires",
       "what a case needs, else it is skipped",
       [](Reader& reader, const Node& at, Scenario& scenario) { scenario.needs = reader.facts(at).value_or(When{}); },
       false,
       {},
       needs_shape(),
       "nothing"},
      {"repeat",
       "how often the story is played, each time on an equal fresh world",
       read_repeat,
       false,
       {},
       repeat_shape(),
       "once"},
      {"timeout",
       "of one build",
       [](Reader& reader, const Node& at, Scenario& scenario) {
         scenario.timeout = reader.duration(at).value_or(scenario.timeout);
       },
       false,
       {},
       shape::duration(),
       "120 s"},
      {"allow",
       "lint warnings that this scenario wants, by code or name",
       read_allow,
       false,
       {},
       shape::list(shape::choice(names_of_warnings())),
       "none"},
      {"rounds", "the story, at least one", read_rounds, true, {}, rounds_shape()},
  };
  return keys;
}

std::string id_of(const fs::path& file) {
  const auto absolute = fs::absolute(file).lexically_normal();
  const auto stem = absolute.parent_path() / absolute.stem();
  fs::path below;
  for (const auto& part : stem) below = part == "scenarios" ? fs::path() : below / part;
  const bool in_scenarios = std::find(stem.begin(), stem.end(), "scenarios") != stem.end();
  return in_scenarios && !below.empty() ? below.string() : absolute.stem().string();
}

void check_checkouts(Reader& reader, const Scenario& scenario) {
  if (std::holds_alternative<GitSource>(scenario.context)) return;
  for (const auto& round : scenario.rounds)
    for (const auto& edit : round.edits)
      if (edit.kind == Edit::Kind::checkout)
        reader.report_at(
            codes::k_wrong_value, edit.spot, "'checkout' needs a git context", "`git: {repository: …, commit: …}`");
}

void check_file_name(Reader& reader, const Scenario& scenario) {
  const auto stem = reader.file().stem().string();
  if (stem.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos) return;
  const bool allowed = std::any_of(scenario.allow.begin(), scenario.allow.end(), [](const auto& each) {
    return means(each.value, codes::k_odd_file_name.code, codes::k_odd_file_name.name);
  });
  if (!allowed)
    reader.report_at(codes::k_odd_file_name,
                     0,
                     0,
                     "the file's name is not snake_case",
                     "it becomes a test's name, in which GoogleTest's filters dislike other signs");
}

/// Says why `text` cannot be YAML at all; false if so.
bool check_text(Reader& reader, std::string_view text) {
  if (text.size() > k_file_size) {
    reader.report_at(codes::k_too_large, 0, 0, "a scenario has at most 1 MiB");
    return false;
  }
  std::size_t bad = 0;
  const bool utf8 = util::is_utf8(text, &bad);
  if (utf8) bad = 0;
  if (utf8) {
    // YAML 1.2, section 5.1; yaml-cpp takes some of them for its own marks.
    // Those behind U+007F begin with 0xC2; U+0085 is a line end.
    const auto control = [&](std::size_t at) {
      const auto byte = static_cast<unsigned char>(text[at]);
      if (byte == 0xC2) {
        const auto next = static_cast<unsigned char>(text[at + 1]);
        return next < 0xA0 && next != 0x85;
      }
      return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
    };
    while (bad < text.size() && !control(bad)) ++bad;
    if (bad == text.size()) return true;
  }
  const auto before = text.substr(0, bad);
  const auto line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
  const auto start = before.rfind('\n');
  const auto column = static_cast<int>(bad - (start == std::string_view::npos ? 0 : start + 1)) + 1;
  reader.report_at(codes::k_not_text,
                   line,
                   column,
                   fmt::format("the byte 0x{:02X} is {}",
                               static_cast<unsigned char>(text[bad]),
                               utf8 ? "a control character" : "not UTF-8"));
  reader.diagnostics().back().source_line.clear(); // a terminal should not get it either
  return false;
}

/// The repository around a file that is a link to one outside of it, whose lines would be shown; empty for any other.
fs::path left_by_link(const fs::path& file) {
  std::error_code error;
  if (!fs::is_symlink(file, error)) return {};
  const auto root = enclosing_repository(fs::weakly_canonical(fs::absolute(file).parent_path(), error));
  const auto end = fs::canonical(file, error);
  return error || !lies_at_or_below(end, root) ? root : fs::path();
}

Reading finish(Reader& reader, std::optional<Scenario> scenario) {
  Reading reading;
  reading.diagnostics = std::move(reader.diagnostics());
  util::sort_by_place(reading.diagnostics);
  reading.command_lines = std::move(reader.command_lines);
  std::stable_sort(reading.command_lines.begin(), reading.command_lines.end(), [](const auto& left, const auto& right) {
    return std::pair(left.spot.line, left.spot.column) < std::pair(right.spot.line, right.spot.column);
  });
  if (!util::any_error(reading.diagnostics)) reading.scenario = std::move(scenario);
  return reading;
}

} // namespace

const Shape& language() {
  static const Shape whole = shape::table("scenario", scenario_keys);
  return whole;
}

Reading read_text(std::string_view text, const fs::path& file, const Versions& versions) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const bool small = text.size() <= k_file_size;
  Reader reader(file, small ? util::lines(text) : std::vector<std::string>{});
  reader.versions = versions;
  if (!check_text(reader, text)) return finish(reader, {});
  const auto root = parse_yaml(text);
  if (!root) {
    const auto& error = root.error();
    const auto& code = error.kind == YamlError::Kind::syntax ? codes::k_yaml_syntax : codes::k_too_large;
    // The end of the file shows best at the end of its last line.
    const auto last = static_cast<int>(reader.lines().size());
    if (last > 0 && error.line > last)
      reader.report_at(code, last, static_cast<int>(reader.lines().back().size()) + 1, error.message);
    else
      reader.report_at(code, error.line, error.column, error.message);
    return finish(reader, {});
  }
  Scenario scenario;
  scenario.file = file;
  scenario.id = id_of(file);
  scenario.source = reader.lines();
  read_keys(reader, *root, "a scenario", scenario_keys(), scenario);
  check_builders(reader, scenario);
  check_frontends(reader, scenario);
  check_actions(reader, scenario);
  check_checkouts(reader, scenario);
  check_rates(reader, scenario);
  check_file_name(reader, scenario);
  check_rounds_named(reader, scenario);
  return finish(reader, std::move(scenario));
}

Reading read(const fs::path& file, const Versions& versions) {
  std::error_code error;
  std::string why;
  if (!fs::exists(file, error))
    why = "there is no such file";
  else if (!fs::is_regular_file(file, error))
    why = "it is not a file";
  else if (const auto root = left_by_link(file); !root.empty())
    why = "it is a link that leads out of " + root.string();
  else if (fs::file_size(file, error) > k_file_size)
    why = "a scenario has at most 1 MiB";
  if (why.empty()) {
    const auto text = util::read_text(file);
    if (text) return read_text(*text, file, versions);
    why = text.error().what;
  }
  Reader reader(file, {});
  reader.report_at(codes::k_unreadable_file, 0, 0, "cannot read the scenario: " + why);
  return finish(reader, {});
}

} // namespace cacheproof::scenario
