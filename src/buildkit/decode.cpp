#include "buildkit/decode.hpp"

#include "buildkit/places.hpp"
#include "buildkit/provenance.hpp"
#include "buildkit/vertex.hpp"
#include "util/platform.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::buildkit {
namespace {

using evidence::Outcome;
using evidence::Step;
using evidence::StepKind;

constexpr std::string_view k_import = "importing cache manifest from ";

StepKind kind_by_name(const std::string& name) {
  if (name.starts_with(k_import)) return StepKind::cache_import;
  if (name.starts_with("exporting cache") || name.starts_with("preparing build cache for export"))
    return StepKind::cache_export;
  if (name.starts_with("docker-image://")) return StepKind::source; // the image of a `# syntax` line
  return StepKind::internal;
}

/// The platforms of a build, as its request names them.
std::set<std::string> asked_platforms(const RawBuild& build) {
  std::set<std::string> platforms;
  if (const auto asked = build.frontend_attributes.find("platform"); asked != build.frontend_attributes.end())
    for (const auto& each : util::split(asked->second, ',')) platforms.insert(util::normal_platform(each));
  return platforms.size() > 1 ? platforms : std::set<std::string>{{}};
}

class Decoder {
public:
  Decoder(const RawBuild& build, const dockerfile::File& file, std::set<int> reachable)
      : build_(build),
        file_(file),
        reachable_(std::move(reachable)),
        by_lines_(build.succeeded && !build.by_client),
        vertices_(collect(build)) {}

  util::Result<evidence::BuildRecord> decode() {
    record_.ref = build_.ref;
    record_.succeeded = build_.succeeded;
    record_.error = build_.error;
    record_.by_client = build_.by_client;
    CP_TRY(read_graph());
    auto places = by_lines_ ? place_by_lines(file_, reachable_, platforms_, vertices_, ops_)
                            : place_by_names(file_, reachable_, platforms_, vertices_);
    if (!places) return tl::unexpected(std::move(places).error());
    CP_TRY(add_written(places->written));
    add_others(*places);
    for (const auto& warning : build_.warnings)
      record_.warnings.push_back({warning.text, warning.url, warning.lines.empty() ? 0 : warning.lines.front()});
    return std::move(record_);
  }

private:
  util::Status read_graph() {
    if (!by_lines_) { // there is no provenance
      platforms_ = asked_platforms(build_);
      return {};
    }
    if (build_.provenances.empty())
      return util::failure("the build succeeded and has no provenance, so its steps cannot be told apart",
                           build_.ref,
                           "BuildKit keeps one from v0.11 on");
    for (const auto& [platform, provenance] : build_.provenances) {
      platforms_.insert(platform);
      CP_TRY_ASSIGN(auto ops, read_provenance(provenance));
      for (auto& [digest, op] : ops) {
        auto lines = op.op.lines;
        auto& all = ops_.try_emplace(digest, std::move(op)).first->second;
        all.op.lines.insert(all.op.lines.end(), lines.begin(), lines.end());
        all.lines[platform] = std::move(lines);
      }
    }
    for (const auto& [digest, op] : ops_) {
      auto& told_op = record_.graph.emplace_back(op.op);
      std::set<int> first_lines; // the provenance tells an instruction of several lines line by line
      for (const int line : op.op.lines) {
        const auto* instruction = file_.instruction_at(line);
        first_lines.insert(instruction != nullptr ? instruction->first_line : line);
      }
      told_op.lines.assign(first_lines.begin(), first_lines.end());
      const bool told = std::any_of(vertices_.begin(), vertices_.end(), [&digest = digest](const Vertex& vertex) {
        return vertex.digest == digest;
      });
      if (!told && op.kind != OpKind::result) vertices_.push_back({digest, {}, {}, op.op.inputs, {}, {}});
    }
    return {};
  }

  OpKind op_kind(size_t vertex) const {
    const auto op = ops_.find(vertices_[vertex].digest);
    return op == ops_.end() ? OpKind::other : op->second.kind;
  }

  /// One step for every written one; those that share their vertices are one step with several places.
  util::Status add_written(const std::vector<Written>& all) {
    std::map<std::vector<size_t>, size_t> shared;
    for (const auto& written : all) {
      used_.insert(written.vertices.begin(), written.vertices.end());
      if (!written.vertices.empty()) {
        const auto [entry, is_new] = shared.try_emplace(written.vertices, record_.steps.size());
        if (!is_new) {
          record_.steps[entry->second].places.push_back(written.place);
          continue;
        }
      }
      Step step;
      step.kind = written.instruction->keyword == "FROM" ? StepKind::source : StepKind::step;
      step.places = {written.place};
      step.outcome = build_.succeeded || !written.reachable ? Outcome::unneeded : Outcome::not_reached;
      if (build_.succeeded && written.reachable && written.vertices.empty() && step.kind == StepKind::step)
        return util::failure(fmt::format("BuildKit told nothing of {}, which the target needs", evidence::label(step)),
                             build_.ref,
                             "report this Dockerfile as a bug of cacheproof");
      CP_TRY(fill(step, written.vertices));
      record_.steps.push_back(std::move(step));
    }
    return {};
  }

  /// The vertex that does an instruction's work decides its outcome: of a COPY --link the copy, not the merge (that the
  /// layers below are new is no reason to copy again), of an ADD the copy, not the download.
  util::Status fill(Step& step, const std::vector<size_t>& vertices) {
    std::optional<size_t> worker;
    std::optional<Fate> broken;
    for (const auto index : vertices) {
      add_vertex(step, vertices_[index]);
      if (auto end = fate(vertices_[index], build_.succeeded); end.outcome == Outcome::failed) broken = std::move(end);
      if (step.kind == StepKind::step && is_helper(index)) continue;
      if (worker && vertices_[*worker].intervals.empty()) worker.reset();
      if (worker && !vertices_[index].intervals.empty())
        return util::failure(fmt::format("'{}' became several vertices, and which one tells its outcome is not known",
                                         evidence::label(step.places.front())),
                             build_.ref,
                             "report this Dockerfile as a bug of cacheproof");
      if (!worker) worker = index;
    }
    // A merge that was cached needs no copy: then the merge alone was asked.
    if (!vertices.empty() && (!worker || vertices_[*worker].intervals.empty())) {
      for (const auto index : vertices)
        if (op_kind(index) == OpKind::merge || !worker) worker = index;
    }
    if (worker) set_fate(step, vertices_[*worker], broken);
    return {};
  }

  bool is_helper(size_t index) const {
    if (by_lines_) return op_kind(index) == OpKind::merge || op_kind(index) == OpKind::source;
    return vertices_[index].name.find("] LINK ") != std::string::npos || vertices_[index].name.starts_with("http");
  }

  void set_fate(Step& step, const Vertex& vertex, const std::optional<Fate>& broken) const {
    const auto end = broken.value_or(fate(vertex, build_.succeeded));
    step.outcome = end.outcome;
    step.error = end.error;
    step.pulled = end.pulled;
    step.name = vertex.name;
    for (const auto& interval : vertex.intervals)
      step.intervals.push_back({interval.started, interval.completed, interval.cached});
  }

  void add_vertex(Step& step, const Vertex& vertex) const {
    step.vertices.push_back(vertex.digest);
    for (const auto& input : vertex.inputs)
      if (std::find(step.inputs.begin(), step.inputs.end(), input) == step.inputs.end()) step.inputs.push_back(input);
    std::erase_if(step.inputs, [&](const std::string& input) {
      return std::find(step.vertices.begin(), step.vertices.end(), input) != step.vertices.end();
    });
  }

  /// Triggered steps, contexts, images of COPY --from, `[internal]` work, cache imports and exports.
  void add_others(const Places& places) {
    for (size_t i = 0; i < vertices_.size(); ++i) {
      const auto& vertex = vertices_[i];
      if (used_.contains(i) || (vertex.name.empty() && vertex.intervals.empty())) continue;
      Step step;
      step.kind = kind_by_name(vertex.name);
      if (step.kind == StepKind::internal && op_kind(i) == OpKind::source && !vertex.name.starts_with("[internal]"))
        step.kind = StepKind::source;
      if (const auto triggered = places.triggered.find(i); triggered != places.triggered.end()) {
        step.kind = StepKind::step;
        step.places = {triggered->second};
      }
      add_vertex(step, vertex);
      set_fate(step, vertex, {});
      if (step.kind == StepKind::cache_import)
        record_.imports.push_back({vertex.name.substr(k_import.size()), step.error});
      record_.steps.push_back(std::move(step));
    }
  }

  const RawBuild& build_;
  const dockerfile::File& file_;
  std::set<int> reachable_;
  const bool by_lines_;             ///< of a provenance, or by the names of the vertices
  std::set<std::string> platforms_; ///< an empty one where there are not several
  std::vector<Vertex> vertices_;
  std::map<std::string, ProvenanceOp> ops_;
  std::set<size_t> used_;
  evidence::BuildRecord record_;
};

/// The file with the build's own arguments: they can decide which stage a FROM names.
util::Result<dockerfile::File> with_arguments(const RawBuild& build, const dockerfile::File& file) {
  constexpr std::string_view prefix = "build-arg:";
  std::map<std::string, std::string> arguments;
  for (const auto& [name, value] : build.frontend_attributes)
    if (name.starts_with(prefix)) arguments[name.substr(prefix.size())] = value;
  if (arguments.empty()) return file;
  auto reading = dockerfile::read(file.text, file.name, arguments);
  if (reading.file) return std::move(*reading.file);
  std::string why;
  for (const auto& diagnostic : reading.diagnostics) why += util::to_text(diagnostic);
  return util::failure("the Dockerfile cannot be read with the build's arguments:\n" + why, {}, {}, util::Blame::input);
}

} // namespace

util::Result<evidence::BuildRecord> decode(const RawBuild& build,
                                           const dockerfile::File& dockerfile,
                                           const std::string& target,
                                           const std::string& builder_version) {
  CP_TRY_ASSIGN(const auto file, with_arguments(build, dockerfile));
  const auto stage = file.find_target(target);
  if (!stage && build.succeeded)
    return util::failure(fmt::format("{} has no stage '{}'", file.name, target), {}, {}, util::Blame::input);
  // A build of a target that is not there fails, and needs nothing.
  CP_TRY_ASSIGN(auto record, Decoder(build, file, stage ? file.reachable(*stage) : std::set<int>{}).decode());
  record.builder = builder_version;
  return record;
}

} // namespace cacheproof::buildkit
