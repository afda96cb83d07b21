#include "scenario/reader.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <utility>

// The story: the rounds of a scenario.
namespace cacheproof::scenario {
namespace {

const std::vector<Key<Round>>& round_keys() {
  static const std::vector<Key<Round>> keys{
      {"name",
       "shown in output",
       [](Reader& reader, const Node& at, Round& round) { round.name = reader.word(at).value_or(round.name); },
       false,
       {},
       shape::text(),
       "`round N`"},
      {"edit",
       "changes of the context, in order",
       [](Reader& reader, const Node& at, Round& round) { read_edits(reader, at, round.edits); },
       false,
       {},
       edits_shape()},
      {"action",
       "changes of the world, in order, after the edits",
       [](Reader& reader, const Node& at, Round& round) { read_actions(reader, at, round.actions); },
       false,
       {},
       actions_shape()},
      {"builder",
       "which of the builders that `setup.builder` names; where it names one, that",
       read_builder,
       false,
       {},
       shape::text()},
      {"build",
       "overrides the scenario's build",
       [](Reader& reader, const Node& at, Round& round) { read_build(reader, at, round.build); },
       false,
       "build",
       build_shape()},
      {"run", "a command line that starts builds", read_run, false, "build", shape::text("\\S")},
      {"parallel", "several builds at once", read_parallel, false, "build", parallel_shape()},
      {"expect",
       "the claims",
       [](Reader& reader, const Node& at, Round& round) { read_expect(reader, at, round.expect); },
       false,
       {},
       expect_shape(),
       "the build succeeds"},
      {"known_issue",
       "how it is known to misbehave",
       [](Reader& reader, const Node& at, Round& round) { read_known_issue(reader, at, round.known_issue); },
       false,
       {},
       known_issue_shape()},
  };
  return keys;
}

/// Nobody tells where a command line exports its cache to, nor what all goes into the build that it starts.
void check_claims_of_run(Reader& reader, const Expectations& expect) {
  if (expect.result)
    reader.report_at(codes::k_wrong_value,
                     expect.result->spot,
                     "'result' cannot be claimed of a command line",
                     "what its build was given is not told, so nobody can export that again or build it without a "
                     "cache: write the build as 'build' for that");
  if (!expect.exported) return;
  for (const auto& one : expect.exported->alternatives)
    if (!one.value.of)
      reader.report_at(codes::k_missing_key,
                       one.spot,
                       "of a command line 'exported' needs 'of', the cache that is meant",
                       "write e.g. {of: app:cache, layers: 3}: what lies there in ${registry} after the command");
}

} // namespace

void read_run(Reader& reader, const Node& at, Round& round) {
  auto line = reader.text(at, "a command line");
  if (line && util::trim(line->value).empty()) return reader.wrong_type(at, "a command line");
  round.run = std::move(line);
}

void read_builder(Reader& reader, const Node& at, Round& round) {
  if (auto name = reader.word(at, "the name of a builder")) round.builder = {std::move(*name), reader.spot(at)};
}

Shape rounds_shape() {
  return shape::filled(shape::list(shape::table("round", round_keys)));
}

void read_rounds(Reader& reader, const Node& at, Scenario& scenario) {
  if (!at.is_sequence() || at.children.empty()) return reader.wrong_type(at, "a list of at least one round");
  for (const auto& item : at.children) {
    Round round;
    round.name = fmt::format("round {}", scenario.rounds.size() + 1);
    round.spot = reader.spot(item);
    read_keys(reader, item, "a round", round_keys(), round);
    for (const auto& build : builds_of(round)) {
      if (!build.run) continue;
      check_claims_of_run(reader, build.expect);
      if (build.known_issue) check_claims_of_run(reader, build.known_issue->expect);
    }
    for (auto& build : round.parallel)
      if (!build.builder) build.builder = round.builder;
    for (const auto* key : {"expect", "known_issue"})
      if (const auto* claim = item.find(key); claim && !round.parallel.empty())
        reader.report(codes::k_exclusive_keys,
                      *claim,
                      fmt::format("'{}' of a round with 'parallel' stands with each of its builds", key));
    scenario.rounds.push_back(std::move(round));
  }
}

} // namespace cacheproof::scenario
