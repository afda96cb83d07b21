#include "scenario/shape.hpp"

#include <algorithm>

namespace cacheproof::scenario::shape {
namespace {

Shape plain(Shape::Kind kind) {
  Shape shape;
  shape.kind = kind;
  return shape;
}

Shape around(Shape::Kind kind, Shape inner) {
  auto shape = plain(kind);
  shape.of.push_back(std::move(inner));
  return shape;
}

} // namespace

Shape later() {
  return plain(Shape::Kind::later);
}
Shape text(std::string_view pattern) {
  auto shape = plain(Shape::Kind::text);
  shape.pattern = pattern;
  return shape;
}
Shape path() {
  return plain(Shape::Kind::path);
}
Shape boolean() {
  return plain(Shape::Kind::boolean);
}
Shape number(std::uint64_t least, std::uint64_t most) {
  auto shape = plain(Shape::Kind::number);
  shape.least = least;
  shape.most = most;
  return shape;
}
Shape comparison() {
  return plain(Shape::Kind::comparison);
}
Shape duration() {
  return plain(Shape::Kind::duration);
}
Shape time() {
  return plain(Shape::Kind::time);
}
Shape mode() {
  return plain(Shape::Kind::mode);
}
Shape regex() {
  return plain(Shape::Kind::regex);
}
Shape share() {
  return text("^ *(<=|>=|<|>)? *(0|1|[01]?\\.[0-9]+) *$");
}
Shape step() {
  return plain(Shape::Kind::step);
}
Shape version() {
  return plain(Shape::Kind::version);
}
Shape choice(std::vector<std::string_view> words) {
  auto shape = plain(Shape::Kind::choice);
  shape.words = std::move(words);
  return shape;
}
Shape list(Shape item) {
  return around(Shape::Kind::list, std::move(item));
}
Shape names(Shape value, std::string_view pattern) {
  auto shape = around(Shape::Kind::names, std::move(value));
  shape.pattern = pattern;
  return shape;
}
Shape one_of(std::vector<Shape> shapes) {
  auto shape = plain(Shape::Kind::one_of);
  shape.of = std::move(shapes);
  return shape;
}
Shape conditions(Shape facts) {
  return around(Shape::Kind::conditions, std::move(facts));
}
Shape alternatives(Shape value, std::vector<std::string_view> value_keys, Shape facts) {
  auto shape = around(Shape::Kind::alternatives, std::move(value));
  shape.of.push_back(conditions(std::move(facts)));
  shape.words = std::move(value_keys);
  return shape;
}
Shape filled(Shape shape) {
  shape.filled = true;
  return shape;
}

} // namespace cacheproof::scenario::shape

namespace cacheproof::scenario {
namespace {

using Tables = std::vector<std::pair<std::string, std::vector<KeyFacts>>>;

void collect(const Shape& shape, Tables& tables) {
  const bool known =
      std::any_of(tables.begin(), tables.end(), [&](const auto& one) { return one.first == shape.name; });
  if (shape.kind == Shape::Kind::table && !known) {
    const auto keys = shape.keys();
    tables.emplace_back(shape.name, keys);
    for (const auto& key : keys) collect(*key.shape, tables);
  }
  for (const auto& inner : shape.of) collect(inner, tables);
}

} // namespace

std::vector<std::pair<std::string, std::vector<KeyFacts>>> tables() {
  Tables all;
  collect(language(), all);
  return all;
}

} // namespace cacheproof::scenario
