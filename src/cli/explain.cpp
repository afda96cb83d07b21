#include "cli/commands.hpp"
#include "cli/explanations.hpp"
#include "cli/scenarios.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace cacheproof::cli {
namespace {

std::vector<Explanation> all() {
  auto both = explanations_of_files();
  both.insert(both.end(), explanations_of_builds().begin(), explanations_of_builds().end());
  return both;
}

std::string indented(std::string_view text) {
  std::string lines;
  for (const auto& line : util::lines(text)) lines += line.empty() ? "\n" : "    " + line + "\n";
  return util::to_utf8(lines);
}

/// An example with its file's name where that is the point.
std::string example(std::string_view title, std::string_view file, std::string_view text) {
  const std::string name = file == "example.yaml" ? "" : fmt::format(" ({})", file);
  return fmt::format("\n{}{}:\n\n{}", title, name, text.empty() ? "    (there is no such file)\n" : indented(text));
}

int explain(const std::string& wanted) {
  const auto known = all();
  if (wanted.empty()) {
    for (const auto& each : known) std::cout << each.code << "  " << each.name << '\n';
    return 0;
  }
  const auto found = std::find_if(known.begin(), known.end(), [&](const auto& each) {
    return util::lower(wanted) == util::lower(each.code) || wanted == each.name;
  });
  if (found == known.end()) {
    std::vector<std::string> names;
    for (const auto& each : known) names.insert(names.end(), {std::string(each.code), std::string(each.name)});
    const auto near = util::nearest(wanted, names);
    return report_error({util::Blame::usage,
                         fmt::format("there is no diagnostic '{}'", wanted),
                         {},
                         near ? fmt::format("did you mean '{}'?", *near) : "`cacheproof explain` lists all of them"});
  }
  std::cout << fmt::format("{} {}\n\n{}\n", found->code, found->name, found->text);
  if (found->good.empty()) return 0;
  std::cout << example("Bad", found->bad_file, found->bad) << example("Good", found->good_file, found->good);
  return 0;
}

} // namespace

void add_explain(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("explain", "Tell what a diagnostic means, with a bad and a good example");
  auto wanted = std::make_shared<std::string>();
  command->add_option("CODE", *wanted, "A code or a name (default: list all of them)");
  command->footer("\nExample:\n  cacheproof explain CP0102\n");
  command->callback([&session, wanted] { session.action = [wanted] { return explain(*wanted); }; });
}

} // namespace cacheproof::cli
