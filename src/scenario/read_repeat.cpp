#include "scenario/reader.hpp"
#include "util/text.hpp"

#include <utility>

// A story that is played several times.
namespace cacheproof::scenario {
namespace {

constexpr int k_most_times = 1000;

const std::vector<Key<Repeat>>& repeat_keys() {
  static const std::vector<Key<Repeat>> keys{
      {"times",
       "how often",
       [](Reader& reader, const Node& at, Repeat& repeat) {
         const auto times = at.is_scalar() ? util::parse_number<int>(at.text) : std::nullopt;
         if (!times || *times < 2 || *times > k_most_times) return reader.wrong_type(at, "a number from 2 to 1000");
         repeat.times = *times;
       },
       true,
       {},
       shape::number(2, k_most_times)},
      {"fail_rate",
       "the share of plays in which a claim does not hold",
       [](Reader& reader, const Node& at, Repeat& repeat) { repeat.fail_rate = reader.share(at); },
       false,
       {},
       shape::share(),
       "every play holds"},
  };
  return keys;
}

} // namespace

Shape repeat_shape() {
  return shape::table("repeat", repeat_keys);
}

void read_repeat(Reader& reader, const Node& at, Scenario& scenario) {
  Repeat repeat;
  repeat.spot = reader.spot(at);
  if (read_keys(reader, at, "a mapping for 'repeat'", repeat_keys(), repeat)) scenario.repeat = std::move(repeat);
}

void check_rates(Reader& reader, const Scenario& scenario) {
  if (scenario.repeat) return;
  for (const auto& round : scenario.rounds)
    for (const auto& build : builds_of(round))
      if (build.known_issue && build.known_issue->rate)
        reader.report_at(codes::k_missing_key,
                         build.known_issue->spot,
                         "the 'rate' of a known issue is a share of plays: it needs the scenario's 'repeat'");
}

} // namespace cacheproof::scenario
