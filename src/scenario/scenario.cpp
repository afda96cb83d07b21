#include "scenario/scenario.hpp"

#include <algorithm>
#include <string_view>

namespace cacheproof::scenario {

BuildSpec merge(const BuildSpec& base, const BuildSpec& over) {
  BuildSpec merged = base;
  if (over.dockerfile) merged.dockerfile = over.dockerfile;
  if (over.target) merged.target = over.target;
  for (const auto& arg : over.args) {
    const auto same =
        std::find_if(merged.args.begin(), merged.args.end(), [&](const auto& each) { return each.first == arg.first; });
    if (same == merged.args.end())
      merged.args.push_back(arg);
    else
      same->second = arg.second;
  }
  if (over.cache_from) merged.cache_from = over.cache_from;
  if (over.cache_to) merged.cache_to = over.cache_to;
  if (over.no_cache) merged.no_cache = over.no_cache;
  return merged;
}

bool matches(const When& when, const Cell& cell) {
  return std::all_of(when.begin(), when.end(), [&](const auto& condition) {
    const auto& [dimension, values] = condition;
    return std::any_of(cell.begin(), cell.end(), [&](const auto& coordinate) {
      return coordinate.first == dimension
             && std::find(values.begin(), values.end(), coordinate.second) != values.end();
    });
  });
}

bool Comparison::holds(std::uint64_t observed) const {
  switch (op) {
  case Op::equal:
    return observed == number;
  case Op::less:
    return observed < number;
  case Op::less_equal:
    return observed <= number;
  case Op::greater:
    return observed > number;
  case Op::greater_equal:
    return observed >= number;
  }
  return false;
}

std::string Comparison::to_text() const {
  const auto sign = [&]() -> std::string_view {
    switch (op) {
    case Op::equal:
      return "";
    case Op::less:
      return "< ";
    case Op::less_equal:
      return "<= ";
    case Op::greater:
      return "> ";
    case Op::greater_equal:
      return ">= ";
    }
    return "";
  };
  return std::string(sign()) + std::to_string(number);
}

std::vector<Cell> cells(const Scenario& scenario) {
  std::vector<Cell> all{{}};
  for (const auto& [dimension, values] : scenario.matrix) {
    std::vector<Cell> longer;
    for (const auto& cell : all)
      for (const auto& value : values) {
        longer.push_back(cell);
        longer.back().emplace_back(dimension, value);
      }
    all = std::move(longer);
  }
  return all;
}

std::string expand(std::string_view text, const std::map<std::string, std::string>& variables) {
  std::string expanded;
  while (!text.empty()) {
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
      expanded += text.front();
      text.remove_prefix(1);
    }
  }
  return expanded;
}

} // namespace cacheproof::scenario
