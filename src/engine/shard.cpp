#include "engine/shard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

namespace cacheproof::engine {
namespace {

using evidence::Nanoseconds;

/// Scenario and cell: what is the same on every version and through every driver. A cell may have an `@`.
std::string_view without_version(std::string_view id) {
  const auto cell_end = id.rfind(']');
  return id.substr(0, id.find('@', cell_end == id.npos ? 0 : cell_end));
}

/// Of a case, or the longest of its like.
std::optional<Nanoseconds> known(const std::string& id, const Durations& durations) {
  if (const auto own = durations.find(id); own != durations.end()) return own->second;
  std::optional<Nanoseconds> longest;
  const auto what = without_version(id);
  for (auto like = durations.lower_bound(std::string(what)); like != durations.end() && like->first.starts_with(what);
       ++like)
    if (without_version(like->first) == what) longest = std::max(longest.value_or(0), like->second);
  return longest;
}

/// FNV-1a, which is the same on every machine.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325U;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return value;
}

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

} // namespace

util::Result<Shard> parse_shard(std::string_view text) {
  const auto slash = text.find('/');
  const auto first = number(text.substr(0, slash));
  const auto all = slash == text.npos ? std::nullopt : number(text.substr(slash + 1));
  if (first && all && *first >= 1 && *first <= *all && *all <= k_most_shards) return Shard{*first, *all};
  return util::failure(fmt::format("--shard={} is no part of a run", text), {}, "one like 2/3", util::Blame::usage);
}

std::vector<Case> of_shard(const std::vector<Case>& cases, const Shard& shard, const Durations& durations) {
  struct Dealt {
    std::size_t index;
    std::optional<Nanoseconds> length;
    std::size_t shard = 0;
  };
  std::vector<Dealt> all;
  for (std::size_t i = 0; i < cases.size(); ++i) all.push_back({i, known(cases[i].id, durations)});
  std::sort(all.begin(), all.end(), [&](const Dealt& left, const Dealt& right) {
    return left.length != right.length ? left.length > right.length : cases[left.index].id < cases[right.index].id;
  });
  std::vector<Nanoseconds> loads(shard.of);
  for (auto& one : all) {
    if (!one.length) {
      one.shard = hash(cases[one.index].id) % shard.of;
      continue;
    }
    const auto least = std::min_element(loads.begin(), loads.end());
    *least += *one.length;
    one.shard = static_cast<std::size_t>(least - loads.begin());
  }
  std::sort(all.begin(), all.end(), [](const Dealt& left, const Dealt& right) { return left.index < right.index; });
  std::vector<Case> chosen;
  for (const auto& one : all)
    if (one.shard + 1 == shard.number) chosen.push_back(cases[one.index]);
  return chosen;
}

} // namespace cacheproof::engine
