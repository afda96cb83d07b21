#pragma once

#include "evidence/cache_contents.hpp"
#include "evidence/fingerprint.hpp"
#include "evidence/image.hpp"
#include "evidence/record.hpp"
#include "evidence/verdict.hpp"
#include "util/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cacheproof::evidence {

/// Where time went, in order: `start`, `build`, `read`.
using Timings = std::vector<std::pair<std::string, Nanoseconds>>;

/// What came out of a round's build, as an export of our own has it.
struct Result {
  Image image;
  std::string error; ///< why it could not be exported; then there is no image
  /// Steps that ran when it was exported, by their labels: with one of them it is not the round's own result.
  std::vector<std::string> rerun;
  std::optional<Image> clean;                 ///< what a build without any cache made of the same
  std::string clean_error;                    ///< why that build failed, if it did
  std::map<std::string, std::string> earlier; ///< digests of the results of earlier rounds, by their names
  bool operator==(const Result&) const = default;
};

/// All that was seen of one round. Raw streams lie beside it in its folder (`events.jsonl`, `provenance.json`,
/// `client.log`, `daemon.log`).
struct RoundEvidence {
  int number = 0; ///< from 1
  std::string name;
  int play = 0;      ///< of a story that is played several times: which one, from 1
  std::string entry; ///< of several builds of one round, which share its number: this one's name
  util::SourceSpot spot;
  std::string builder;              ///< the one that it was built on, where builders have names
  std::string buildkit;             ///< version of that builder's daemon
  std::vector<std::string> changes; ///< edits and actions in words
  std::string command;              ///< the client's command line, as one can paste it
  int exit_code = 0;                ///< of the client
  std::string log;                  ///< what the client printed: `client.log`, not in the JSON
  BuildRecord record;
  std::vector<CacheContents> caches; ///< of each registry ref that the build exported to
  std::optional<Result> result;      ///< where it was asked for; not in the JSON: result.json and clean.json hold it
  Fingerprint context;               ///< just before the build
  std::optional<Fingerprint> context_after; ///< just after it, where it differs: the build changed its own input
  std::vector<std::string> requests;        ///< to the sandbox's file server, one a line
  std::vector<std::string> lint;            ///< rendered warnings about this build's own attributes, allowed ones too
  std::vector<std::string> notes;           ///< e.g. a failed import
  Verdict verdict = Verdict::broken;
  std::vector<Finding> findings;
  std::optional<util::Error> broken; ///< why there is no verdict about the cache
  Nanoseconds duration = 0;
  Timings timings; ///< of its parts
  bool operator==(const RoundEvidence&) const = default;
};

/// The proof that the world was empty before round 1, or that nobody can say so.
struct CleanState {
  std::size_t disk_usage_records = 0;          ///< of the first daemon
  std::vector<std::string> registry_catalogue; ///< repositories
  std::vector<std::string> environment;        ///< NAME=value of the clients, sorted
  bool proven = true;                          ///< false in an engine of the user's, from which nothing is removed
  bool operator==(const CleanState&) const = default;
};

/// An image of a public registry: what its name stood for in all of the case.
struct PinnedImage {
  std::string name; ///< in full: `docker.io/library/alpine:latest`
  std::string digest;
  bool operator==(const PinnedImage&) const = default;
};

/// A share of plays, and between which shares it lies with a confidence of 95 % if more were played: Wilson's score
/// interval (E. B. Wilson, 1927), which is sound for few plays and at 0 and 1.
struct Rate {
  int count = 0;
  int plays = 0;
  double low = 0;
  double high = 1;
  bool operator==(const Rate&) const = default;
};
/// `3 of 10 plays, 0.30 (95 %: 0.11 to 0.60)`
std::string to_text(const Rate& rate);

/// What came of a story that was played several times.
struct RepeatEvidence {
  int times = 0;    ///< that it should be played
  Rate failed;      ///< plays in which a claim did not hold
  Rate known;       ///< plays that failed, and exactly as known issues say
  std::string rule; ///< by which this becomes a verdict, in words
  std::vector<std::string> notes;
  std::vector<Finding> findings; ///< about the plays together
  bool operator==(const RepeatEvidence&) const = default;
};

/// One scenario in one cell of its matrix on one version, played.
struct CaseEvidence {
  std::string id; ///< `registry/asset_edit_rebuilds_one_stage[mode=max]@v0.34.2`
  std::string title;
  std::string scenario; ///< path of the YAML file, as the caller wrote it
  std::vector<std::string> issues;
  std::vector<std::pair<std::string, std::string>> cell;
  std::string buildkit;       ///< version
  std::string driver;         ///< what started its builds: `buildctl`, `buildx`, `docker`
  std::string driver_version; ///< of buildx; buildctl has BuildKit's
  std::string docker;         ///< version of the engine that built; empty without one
  std::string engine;         ///< `host`, `disposable` for one of the user's
  std::string frontend;       ///< version or image of the Dockerfile frontend that was asked for beside the scenario
  std::vector<std::string> programs; ///< where those came from that the command line named by folder or image
  std::optional<CleanState> clean;
  std::vector<PinnedImage> images;   ///< those that were pulled by a tag, sorted
  std::vector<RoundEvidence> rounds; ///< of all plays, one after the other
  std::optional<RepeatEvidence> repeat;
  Verdict verdict = Verdict::broken;
  std::string reason;                ///< of a skip
  std::optional<util::Error> broken; ///< of a rig that failed outside any round
  Nanoseconds duration = 0;
  Timings timings; ///< of what lies outside its rounds
  bool operator==(const CaseEvidence&) const = default;
};

/// Where a round's evidence lies below its case's: `round-2`, `round-2/alpha`, `play-1/round-2`.
std::filesystem::path folder_of(const RoundEvidence& round);
/// What people call it: its name, `one file edited · alpha · play 3` for one of several builds and plays.
std::string shown_name(const RoundEvidence& round);

void to_json(nlohmann::json& json, const RoundEvidence& round);
void from_json(const nlohmann::json& json, RoundEvidence& round);
void to_json(nlohmann::json& json, const CaseEvidence& played);
void from_json(const nlohmann::json& json, CaseEvidence& played);

/// Writes `FOLDER/case.json` and nothing of its rounds.
util::Status save(const CaseEvidence& played, const std::filesystem::path& folder);
/// Writes `round.json` into its folder below `FOLDER`.
util::Status save(const RoundEvidence& round, const std::filesystem::path& folder);
/// Reads what `save` wrote, rounds included. A file of another version or with a wrong type is a located error.
util::Result<CaseEvidence> load(const std::filesystem::path& folder);
/// All folders at or below `root` that hold a case, sorted by path.
std::vector<std::filesystem::path> find_cases(const std::filesystem::path& root);

} // namespace cacheproof::evidence
