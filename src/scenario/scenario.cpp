#include "scenario/scenario.hpp"

#include "util/version.hpp"
#include "util/version_range.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace cacheproof::scenario {
namespace {

template <class Number> bool compare(Comparison::Op op, Number observed, Number bound) {
  switch (op) {
  case Comparison::Op::equal:
    return observed == bound;
  case Comparison::Op::less:
    return observed < bound;
  case Comparison::Op::less_equal:
    return observed <= bound;
  case Comparison::Op::greater:
    return observed > bound;
  case Comparison::Op::greater_equal:
    return observed >= bound;
  }
  return false;
}

std::string_view sign_of(Comparison::Op op) {
  switch (op) {
  case Comparison::Op::equal:
    return "";
  case Comparison::Op::less:
    return "< ";
  case Comparison::Op::less_equal:
    return "<= ";
  case Comparison::Op::greater:
    return "> ";
  case Comparison::Op::greater_equal:
    return ">= ";
  }
  return "";
}

} // namespace

namespace {

template <class Value> void take(std::optional<Value>& value, const std::optional<Value>& over) {
  if (over) value = over;
}

void take(Named& named, const Named& over) {
  for (const auto& one : over) {
    const auto same =
        std::find_if(named.begin(), named.end(), [&](const auto& each) { return each.first == one.first; });
    if (same == named.end())
      named.push_back(one);
    else
      same->second = one.second;
  }
}

} // namespace

BuildSpec merge(const BuildSpec& base, const BuildSpec& over) {
  BuildSpec merged = base;
  if (over.dockerfile) merged.dockerfile_inline.reset();
  if (over.dockerfile_inline) merged.dockerfile.reset();
  const auto each = [&](auto... members) { (take(merged.*members, over.*members), ...); };
  each(&BuildSpec::context,
       &BuildSpec::dockerfile,
       &BuildSpec::dockerfile_inline,
       &BuildSpec::target,
       &BuildSpec::args,
       &BuildSpec::cache_from,
       &BuildSpec::cache_to,
       &BuildSpec::no_cache,
       &BuildSpec::no_cache_filter,
       &BuildSpec::pull,
       &BuildSpec::platforms,
       &BuildSpec::labels,
       &BuildSpec::secrets,
       &BuildSpec::ssh,
       &BuildSpec::additional_contexts,
       &BuildSpec::network,
       &BuildSpec::tags,
       &BuildSpec::shm_size,
       &BuildSpec::ulimits,
       &BuildSpec::extra_hosts,
       &BuildSpec::entitlements,
       &BuildSpec::provenance,
       &BuildSpec::sbom,
       &BuildSpec::output,
       &BuildSpec::frontend,
       &BuildSpec::env,
       &BuildSpec::client_args);
  return merged;
}

Expectations merge_claims(const Expectations& base, const Expectations& over) {
  Expectations merged = base;
  if (over.rebuilt) merged.rebuilt = over.rebuilt;
  if (over.cached) merged.cached = over.cached;
  if (over.unneeded) merged.unneeded = over.unneeded;
  if (over.exported) merged.exported = over.exported;
  if (over.imported) merged.imported = over.imported;
  if (over.status) merged.status = over.status;
  if (over.result) merged.result = over.result;
  if (over.warnings) merged.warnings = over.warnings;
  if (over.log) merged.log = over.log;
  return merged;
}

bool is_version_fact(std::string_view name) {
  return name == "buildkit" || name == "buildx" || name == "docker";
}

bool is_fact(std::string_view name) {
  return is_version_fact(name) || name == "driver" || name == "backend";
}

bool holds(const When::value_type& condition, const World& world) {
  const auto& name = condition.first; // clang 14 captures no bindings
  const auto& values = condition.second;
  const auto fact = std::find_if(world.begin(), world.end(), [&](const auto& each) { return each.first == name; });
  if (fact == world.end()) return false;
  return std::any_of(values.begin(), values.end(), [&](const auto& wanted) {
    const bool is_range = util::VersionRange::looks_like(wanted); // also of a dimension that has versions
    if (!is_version_fact(name) && (wanted == fact->second || !is_range)) return wanted == fact->second;
    const auto version = util::Version::parse(fact->second);
    if (!version) return false;
    if (!is_range) return util::Version::parse(wanted) == version;
    const auto range = util::VersionRange::parse(wanted);
    return range && range->contains(*version);
  });
}

bool matches(const When& when, const World& world) {
  return std::all_of(when.begin(), when.end(), [&](const auto& condition) { return holds(condition, world); });
}

bool Comparison::holds(std::uint64_t observed) const {
  return compare(op, observed, number);
}

std::string Comparison::to_text() const {
  return std::string(sign_of(op)) + std::to_string(number);
}

bool Share::holds(std::uint64_t count, std::uint64_t of) const {
  // Both are the doubles nearest to what is meant, so equal shares are equal doubles: 1 of 5 is 0.2.
  const auto share = static_cast<double>(count) / static_cast<double>(of);
  return of > 0 && compare(op, share, bound);
}

std::string Share::to_text() const {
  return fmt::format("{}{}", sign_of(op), bound);
}

std::span<const Round> builds_of(const Round& round) {
  if (round.parallel.empty()) return {&round, 1};
  return round.parallel;
}

std::vector<Cell> cells(const Scenario& scenario) {
  static const std::vector<std::string> versions{"buildkit"};
  std::vector<Cell> all{{}};
  for (const auto& [dimension, written] : scenario.matrix) {
    const auto& values = written.empty() ? versions : written;
    std::vector<Cell> longer;
    for (auto& cell : all)
      for (std::size_t i = 0; i < values.size(); ++i) {
        longer.push_back(i + 1 < values.size() ? cell : std::move(cell)); // many dimensions of one value stay cheap
        longer.back().emplace_back(dimension, values[i]);
      }
    all = std::move(longer);
  }
  return all;
}

std::string expand(std::string_view text, const std::map<std::string, std::string>& variables) {
  std::string expanded;
  while (!text.empty()) {
    const auto sign = std::min(text.find('$'), text.size());
    expanded += text.substr(0, sign);
    text.remove_prefix(sign);
    if (text.starts_with("$${")) {
      expanded += "${";
      text.remove_prefix(3);
      continue;
    }
    const auto end = text.starts_with("${") ? text.find('}') : std::string_view::npos;
    const auto value =
        end == std::string_view::npos ? variables.end() : variables.find(std::string(text.substr(2, end - 2)));
    if (value != variables.end()) {
      expanded += value->second;
      text.remove_prefix(end + 1);
    } else {
      expanded += text.substr(0, 1);
      text.remove_prefix(std::min<std::size_t>(1, text.size()));
    }
  }
  return expanded;
}

} // namespace cacheproof::scenario
