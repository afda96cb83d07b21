#include "cli/selection.hpp"

#include "engine/builders.hpp"
#include "engine/drivers.hpp"
#include "engine/durations.hpp"
#include "oci/reference.hpp"
#include "toolchain/select.hpp"
#include "util/text.hpp"
#include "util/version.hpp"
#include "util/version_range.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>

namespace cacheproof::cli {
namespace {

util::Error nothing_chosen(const Selection& selection) {
  if (!selection.shard.empty())
    return {util::Blame::rig,
            fmt::format("nothing was played: the shard {} has no case", selection.shard),
            {},
            "take fewer shards than there are cases"};
  if (!selection.ids.empty())
    return {util::Blame::rig,
            fmt::format("nothing was played: there is no case {}", util::join(selection.ids, " or ")),
            {},
            "`cacheproof list` with the same options prints the ids"};
  return {util::Blame::rig,
          selection.filter.empty() ? "nothing was played: there is no such case"
                                   : "nothing was played: no case matches the filter '" + selection.filter + "'",
          {},
          "`cacheproof list` prints the ids that a filter is matched against"};
}

/// No ids mean every case.
bool named(const std::vector<std::string>& ids, const std::string& id) {
  return ids.empty() || std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// A build pulls the image of a frontend itself: it stays what it is.
util::Result<std::vector<std::string>> choose_frontends(const std::vector<std::string>& words,
                                                        toolchain::OwnKits& own,
                                                        const std::optional<toolchain::Options>& online) {
  CP_TRY_ASSIGN(auto frontends, toolchain::choose(toolchain::Kind::frontend, words, online));
  const auto images = std::stable_partition(
      frontends.begin(), frontends.end(), [](const auto& each) { return !toolchain::is_image(each); });
  std::vector<std::string> named(images, frontends.end());
  frontends.erase(images, frontends.end());
  for (const auto& image : named)
    if (const auto parsed = oci::parse_reference(image.substr(toolchain::k_image.size())); !parsed)
      return util::failure(
          parsed.error().what, "--frontend " + image, "one like image:docker/dockerfile:1.9", util::Blame::usage);
  CP_TRY(toolchain::find_own(toolchain::Kind::frontend, frontends, own, online));
  frontends.insert(frontends.end(), named.begin(), named.end());
  return frontends;
}

/// Whose engines the drivers are to build in: a variable is no word about drivers that need none.
util::Result<builder::Engine> whose_engine(const Selection& selection) {
  using builder::Engine;
  const auto& drivers = selection.drivers;
  const bool any = std::any_of(drivers.begin(), drivers.end(), [](const auto& written) {
    const auto driver = builder::parse_driver(written);
    return driver && builder::needs_engine(*driver);
  });
  if (selection.engine) {
    if (any || *selection.engine == Engine::own) return *selection.engine;
    return util::failure(
        "--engine names an engine that nothing would be built in", {}, "add --driver docker", util::Blame::usage);
  }
  const char* variable = std::getenv("CACHEPROOF_DISPOSABLE_ENGINE");
  const std::string_view disposable = variable ? variable : "";
  if (disposable.empty() || disposable == "0") return Engine::own;
  if (disposable == "1") return any ? Engine::disposable : Engine::own;
  return util::failure(fmt::format("CACHEPROOF_DISPOSABLE_ENGINE={} is no answer", disposable),
                       {},
                       "1: everything may be removed from the engine that your `docker` reaches; 0 or nothing: it is "
                       "left alone",
                       util::Blame::usage);
}

/// Whether a word of --docker means that version, which need be none of the pinned ones.
util::Result<bool>
means(const std::string& word, const util::Version& version, const std::optional<toolchain::Options>& online) {
  if (util::VersionRange::looks_like(word)) {
    CP_TRY_ASSIGN(const auto range, util::VersionRange::parse(word));
    return range.contains(version);
  }
  CP_TRY_ASSIGN(const auto meant, toolchain::choose(toolchain::Kind::docker, {word}, online));
  return std::find(meant.begin(), meant.end(), version.to_text()) != meant.end();
}

/// The version of the user's engine, which --docker may insist on.
util::Result<std::string> version_of(const sandbox::UsersEngine& engine,
                                     const std::vector<std::string>& named,
                                     const std::optional<toolchain::Options>& online) {
  const auto version = util::Version::parse(engine.version.substr(0, engine.version.find('+'))); // `20.10.24+dfsg1`
  const auto where = "unix://" + engine.socket.string();
  if (!version)
    return util::failure(fmt::format("the Docker engine says that it is '{}', which is no version", engine.version),
                         where);
  bool any = named.empty();
  for (const auto& word : named) {
    CP_TRY_ASSIGN(const bool meant, means(word, *version, online));
    any = any || meant;
  }
  if (any) return version->to_text();
  return util::failure(
      fmt::format("your Docker engine is {}, and --docker names {}", version->to_text(), util::join(named, ", ")),
      where,
      "leave --docker out, name another engine in DOCKER_HOST, or take cacheproof's own: --engine=own",
      util::Blame::usage);
}

} // namespace

void add_selection(CLI::App& command, Selection& selection) {
  command.add_option("PATH", selection.paths, "Scenario files, or folders of them (default: scenarios/)");
  const auto add = [&](const char* name, std::vector<std::string>& values, const char* help) {
    command.add_option(name, values, help)->delimiter(',')->allow_extra_args(false); // what follows is a PATH
  };
  add("--buildkit",
      selection.versions,
      "BuildKit versions: v0.34.2, a range like '>=0.24' of the pinned ones, a group (smoke, nightly, all), latest, "
      "path:DIR with a buildkitd and buildctl, or image:REF with them in its /usr/bin (default: the pinned default)");
  add("--driver",
      selection.drivers,
      "What starts the builds: buildctl (of the daemon's version), buildx (with its driver `remote`), docker (the "
      "BuildKit in a Docker engine), docker-containerd (the same in one of 26 to 28 that keeps its images in "
      "containerd), docker-container (a BuildKit in a container of one), or several (default: buildctl)");
  add("--buildx",
      selection.buildx,
      "Versions of buildx, for every --driver but buildctl: v0.36.1, a range, a group, latest, path:DIR with a "
      "buildx, or image:REF like docker/buildx-bin:0.36.1 or docker:cli (default: the pinned default)");
  add("--docker",
      selection.docker,
      "Versions of Docker engines, for --driver docker and docker-container: v28.5.2, a range, a group, latest, "
      "path:DIR with a dockerd, or image:REF like docker:28-dind (default: the pinned default)");
  std::map<std::string, builder::Engine> engines;
  for (const auto engine : builder::k_engines) engines.emplace(to_text(engine), engine);
  command
      .add_option(
          "--engine",
          selection.engine,
          "Whose Docker engines are built in: own (fresh ones of cacheproof's, the default), host (the one that "
          "your docker reaches; nothing of it is removed, and that it is clean is not proven), or disposable "
          "(the same; EVERYTHING in it may be removed; else $CACHEPROOF_DISPOSABLE_ENGINE=1 says so)")
      ->transform(CLI::CheckedTransformer(engines))
      ->option_text("own|host|disposable");
  add("--frontend",
      selection.frontends,
      "Dockerfile frontends with which every build is made, of scenarios that choose none: BuildKit's of v0.34.2, a "
      "range, a group, latest, path:DIR with a dockerfile-frontend, or image:REF like docker/dockerfile:1.9 (default: "
      "the daemon's own)");
  command.add_option("--filter", selection.filter, "Only cases whose id has a part that this glob matches");
  command.add_option("--case", selection.ids, "Only the case of exactly this id; may be given several times")
      ->allow_extra_args(false);
  command
      .add_option(
          "--own-versions",
          selection.own_versions,
          "Cases whose builders name their BuildKit themselves, whatever --buildkit says: with the others, only "
          "these, or without them (default: with)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, OwnVersions>{
          {"with", OwnVersions::with}, {"only", OwnVersions::only}, {"without", OwnVersions::without}}))
      ->option_text("with|only|without");
  command.add_option(
      "--shard", selection.shard, "Only one part of the cases, e.g. 2/3: all parts together have each case once");
  command.add_option("--durations",
                     selection.durations,
                     "A folder with the durations.json of an earlier run, by which shards are made equally long; all "
                     "shards of a run must be given the same");
}

util::Result<Chosen> choose(const Selection& selection, const std::optional<toolchain::Options>& online) {
  using toolchain::Kind;
  Chosen chosen;
  CP_TRY_ASSIGN(chosen.versions, toolchain::choose(Kind::buildkit, selection.versions, online));
  CP_TRY_ASSIGN(auto buildx, toolchain::choose(Kind::buildx, selection.buildx, online));
  CP_TRY_ASSIGN(const auto whose, whose_engine(selection));
  std::vector<std::string> docker;
  if (whose == builder::Engine::own) {
    CP_TRY_ASSIGN(docker, toolchain::choose(Kind::docker, selection.docker, online));
  } else {
    CP_TRY_ASSIGN(chosen.engine, sandbox::users_engine(online ? online->stop : std::stop_token()));
    CP_TRY_ASSIGN(auto version, version_of(*chosen.engine, selection.docker, online));
    docker.push_back(std::move(version));
  }
  CP_TRY(toolchain::find_own(Kind::buildkit, chosen.versions, chosen.own, online));
  CP_TRY(toolchain::find_own(Kind::buildx, buildx, chosen.own, online));
  CP_TRY(toolchain::find_own(Kind::docker, docker, chosen.own, online));
  CP_TRY_ASSIGN(chosen.drivers, engine::choose_drivers(selection.drivers, buildx, docker));
  if (chosen.engine) {
    CP_TRY_ASSIGN(chosen.drivers, engine::in_users_engine(chosen.drivers, whose, *chosen.engine));
  }
  if (!selection.frontends.empty()) {
    CP_TRY_ASSIGN(chosen.frontends, choose_frontends(selection.frontends, chosen.own, online));
  }
  const bool own = engine::need_buildkit(chosen.drivers);
  if (!own && !selection.versions.empty())
    return util::failure("--buildkit names versions that nothing would be built on",
                         {},
                         "an engine has its own: --docker; or add --driver buildctl",
                         util::Blame::usage);
  if (own && chosen.versions.empty()) chosen.versions = {toolchain::default_version()};
  if (!selection.shard.empty()) {
    CP_TRY_ASSIGN(chosen.shard, engine::parse_shard(selection.shard));
  }
  if (!selection.durations.empty()) {
    CP_TRY_ASSIGN(chosen.durations, engine::read_durations(selection.durations));
  }
  return chosen;
}

util::Result<std::vector<engine::Case>>
cases_of(const Selection& selection,
         const Chosen& chosen,
         const std::vector<std::shared_ptr<const scenario::Scenario>>& scenarios,
         const std::vector<std::string>& versions) {
  auto cases = engine::plan(scenarios, versions, chosen.drivers, chosen.frontends);
  std::erase_if(cases, [&](const engine::Case& planned) {
    const bool own = !engine::own_versions(*planned.scenario, planned.cell).empty();
    return (selection.own_versions == OwnVersions::only && !own)
           || (selection.own_versions == OwnVersions::without && own) || !named(selection.ids, planned.id)
           || !engine::selects(selection.filter, planned);
  });
  if (chosen.shard) cases = engine::of_shard(cases, *chosen.shard, chosen.durations);
  if (cases.empty()) return tl::unexpected(nothing_chosen(selection));
  return cases;
}

} // namespace cacheproof::cli
