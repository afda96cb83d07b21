#include "scenario/reader.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

// Several builds at once: `parallel` of a round.
namespace cacheproof::scenario {
namespace {

const std::vector<Key<Barrier>>& barrier_keys() {
  static const std::vector<Key<Barrier>> keys{
      {"build",
       "the name of another build of this round",
       [](Reader& reader, const Node& at, Barrier& barrier) {
         if (auto name = reader.word(at)) barrier.build = {std::move(*name), reader.spot(at)};
       },
       true,
       {},
       shape::text(k_plain_name)},
      {"event",
       "what is waited for, of the build or of its `step`",
       [](Reader& reader, const Node& at, Barrier& barrier) {
         if (at.is_scalar() && at.text == "finished")
           barrier.event = Barrier::Event::finished;
         else if (!at.is_scalar() || at.text != "started")
           reader.wrong_type(at, "'started' or 'finished'");
       },
       true,
       {},
       shape::choice({"started", "finished"})},
      {"step",
       "a step of that build",
       [](Reader& reader, const Node& at, Barrier& barrier) { barrier.step = reader.step(at); },
       false,
       {},
       shape::step(),
       "the build itself"},
  };
  return keys;
}

void read_name(Reader& reader, const Node& at, Round& entry) {
  auto name = reader.word(at);
  if (!name) return;
  if (!is_plain_name(*name))
    return reader.report(codes::k_wrong_value, at, "a name here is a word of letters, digits, '_' and '-'");
  entry.entry = std::move(*name);
}

const std::vector<Key<Round>>& entry_keys() {
  static const std::vector<Key<Round>> keys{
      {"name", "by which `after` and the output call it", read_name, true, {}, shape::text(k_plain_name)},
      {"build",
       "overrides the scenario's build",
       [](Reader& reader, const Node& at, Round& entry) { read_build(reader, at, entry.build); },
       false,
       "build",
       build_shape()},
      {"run", "a command line that starts builds", read_run, false, "build", shape::text("\\S")},
      {"builder",
       "which of the builders that `setup.builder` names",
       read_builder,
       false,
       {},
       shape::text(),
       "the round's"},
      {"after",
       "what it waits for before it begins",
       [](Reader& reader, const Node& at, Round& entry) {
         Barrier barrier;
         if (read_keys(reader, at, "a mapping for 'after'", barrier_keys(), barrier)) entry.after = std::move(barrier);
       },
       false,
       {},
       shape::table("after", barrier_keys),
       "it begins at once"},
      {"cancel",
       "`when_others_finish` ends a build that only holds something: it is not judged",
       [](Reader& reader, const Node& at, Round& entry) {
         entry.cancel = at.is_scalar() && at.text == "when_others_finish";
         if (!entry.cancel) reader.wrong_type(at, "'when_others_finish'");
       },
       false,
       "judged",
       shape::choice({"when_others_finish"})},
      {"expect",
       "the claims",
       [](Reader& reader, const Node& at, Round& entry) { read_expect(reader, at, entry.expect); },
       false,
       "judged",
       expect_shape(),
       "the build succeeds"},
      {"known_issue",
       "how it is known to misbehave",
       [](Reader& reader, const Node& at, Round& entry) { read_known_issue(reader, at, entry.known_issue); },
       false,
       {},
       known_issue_shape()},
  };
  return keys;
}

/// The place in `entries` of the one of that name; their number without one.
std::size_t find(const std::vector<Round>& entries, std::string_view name) {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& one) { return one.entry == name; });
  return static_cast<std::size_t>(found - entries.begin());
}

/// What the barriers wait for is there, and comes.
void check_barriers(Reader& reader, const std::vector<Round>& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries)
    if (!entry.entry.empty() && std::find(names.begin(), names.end(), entry.entry) == names.end())
      names.push_back(entry.entry);
  const auto report = [&](const Round& entry, const Code& code, std::string message, std::string hint = {}) {
    reader.report_text(code, entry.after->build, std::move(message), std::move(hint));
  };
  const auto awaited_by = [&](std::size_t i) {
    return entries[i].after ? find(entries, entries[i].after->build.value) : entries.size();
  };
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    if (!entry.after || entry.after->build.value.empty()) continue;
    const auto& name = entry.after->build.value;
    const auto awaited = awaited_by(i);
    if (awaited == entries.size()) {
      report(entry,
             codes::k_unknown_build,
             fmt::format("this round has no build '{}'", name),
             did_you_mean(name, names, "its builds are " + util::join(names, ", ")));
      continue;
    }
    if (entries[awaited].run && entry.after->step)
      report(entry,
             codes::k_wrong_value,
             fmt::format("'{}' is a command line: which steps its builds have is told when they are over", name),
             "wait for the build itself: leave 'step' out");
    if (entries[awaited].cancel && entry.after->event == Barrier::Event::finished && !entry.after->step
        && !entry.cancel)
      report(entry,
             codes::k_endless_wait,
             fmt::format(
                 "'{}' is cancelled when the others have finished, so '{}' would wait for itself", name, entry.entry));
    // Everyone waits for one build at most, so a circle is met again by going on; it is told once, at its first member.
    std::vector<std::string> circle{entry.entry};
    auto at = awaited;
    for (; at > i && at < entries.size() && circle.size() <= entries.size(); at = awaited_by(at))
      circle.push_back(entries[at].entry);
    if (at != i) continue;
    circle.push_back(entry.entry);
    report(entry, codes::k_endless_wait, "builds that wait for each other never begin: " + util::join(circle, " → "));
  }
}

} // namespace

Shape parallel_shape() {
  return shape::filled(shape::list(shape::table("parallel", entry_keys)));
}

void read_parallel(Reader& reader, const Node& at, Round& round) {
  if (!at.is_sequence() || at.children.empty()) return reader.wrong_type(at, "a list of builds");
  for (const auto& item : at.children) {
    Round entry;
    entry.name = round.name;
    entry.spot = reader.spot(item);
    read_keys(reader, item, "a build of 'parallel'", entry_keys(), entry);
    if (const auto* issue = item.find("known_issue"); issue && entry.cancel)
      reader.report(codes::k_exclusive_keys, *issue, "a build that is cancelled is not judged");
    if (const auto twin = find(round.parallel, entry.entry); !entry.entry.empty() && twin < round.parallel.size())
      reader.report(
          codes::k_wrong_value,
          *item.find("name"),
          fmt::format("'{}' is the name of the build in line {}", entry.entry, round.parallel[twin].spot.line));
    round.parallel.push_back(std::move(entry));
  }
  if (std::all_of(round.parallel.begin(), round.parallel.end(), [](const Round& one) { return one.cancel; }))
    reader.report(codes::k_endless_wait, at, "one build at least has to finish by itself");
  check_barriers(reader, round.parallel);
}

} // namespace cacheproof::scenario
