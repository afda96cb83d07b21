#include "scenario/command_line.hpp"

#include <fmt/format.h>
#include <yaml-cpp/emitter.h>

// A command line in the words of the language.
namespace cacheproof::scenario {
namespace {

void emit(YAML::Emitter& out, const Node& node) {
  switch (node.kind) {
  case Node::Kind::null:
    out << YAML::Null;
    return;
  case Node::Kind::scalar:
    out << node.text;
    return;
  case Node::Kind::sequence:
    out << YAML::Flow << YAML::BeginSeq;
    for (const auto& child : node.children) emit(out, child);
    out << YAML::EndSeq;
    return;
  case Node::Kind::map:
    out << YAML::Flow << YAML::BeginMap;
    for (std::size_t i = 0; i < node.entries(); ++i) {
      out << YAML::Key << node.key(i).text << YAML::Value;
      emit(out, node.value(i));
    }
    out << YAML::EndMap;
    return;
  }
}

} // namespace

std::string CommandLine::to_yaml() const {
  std::string all;
  for (std::size_t i = 0; i < keys.entries(); ++i) {
    YAML::Emitter value;
    emit(value, keys.value(i));
    all += fmt::format("{}: {}\n", keys.key(i).text, value.c_str());
  }
  return all;
}

} // namespace cacheproof::scenario
