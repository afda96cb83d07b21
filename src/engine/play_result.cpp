#include "engine/play_result.hpp"

#include "builder/scratch.hpp"
#include "buildkit/client.hpp"
#include "buildkit/decode.hpp"
#include "engine/broken.hpp"
#include "engine/builders.hpp"
#include "engine/request.hpp"
#include "engine/timed.hpp"
#include "judge/steps.hpp"
#include "oci/image_export.hpp"
#include "oci/plain_export.hpp"
#include "util/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace cacheproof::engine {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr const char* k_tar = "image.tar";

/// An output that can be read, and where it lies below the build's `output`.
struct OwnExport {
  std::string entry;
  std::string dest;
  bool image = false;       ///< with config and digest; else files alone
  bool by_platform = false; ///< of files: in a folder for each
};

std::optional<OwnExport> readable(const builder::BuildRequest& request, const std::string& entry) {
  std::map<std::string, std::string> attributes;
  for (const auto& field : builder::fields_of(entry)) {
    auto [name, value] = builder::attribute_of(field);
    attributes[std::move(name)] = std::move(value);
  }
  const auto& type = attributes["type"];
  OwnExport own{entry, attributes["dest"], type == "oci" || type == "docker", false};
  if (own.dest.empty() || own.dest == "-" || attributes["tar"] == "false") return {};
  if (!own.image && type != "local" && type != "tar") return {};
  own.by_platform = !own.image && request.platforms.size() > 1 && attributes["platform-split"] != "false";
  return own;
}

/// One with an image first: it says more.
std::optional<OwnExport> own_export(const builder::BuildRequest& request, bool as_image) {
  std::optional<OwnExport> found;
  for (const auto& entry : request.output)
    if (auto own = readable(request, entry); own && (own->image || (!as_image && !found))) {
      found = std::move(own);
      if (found->image) break;
    }
  return found;
}

/// What beside the result lies in an export of files: no clean build has the same.
bool attested(const builder::BuildRequest& request) {
  return builder::is_asked(request.provenance) || builder::is_asked(request.sbom);
}

/// Whether the result is read from what the build itself puts out.
bool reads_own(const builder::BuildRequest& request, bool as_image) {
  const auto own = own_export(request, as_image);
  return own && (own->image || !attested(request));
}

/// The same build with nothing but an export: what is in it does not depend on what else was asked for, and nothing of
/// that is done again (a push).
builder::BuildRequest
exporting(builder::BuildRequest request, const std::string& name, bool as_image, const DriverChoice& driver) {
  request.cache_to.clear();
  request.no_cache_filter.clear();
  request.provenance.clear();
  request.sbom.clear();
  const auto own = own_export(request, as_image);
  const auto* all = builder::has_graph_driver(driver) ? "tar" : "oci"; // the former is files alone
  request.output = {own ? own->entry : fmt::format("type={},dest={}", all, k_tar)};
  request.scratch += "-" + name;
  request.name += "-" + name;
  return request;
}

/// The last component: a path may lead through links of folders.
std::string name_of(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1)); // npos + 1 is 0
}

template <class Visit> void for_each_result(const scenario::Round& round, Visit visit) {
  const auto all_of = [&](const scenario::Expectations& expect) {
    if (!expect.result) return;
    for (const auto& alternative : expect.result->alternatives) visit(alternative.value);
  };
  all_of(round.expect);
  if (round.known_issue) all_of(round.known_issue->expect);
}

} // namespace

ResultDemand demand_of(const scenario::Scenario& scenario, const scenario::Round& round) {
  ResultDemand demand;
  for_each_result(round, [&](const scenario::ExpectedResult& claim) {
    demand.image = true;
    demand.clean = demand.clean || claim.same_as_clean_build;
    demand.as_image = demand.as_image || claim.config || claim.digest_of;
    for (const auto& file : claim.files)
      if (file.contains) demand.looked_at.insert(name_of(file.path));
  });
  for (const auto& later : scenario.rounds)
    for (const auto& build : scenario::builds_of(later))
      for_each_result(build, [&](const auto& claim) {
        if (claim.digest_of == round.name) demand.image = demand.as_image = true;
      });
  return demand;
}

scenario::Round verified(scenario::Round round, const scenario::World& world) {
  auto& expect = round.expect;
  if (round.run) return round; // what it builds is known when it is over
  if (const auto* status = expect.status ? expect.status->choose(world) : nullptr; status && status->value.fails)
    return round;
  scenario::ExpectedResult clean;
  clean.same_as_clean_build = true;
  if (!expect.result) expect.result = {{{{}, clean, round.spot}}, round.spot};
  for (auto& alternative : expect.result->alternatives) alternative.value.same_as_clean_build = true;
  return round;
}

bool may_be_anothers(const scenario::Scenario& scenario, const scenario::Round& round, const scenario::Round& build) {
  const auto builds = scenario::builds_of(round);
  const auto request_of = [&](const scenario::Round& one) {
    return make_request(scenario::merge(scenario.build, one.build), {}, {});
  };
  if (builds.size() < 2 || reads_own(request_of(build), demand_of(scenario, build).as_image)) return false;
  return std::any_of(builds.begin(), builds.end(), [&](const auto& one) {
    if (builder_of(scenario, one) != builder_of(scenario, build)) return false;
    const auto request = request_of(one);
    return one.run || request.no_cache || !request.no_cache_filter.empty();
  });
}

ResultPlay::ResultPlay(
    const Case& planned, CaseWorld& world, Keeper& keeper, evidence::RoundEvidence& seen, ResultDemand demand)
    : planned_(planned),
      world_(world),
      keeper_(keeper),
      seen_(seen),
      demand_(std::move(demand)) {}

ResultPlay::~ResultPlay() {
  stop_.request_stop();
  if (clean_.valid()) clean_.wait();
}

util::Status ResultPlay::begin(const builder::BuildRequest& request, const dockerfile::File& dockerfile) {
  if (!demand_.clean) return {};
  CP_TRY_ASSIGN(clean_daemon_, world_.another_daemon(world_.seat(seen_.builder)));
  auto clean = exporting(request, "clean", demand_.as_image, planned_.driver);
  clean.cache_from.clear();
  clean.no_cache = true;
  clean_ = std::async(std::launch::async, [this, clean = std::move(clean), &dockerfile]() -> util::Result<Exported> {
    auto ready = clean_daemon_->wait_ready(sandbox::start_limit(clean_daemon_->kind()), stop_.get_token());
    const auto& rig = *world_.seat(seen_.builder).rig;
    if (ready && !rig.engine) ready = sandbox::prove_empty(*clean_daemon_); // else the container is, which is made now
    if (ready) ready = world_.contain(*clean_daemon_, rig);
    if (!ready) {
      if (world_.hangs(stop_.get_token())) look_at_hang(*clean_daemon_, {}, keeper_.into(&seen_, "clean-"));
      return tl::unexpected(std::move(ready).error());
    }
    auto exported = export_build(*clean_daemon_, clean, "the clean build", dockerfile, stop_.get_token());
    static_cast<void>(clean_daemon_->stop()); // what could not be ended, the sandbox meets again
    return exported;
  });
  return {};
}

util::Status ResultPlay::read(const builder::BuildRequest& request,
                              const dockerfile::File& dockerfile,
                              const std::stop_token& stop) {
  if (!demand_.image || !seen_.record.succeeded) return {};
  const std::stop_callback also_the_clean_one(stop, [this] { stop_.request_stop(); });
  evidence::Result result;
  if (reads_own(request, demand_.as_image)) {
    CP_TRY_ASSIGN(result.image, image_of(request, stop));
  } else {
    auto again = exporting(request, "result", demand_.as_image, planned_.driver);
    again.no_cache = false;
    CP_TRY_ASSIGN(auto exported, timed(seen_.timings, "export", [&] {
                    return export_build(
                        *world_.seat(seen_.builder).daemon, again, "the export of the result", dockerfile, stop);
                  }));
    keeper_.stream(seen_, "export.log", exported.log);
    for (const auto& step : exported.record.steps)
      if (step.kind == evidence::StepKind::step && judge::executed(step)) result.rerun.push_back(label(step));
    if (exported.image)
      result.image = std::move(*exported.image);
    else
      result.error = exported.record.error;
  }
  if (result.error.empty()) keeper_.stream(seen_, "result.json", to_json_text(result.image));
  if (clean_.valid()) {
    CP_TRY_ASSIGN(auto exported, timed(seen_.timings, "clean build", [&] { return clean_.get(); }));
    keeper_.stream(seen_, "clean.log", exported.log);
    if (exported.image)
      keeper_.stream(seen_, "clean.json", to_json_text(*exported.image));
    else
      result.clean_error = exported.record.error;
    result.clean = std::move(exported.image);
  }
  seen_.result = std::move(result);
  return {};
}

util::Result<ResultPlay::Exported> ResultPlay::export_build(sandbox::Daemon& daemon,
                                                            const builder::BuildRequest& request,
                                                            const std::string& name,
                                                            const dockerfile::File& dockerfile,
                                                            const std::stop_token& stop) const {
  const auto timeout = planned_.scenario->timeout;
  const bool clean = &daemon == clean_daemon_.get();
  if (!clean && world_.seat(seen_.builder).looked_at)
    return util::failure("a build beside it hung, and the daemon ended with it, before " + name, {}, "see there");
  Hang hang;
  const auto look = [&](bool late) {
    if (!late && !world_.hangs(stop)) return;
    if (!clean) CaseWorld::death_before_looks(world_.seat(seen_.builder)); // nobody looks at it again
    hang = look_at_hang(daemon, {}, keeper_.into(&seen_, clean ? "clean-" : "export-"));
  };
  CP_TRY_ASSIGN(auto run,
                builder::build(world_.client(world_.seat(seen_.builder)),
                               daemon.address(),
                               request,
                               {.timeout = timeout, .stop = stop, .on_output = {}, .before_stop = look}));
  const auto failed = [&](std::string why) {
    return util::failure(name + " " + why, run.command_line, "run it again");
  };
  if (run.interrupted)
    return util::failure(name + " was interrupted" + hang.in_words(), run.command_line, {}, util::Blame::interrupted);
  if (const auto death = run.timed_out ? hang.death : daemon.died())
    return failed("lost its daemon: " + *death + "\n" + daemon.log_tail());
  if (run.timed_out)
    return util::failure(fmt::format("{} did not end within {} s{}", name, timeout.count(), hang.in_words()),
                         run.command_line,
                         fmt::format("{}, or raise the scenario's `timeout`", k_hang_evidence));
  if (run.exit.signal) return failed("was ended from outside: " + to_text(run.exit));
  if (run.ref.empty()) return tl::unexpected(util::within(name, without_build(run.log)));
  const auto raw = world_.told(daemon, run);
  if (!raw) {
    look(false);
    return tl::unexpected(util::within(name, raw.error()));
  }
  Exported exported;
  CP_TRY_ASSIGN(exported.record,
                buildkit::decode(*raw, dockerfile, request.target, world_.seat(seen_.builder).rig->version));
  exported.log = std::move(run.log);
  if (auto broken = broken_by(exported.record, exported.log, world_.registry_logs()))
    return tl::unexpected(util::within(name, std::move(*broken)));
  if (!exported.record.succeeded) return exported;
  CP_TRY_ASSIGN(exported.image, image_of(request, stop));
  CP_TRY(util::remove_tree(request.scratch)); // it may be large
  return exported;
}

util::Result<evidence::Image> ResultPlay::image_of(const builder::BuildRequest& request,
                                                   const std::stop_token& stop) const {
  const auto own = *own_export(request, demand_.as_image);
  const auto at = request.scratch / "output" / own.dest;
  const auto wanted = [&](std::string_view path) { return demand_.looked_at.contains(name_of(path)); };
  auto image = own.image ? oci::read_export(at, wanted, {}, stop)
                         : oci::read_plain_export(at, own.by_platform, wanted, {}, stop);
  if (!image) return tl::unexpected(util::within("the result of the build", std::move(image).error()));
  return image;
}

} // namespace cacheproof::engine
