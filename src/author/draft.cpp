#include "author/draft.hpp"

#include "author/yaml_text.hpp"
#include "dockerfile/names.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace cacheproof::author {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 5> k_names{
    "edit-one-file", "ci-to-laptop", "two-versions", "min-vs-max", "false-hit"};

constexpr std::string_view k_ref = "type=registry,ref=${registry}/app:cache";

std::string in_quotes(std::string_view text) {
  return nlohmann::json(text).dump();
}

/// The command in lines of at most about 110 columns; a flag and its value stay together where they can.
std::string folded(const std::vector<std::string>& words) {
  std::string text = "build: >-";
  std::size_t column = 200;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool has_value = words[i].starts_with("-") && i + 1 < words.size();
    const auto needs = words[i].size() + (has_value ? words[i + 1].size() : 0);
    const bool breaks = column + needs > 110 || (words[i].starts_with("--") && column > 60);
    text += breaks ? "\n  " : " ";
    column = (breaks ? 2 : column + 1) + words[i].size();
    text += words[i];
  }
  return text + "\n";
}

/// `# steps: app 2-4, …` in lines of at most about 110 columns.
std::string steps_line(const std::vector<std::string>& steps) {
  std::string text = "# steps:";
  std::size_t column = text.size();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const bool breaks = column + steps[i].size() > 110;
    text += breaks ? "\n#        " : " ";
    column = (breaks ? 9 : column + 1) + steps[i].size() + 1;
    text += steps[i] + (i + 1 < steps.size() ? "," : "");
  }
  return text;
}

class Writer {
public:
  explicit Writer(const Draft& draft)
      : draft_(draft) {}

  std::string write() {
    line("# Played by `cacheproof run FILE`. `cacheproof run --accept FILE` writes exactly what was seen into "
         "`expect`.");
    line("title: " + yaml_word(title()));
    line(fmt::format("{:<21} # a folder of this repository; edits act on a copy of it",
                     "context: " + yaml_word(draft_.context)));
    setup();
    if (draft_.kind == Template::min_vs_max) line("matrix:\n  mode: [min, max]    # each is a case of its own");
    build();
    line("");
    if (!draft_.steps.empty()) line(steps_line(draft_.steps));
    rounds();
    return std::move(text_);
  }

private:
  void line(std::string_view text) { text_.append(text).append("\n"); }

  std::string edited() const { return draft_.edit ? "Editing " + draft_.edit->path : "A build of the same sources"; }

  std::string title() const {
    switch (draft_.kind) {
    case Template::edit_one_file:
      return edited()
             + (draft_.edit && !draft_.edit->step.empty() ? " does not run \"" + draft_.edit->step + "\" again"
                : draft_.edit                             ? " rebuilds what has to be"
                                                          : " rebuilds nothing");
    case Template::ci_to_laptop:
      return "A laptop finds everything in the cache that continuous integration exported";
    case Template::two_versions:
      return fmt::format(
          "BuildKit {} finds everything in the cache that {} exported", draft_.versions.at(1), draft_.versions.at(0));
    case Template::min_vs_max:
      return edited() + " costs what the mode of the export says";
    case Template::false_hit:
      return "What comes out of the cache is what a clean build makes";
    }
    return {};
  }

  /// Whether one daemon serves all rounds, as on a machine of one's own: its own cache is what is tested.
  bool is_kept() const {
    return draft_.kind == Template::false_hit
           || (draft_.kind == Template::edit_one_file && !draft_.line.empty() && !draft_.has_caches);
  }

  void setup() {
    std::string all;
    if (is_kept())
      all += "  builder: kept       # one daemon for all rounds; without this line each has a new, empty one\n";
    const std::string named = "  builder:            # by the names that rounds use; each keeps its own cache\n";
    if (draft_.kind == Template::ci_to_laptop) all += named + "    ci: {}\n    laptop: {}\n";
    if (draft_.kind == Template::two_versions)
      all += fmt::format("{}    old: {{buildkit: {}}}\n    new: {{buildkit: {}}}\n",
                         named,
                         draft_.versions.at(0),
                         draft_.versions.at(1));
    if (!draft_.images.empty()) {
      all += "  images:             # upstream: pulled through a mirror; busybox: a small base that is served here\n";
      for (const auto& image : draft_.images) {
        const auto name = image.substr(image.rfind('/') + 1);
        const bool served = name.substr(0, name.find_first_of(":@")) == "busybox";
        all += fmt::format("    {}: {}\n", yaml_word(image), served ? "busybox" : "upstream");
      }
    }
    if (!all.empty()) text_ += "setup:\n" + all;
  }

  bool exports() const { return draft_.kind != Template::false_hit; }

  void build() {
    if (!draft_.line.empty()) text_ += folded(draft_.line);
    // A line's own caches stay, but for a template that is about their mode.
    if (!draft_.line.empty() || !exports()) return;
    line("build:                # defaults of every round");
    line("  cache_to:   [" + in_quotes(cache_to()) + "]");
    line("  cache_from: [" + in_quotes(k_ref) + "]");
  }

  std::string cache_to() const {
    return fmt::format("{},mode={}", k_ref, draft_.kind == Template::min_vs_max ? "${mode}" : "max");
  }

  /// What a round says of its caches.
  std::string caches(bool to) const {
    const bool own = draft_.line.empty() || (draft_.has_caches && draft_.kind != Template::min_vs_max);
    if (own) return to ? "" : "    build: {cache_to: []}   # imports only\n";
    return fmt::format("    build:\n      cache_to: [{}]\n      cache_from: [{}]\n",
                       to ? in_quotes(cache_to()) : "",
                       in_quotes(k_ref));
  }

  void rounds() {
    const bool named = draft_.kind == Template::ci_to_laptop || draft_.kind == Template::two_versions;
    line(is_kept() || named ? "rounds:" : "rounds:               # each on a new, empty daemon; the registry stays");
    switch (draft_.kind) {
    case Template::edit_one_file:
      round("first build", "", "{rebuilt: all}");
      return edit("", spared());
    case Template::ci_to_laptop:
      round("continuous integration", "    builder: ci\n" + caches(true), "{rebuilt: all}");
      round("a laptop", "    builder: laptop\n" + caches(false), "{rebuilt: none}");
      return edit("    builder: laptop\n" + caches(false), spared());
    case Template::two_versions:
      round("the old version exports", "    builder: old\n" + caches(true), "{rebuilt: all}");
      return round("the new version imports", "    builder: new\n" + caches(false), "{rebuilt: none}");
    case Template::min_vs_max:
      round("first build", caches(true), "{rebuilt: all}");
      return edit(caches(true), "");
    case Template::false_hit:
      round("first build", "", "{rebuilt: all, result: {same_as_clean_build: true}}");
      return edit("", "{result: {same_as_clean_build: true}}");
    }
  }

  std::string spared() const {
    return draft_.edit && !draft_.edit->step.empty() ? "{cached: " + yaml_list({draft_.edit->step}) + "}" : "";
  }

  void round(const std::string& name, const std::string& build, const std::string& expect) {
    text_ += "  - name: " + name + "\n" + build;
    if (!expect.empty()) text_ += "    expect: " + expect + "\n";
  }

  void edit(const std::string& build, const std::string& expect) {
    if (!draft_.edit) {
      line("  # No step copies a file of the project: this is a control, and an `edit` makes it a claim.");
      return round("nothing edited", build, expect.empty() ? "{rebuilt: none}" : expect);
    }
    const auto& [path, text, step] = *draft_.edit;
    line("  - name: " + yaml_word(path + " edited"));
    line("    edit:");
    line(fmt::format("      - append: {{path: {}, text: {}}}", yaml_word(path), in_quotes(text)));
    text_ += build;
    if (!expect.empty())
      line("    expect: " + expect);
    else
      line("    # expect: `cacheproof run --accept FILE` writes what is rebuilt");
  }

  const Draft& draft_;
  std::string text_;
};

} // namespace

std::span<const std::string_view> template_names() {
  return k_names;
}

std::optional<Template> template_named(std::string_view name) {
  const auto found = std::find(k_names.begin(), k_names.end(), name);
  if (found == k_names.end()) return std::nullopt;
  return static_cast<Template>(found - k_names.begin());
}

std::vector<std::string> steps_of(const dockerfile::File& dockerfile, int target) {
  std::map<int, std::pair<int, int>> ranges; // stage → its first and last step
  for (const auto& step : dockerfile::named_steps(dockerfile, target)) {
    if (step.instruction->keyword == "FROM") continue; // claims leave it out
    const auto number = step.instruction->number;
    ranges.try_emplace(step.stage, number, number).first->second.second = number;
  }
  std::vector<std::string> steps;
  for (const auto& [stage, range] : ranges) {
    const auto& name = dockerfile.stages[static_cast<std::size_t>(stage)].name;
    const auto [first, last] = range;
    steps.push_back(first == last ? fmt::format("{} {}", name, first) : fmt::format("{} {}-{}", name, first, last));
  }
  const auto needed = dockerfile.reachable(target);
  for (const auto& stage : dockerfile.stages)
    if (!needed.contains(stage.index)) steps.push_back(stage.name + " is not needed");
  return steps;
}

std::string file_name(Template kind) {
  auto name = std::string(k_names[static_cast<std::size_t>(kind)]);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string to_yaml(const Draft& draft) {
  return Writer(draft).write();
}

} // namespace cacheproof::author
