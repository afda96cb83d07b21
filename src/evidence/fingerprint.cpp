#include "evidence/fingerprint.hpp"

#include "evidence/json.hpp"

namespace cacheproof::evidence {
namespace {

nlohmann::json to_json_value(const FileState& state) {
  return {{"type", state.type},
          {"mode", state.mode},
          {"uid", state.uid},
          {"gid", state.gid},
          {"size", state.size},
          {"mtime", state.mtime},
          {"link", text(state.link)},
          {"sha256", state.sha256}};
}

} // namespace

void to_json(nlohmann::json& json, const Fingerprint& fingerprint) {
  json = nlohmann::json::object();
  for (const auto& [path, state] : fingerprint.files) json[text(path)] = to_json_value(state);
}

std::vector<std::string> differing_paths(const Fingerprint& left, const Fingerprint& right) {
  std::vector<std::string> paths;
  auto a = left.files.begin();
  auto b = right.files.begin();
  while (a != left.files.end() || b != right.files.end()) {
    const bool only_left = b == right.files.end() || (a != left.files.end() && a->first < b->first);
    const bool only_right = !only_left && (a == left.files.end() || b->first < a->first);
    if (only_left)
      paths.push_back((a++)->first);
    else if (only_right)
      paths.push_back((b++)->first);
    else if (const auto here = a++, there = b++; here->second != there->second)
      paths.push_back(here->first);
  }
  return paths;
}

void append_json(std::string& to, const Fingerprint& fingerprint) {
  append_lines(to, fingerprint.files, [](const FileState& state) { return to_json_value(state); });
}

void from_json(const nlohmann::json& json, Fingerprint& fingerprint) {
  fingerprint = {};
  for (const auto& [path, state] : json.items())
    fingerprint.files[path] = {state.at("type").get<std::string>(),
                               state.at("mode").get<unsigned>(),
                               state.at("uid").get<unsigned>(),
                               state.at("gid").get<unsigned>(),
                               state.at("size").get<std::uint64_t>(),
                               state.at("mtime").get<std::int64_t>(),
                               state.at("link").get<std::string>(),
                               state.at("sha256").get<std::string>()};
}

} // namespace cacheproof::evidence
