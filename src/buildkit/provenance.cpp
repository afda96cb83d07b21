#include "buildkit/provenance.hpp"

#include "util/base64.hpp"
#include "util/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace cacheproof::buildkit {
namespace {

using Json = nlohmann::json;

/// The value at a path of keys, null where there is none.
const Json& at(const Json& json, std::initializer_list<const char*> path) {
  static const Json nothing;
  const Json* here = &json;
  for (const char* key : path) {
    if (!here->is_object()) return nothing;
    const auto found = here->find(key);
    if (found == here->end()) return nothing;
    here = &*found;
  }
  return *here;
}

std::string text_of(const Json& json) {
  return json.is_string() ? json.get<std::string>() : std::string();
}

const Json& first_of(const Json& one, const Json& other) {
  return one.is_null() ? other : one;
}

/// `{"op":{"Op":{"exec":{…}},…}}`; without an op it is the end of the graph, whose input is the result.
OpKind kind_of(const Json& definition) {
  const auto& op = at(definition, {"Op"});
  if (!op.is_object() || op.empty()) return OpKind::result;
  const auto name = util::lower(op.begin().key());
  if (name == "source") return OpKind::source;
  if (name == "exec") return OpKind::exec;
  if (name == "file") return OpKind::file;
  if (name == "merge") return OpKind::merge;
  return OpKind::other;
}

std::vector<int> lines_of(const Json& locations) {
  std::vector<int> lines;
  for (const auto& location : at(locations, {"locations"}))
    for (const auto& range : at(location, {"ranges"}))
      if (const auto& line = at(range, {"start", "line"}); line.is_number_integer()) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return lines;
}

/// Nine tenths of the text say which layers every step has, and are not needed: they are skipped, not built. Discarded
/// where it is nested so deep that to write it could overflow the stack.
Json parse(std::string_view text) {
  constexpr int deepest = 100;
  bool deep = false;
  const auto keep = [&](int depth, Json::parse_event_t event, const Json& key) {
    deep = deep || depth > deepest;
    return !deep && (event != Json::parse_event_t::key || key != "layers");
  };
  auto parsed = Json::parse(text, keep, false);
  if (deep) parsed = Json::value_t::discarded;
  return parsed;
}

/// Where the provenance tells of the Dockerfile, in both shapes.
const Json& source_of(const Json& root) {
  return first_of(at(root, {"metadata", "https://mobyproject.org/buildkit@v1#metadata", "source"}),
                  at(root, {"runDetails", "metadata", "buildkit_metadata", "source"}));
}

} // namespace

util::Result<std::map<std::string, ProvenanceOp>> read_provenance(std::string_view text) {
  const auto whole = parse(text);
  if (whole.is_discarded()) return util::failure("the build's provenance is no JSON");
  const auto& root = first_of(at(whole, {"predicate"}), whole);
  const auto& config =
      first_of(at(root, {"buildConfig"}), at(root, {"buildDefinition", "internalParameters", "buildConfig"}));
  const auto& source = source_of(root);
  if (!at(config, {"llbDefinition"}).is_array() || !at(config, {"digestMapping"}).is_object())
    return util::failure("the build's provenance has an unknown shape: it has no llbDefinition with a digestMapping");

  std::map<std::string, std::string> digest_of;
  for (const auto& [digest, id] : at(config, {"digestMapping"}).items())
    if (id.is_string()) digest_of[id.get<std::string>()] = digest;

  std::map<std::string, ProvenanceOp> ops;
  for (const auto& entry : at(config, {"llbDefinition"})) {
    const auto id = text_of(at(entry, {"id"}));
    if (!digest_of.contains(id)) return util::failure("the build's provenance names no digest of its op " + id);
    ProvenanceOp found;
    found.op.vertex = digest_of[id];
    const auto& definition = at(entry, {"op"});
    found.op.definition = definition.dump();
    found.kind = kind_of(definition);
    for (const auto& input : at(entry, {"inputs"})) {
      const auto name = text_of(input);
      const auto known = digest_of.find(name.substr(0, name.rfind(':')));
      if (known == digest_of.end()) return util::failure("the build's provenance has an op with an unknown input");
      found.op.inputs.push_back(known->second);
    }
    found.op.lines = lines_of(at(source, {"locations", id.c_str()}));
    ops[found.op.vertex] = std::move(found);
  }
  return ops;
}

std::optional<std::string> read_dockerfile(std::string_view provenance) {
  const auto whole = parse(provenance);
  const auto& root = first_of(at(whole, {"predicate"}), whole);
  for (const auto& info : at(source_of(root), {"infos"}))
    if (const auto& data = at(info, {"data"}); data.is_string()) return util::from_base64(data.get<std::string>());
  return {};
}

} // namespace cacheproof::buildkit
