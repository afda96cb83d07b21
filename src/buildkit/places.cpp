#include "buildkit/places.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::buildkit {
namespace {

std::vector<Written>
write_out(const dockerfile::File& file, const std::set<int>& reachable, const std::set<std::string>& platforms) {
  std::vector<Written> all;
  for (const auto& platform : platforms)
    for (const auto& stage : file.stages)
      for (const auto& instruction : stage.instructions)
        if (instruction.number > 0)
          all.push_back(
              {{stage.name, instruction.number, stage.total, instruction.text, instruction.first_line, platform},
               stage.index,
               &instruction,
               reachable.contains(stage.index),
               {}});
  return all;
}

evidence::Place triggered_place(const dockerfile::File& file, const Label& label, int line) {
  std::string stage = label.stage;
  if (stage.empty() && !file.stages.empty()) stage = file.stages.front().name; // one stage has no label
  return {stage, label.number, label.total, label.text, line, label.platform};
}

/// The vertex's own label, else that of a vertex in its progress group.
std::optional<Label> group_label(const std::vector<Vertex>& vertices, size_t index) {
  if (auto label = read_label(vertices[index].name)) return label;
  for (const auto& other : vertices)
    if (!other.group.empty() && other.group == vertices[index].group)
      if (auto label = read_label(other.name)) return label;
  return std::nullopt;
}

/// BuildKit's numbers where ONBUILD triggers moved them; in any other stage they must be the file's.
util::Status take_numbers(const dockerfile::File& file, Places& places, const std::vector<Vertex>& vertices) {
  std::map<std::string, int> triggers;
  for (const auto& [vertex, place] : places.triggered) ++triggers[place.stage];
  for (auto& written : places.written)
    for (const auto index : written.vertices) {
      const auto label = read_label(vertices[index].name);
      const bool own = label && (file.stages.size() == 1 || label->stage == written.place.stage)
                       && label->platform == written.place.platform;
      if (!own || (label->number == written.place.number && label->total == written.place.total)) continue;
      if (!triggers.contains(written.place.stage)) {
        // A shared vertex may carry another step's label: only its numbers are then not this one's.
        const bool other = std::any_of(places.written.begin(), places.written.end(), [&](const Written& one) {
          return one.place.stage == label->stage && one.place.number == label->number && &one != &written
                 && std::find(one.vertices.begin(), one.vertices.end(), index) != one.vertices.end();
        });
        if (other) continue;
        return util::failure(fmt::format("BuildKit calls '{}' what the Dockerfile has as {} {}/{}",
                                         vertices[index].name,
                                         written.place.stage,
                                         written.place.number,
                                         written.place.total),
                             {},
                             "report this Dockerfile as a bug of cacheproof");
      }
      written.place.number = label->number;
      written.place.total = label->total;
    }
  return {};
}

/// Whether the vertex is FROM's source, a step's, or ADD's source of a URL.
bool fits(const dockerfile::Instruction& instruction, OpKind kind) {
  if (instruction.keyword == "FROM") return kind == OpKind::source;
  return kind != OpKind::source || instruction.keyword == "ADD";
}

/// Finds the steps of one stage, first to last, from the labels and from how the vertices hang together.
class StageWalk {
public:
  StageWalk(std::vector<Written>& all, const std::vector<Vertex>& vertices)
      : all_(all),
        vertices_(vertices) {
    for (size_t i = 0; i < vertices.size(); ++i) index_[vertices[i].digest] = i;
  }

  /// The step before a labelled one is its first input, under whatever label that stands.
  void walk_up(const std::vector<size_t>& steps) {
    for (size_t i = steps.size(); i-- > 1;) {
      auto& before = all_[steps[i - 1]];
      const auto& here = all_[steps[i]];
      if (!before.vertices.empty() || here.vertices.empty()) continue;
      if (const auto parent = first_input(here.vertices.back())) before.vertices = {*parent};
    }
  }

  /// What is still missing may be shared as a whole: an equal instruction on the same step before it.
  void walk_down(const std::vector<size_t>& steps) {
    for (size_t i = 1; i < steps.size(); ++i) {
      auto& here = all_[steps[i]];
      const auto& before = all_[steps[i - 1]];
      if (!here.vertices.empty() || before.vertices.empty()) continue;
      for (const auto& other : all_)
        if (other.reachable && !other.vertices.empty() && other.place.instruction == here.place.instruction
            && first_input(other.vertices.back()) == before.vertices.back())
          here.vertices = other.vertices;
    }
  }

private:
  std::optional<size_t> first_input(size_t vertex) const {
    const auto& inputs = vertices_[vertex].inputs;
    if (inputs.empty()) return std::nullopt;
    const auto found = index_.find(inputs.front());
    return found == index_.end() ? std::nullopt : std::optional(found->second);
  }

  std::vector<Written>& all_;
  const std::vector<Vertex>& vertices_;
  std::map<std::string, size_t> index_;
};

/// Gives vertex `i` to that instruction's steps on that platform. Whether there are any.
bool take_instruction(Places& places,
                      size_t i,
                      const dockerfile::Instruction& instruction,
                      const std::string& platform) {
  bool placed = false;
  for (auto& written : places.written) {
    if (written.instruction != &instruction || written.place.platform != platform) continue;
    placed = true;
    if (written.reachable) written.vertices.push_back(i);
  }
  return placed;
}

/// Gives vertex `i` to the steps on the lines of its op, of each platform those that are told there: on one it may be
/// the image of more stages than on another. Whether it has its place then: sources need none (contexts, images of
/// COPY --from).
util::Result<bool>
take_lines(const dockerfile::File& file, Places& places, size_t i, const std::string& name, const ProvenanceOp& found) {
  bool placed = found.kind == OpKind::source;
  for (const auto& [platform, lines] : found.lines) {
    std::set<const dockerfile::Instruction*> seen; // an instruction of several lines is told line by line
    for (const int line : lines) {
      const auto* instruction = file.instruction_at(line);
      if (instruction == nullptr)
        return util::failure(fmt::format("'{}' comes from line {}, where no instruction stands", name, line));
      if (!seen.insert(instruction).second) continue;
      if (instruction->keyword == "FROM" && found.kind != OpKind::source) {
        const auto label = read_label(name); // v0.11.6 does not say ONBUILD
        if (!label) continue;
        places.triggered[i] = triggered_place(file, *label, line);
        placed = true;
      }
      if (!fits(*instruction, found.kind)) continue;
      placed = take_instruction(places, i, *instruction, platform) || placed;
    }
  }
  return placed;
}

/// Gives vertex `i` to the steps of that label. Whether there are any.
bool take_label(const dockerfile::File& file, Places& places, size_t i, const Label& label, const ProvenanceOp& found) {
  bool placed = false;
  for (auto& written : places.written)
    if (written.reachable && written.place.number == label.number && written.place.total == label.total
        && (file.stages.size() == 1 || written.place.stage == label.stage)
        && found.lines.contains(written.place.platform)) {
      written.vertices.push_back(i);
      placed = true;
    }
  return placed;
}

/// One image of several stages is one vertex, and of several platforms where its own does not depend on theirs.
void share_images(const dockerfile::File& file, Places& places) {
  const auto stage_of = [&](const Written& from) -> const auto& {
    return file.stages[static_cast<size_t>(from.stage)];
  };
  for (auto& written : places.written) {
    if (!written.reachable || !written.vertices.empty() || written.instruction->keyword != "FROM") continue;
    const auto& stage = stage_of(written);
    const bool of_target = stage.platform.empty() || stage.platform.find("TARGET") != std::string::npos;
    for (const auto& other : places.written)
      if (!other.vertices.empty() && other.instruction->keyword == "FROM" && stage_of(other).base == stage.base
          && stage_of(other).platform == stage.platform
          && (!of_target || other.place.platform == written.place.platform))
        written.vertices = other.vertices;
  }
}

} // namespace

util::Result<Places> place_by_lines(const dockerfile::File& file,
                                    const std::set<int>& reachable,
                                    const std::set<std::string>& platforms,
                                    const std::vector<Vertex>& vertices,
                                    const std::map<std::string, ProvenanceOp>& ops) {
  Places places{write_out(file, reachable, platforms), {}};
  for (size_t i = 0; i < vertices.size(); ++i) {
    const auto op = ops.find(vertices[i].digest);
    if (op == ops.end() || op->second.kind == OpKind::result || vertices[i].name.starts_with("[internal]")) continue;
    const bool is_source = op->second.kind == OpKind::source;
    if (const auto label = read_label(vertices[i].name); label && label->onbuild && !is_source) {
      places.triggered[i] =
          triggered_place(file, *label, op->second.op.lines.empty() ? 0 : op->second.op.lines.front());
      continue;
    }
    CP_TRY_ASSIGN(bool placed, take_lines(file, places, i, vertices[i].name, op->second));
    // v0.11.6 tells no line for a COPY --link: its label has to do, and for the copy that of its progress group.
    if (const auto label = group_label(vertices, i); !placed && op->second.op.lines.empty() && label)
      placed = take_label(file, places, i, *label, op->second);
    if (!placed && !vertices[i].intervals.empty())
      return util::failure(fmt::format("no line of the Dockerfile is known for '{}'", vertices[i].name),
                           vertices[i].digest,
                           "report this build as a bug of cacheproof");
  }
  CP_TRY(take_numbers(file, places, vertices));
  return places;
}

util::Result<Places> place_by_names(const dockerfile::File& file,
                                    const std::set<int>& reachable,
                                    const std::set<std::string>& platforms,
                                    const std::vector<Vertex>& vertices) {
  Places places{write_out(file, reachable, platforms), {}};
  std::map<std::string, std::vector<size_t>> owners_of_group;
  for (size_t i = 0; i < vertices.size(); ++i) {
    const auto label = read_label(vertices[i].name);
    if (!label) continue;
    const auto stage = file.stages.size() == 1 && label->stage.empty() ? file.stages.front().name : label->stage;
    // What is built for a platform of its own, which the build is not for, is all platforms'.
    const bool of_all = !platforms.contains(label->platform);
    const auto keyword = [](std::string_view text) { return text.substr(0, text.find(' ')); };
    bool found = false;
    for (size_t owner = 0; owner < places.written.size() && !label->onbuild; ++owner) {
      auto& written = places.written[owner];
      if (!written.reachable || written.place.stage != stage || written.place.number != label->number
          || written.place.total != label->total || (!of_all && written.place.platform != label->platform))
        continue;
      if (keyword(label->text) != written.instruction->keyword)
        return util::failure(fmt::format("BuildKit calls '{}' what the Dockerfile has as {} {}",
                                         vertices[i].name,
                                         evidence::label(written.place),
                                         written.instruction->text),
                             vertices[i].digest,
                             "report this Dockerfile as a bug of cacheproof");
      written.vertices.push_back(i);
      if (!vertices[i].group.empty()) owners_of_group[vertices[i].group].push_back(owner);
      found = true;
    }
    if (!found) places.triggered[i] = triggered_place(file, *label, 0);
  }
  // v0.11.6 calls the copy of a COPY --link `copy /job /spool/job`: only its progress group tells whose it is.
  for (size_t i = 0; i < vertices.size(); ++i)
    if (const auto owners = owners_of_group.find(vertices[i].group);
        owners != owners_of_group.end() && !read_label(vertices[i].name))
      for (const auto owner : owners->second)
        places.written[owner].vertices.insert(places.written[owner].vertices.begin(), i);

  share_images(file, places);
  StageWalk walk(places.written, vertices);
  std::map<std::pair<std::string, int>, std::vector<size_t>> stages; // of each platform: their steps
  for (size_t i = 0; i < places.written.size(); ++i)
    if (const auto& written = places.written[i]; written.reachable)
      stages[{written.place.platform, written.stage}].push_back(i);
  for (const auto& [stage, steps] : stages) {
    walk.walk_up(steps);
    walk.walk_down(steps);
  }
  return places;
}

} // namespace cacheproof::buildkit
