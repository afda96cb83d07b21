#pragma once

#include "util/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace cacheproof::evidence {

/// What became of a step in one build. The rules that tell them apart are buildkit/decode.hpp's.
enum class Outcome {
  rebuilt,     ///< it executed
  cached,      ///< a cache answered (pulled or not)
  unneeded,    ///< nobody asked for it
  failed,      ///< it executed and failed
  not_reached, ///< the build failed before it was its turn
};

enum class StepKind {
  step,         ///< an instruction that BuildKit executes: COPY, ADD, RUN, WORKDIR
  source,       ///< FROM, a context, a URL, a git repository: never "rebuilt"
  internal,     ///< `[internal] load build definition` and the like
  cache_import, ///< `importing cache manifest from …`
  cache_export, ///< `exporting cache to …`
};

/// Where a step is written: `build-public 4`. Numbers are those that BuildKit prints (`[build-public 4/8]`).
struct Place {
  std::string stage; ///< as BuildKit names it: `build-public`, `stage-1` for an unnamed one
  int number = 0;
  int total = 0;
  std::string instruction; ///< as written, line continuations folded: `COPY js ./js`
  int line = 0;            ///< in the Dockerfile, from 1
  std::string platform;    ///< of a build for several, whose image it is for: `linux/arm64`; else empty
  bool operator==(const Place&) const = default;
};

/// A time in nanoseconds since 1970; 0 when it was not told.
using Nanoseconds = std::int64_t;

/// One announcement of a vertex: `cached` without times is a cache hit that needed no work.
struct Interval {
  Nanoseconds started = 0;
  Nanoseconds completed = 0;
  bool cached = false;
  bool operator==(const Interval&) const = default;
};

/// One step of a build: a vertex of BuildKit's graph, or the few that one instruction became (COPY --link, ADD URL).
/// A vertex that several stages share is one step with several places. A written step that was not needed has no
/// vertex.
struct Step {
  StepKind kind = StepKind::step;
  Outcome outcome = Outcome::unneeded;
  std::string build;         ///< of several builds that one command line started: the name of this step's; else empty
  std::vector<Place> places; ///< empty for what no line of the Dockerfile made
  std::string name;          ///< BuildKit's own label, which may be any of the places (explain-facts 1)
  std::vector<std::string> vertices; ///< digests, `sha256:…`
  std::vector<std::string> inputs;   ///< digests of the vertices it depends on, its own excluded
  std::vector<Interval> intervals;   ///< in the order in which they were announced
  std::string error;                 ///< of the last failing interval
  bool pulled = false;               ///< its layers were fetched (`sha256:…` or `extracting …` statuses)
  bool operator==(const Step&) const = default;
};

/// A warning of BuildKit's own (a lint rule of the frontend), never one of cacheproof's.
struct BuildWarning {
  std::string text;
  std::string url;
  int line = 0;
  bool operator==(const BuildWarning&) const = default;
};

/// A cache import that was asked for and got as far as a vertex; `error` is empty when BuildKit saw nothing wrong,
/// which is no proof that something was imported (explain-facts 9.5).
struct CacheImport {
  std::string ref;
  std::string error;
  bool operator==(const CacheImport&) const = default;
};

/// One op of the build's graph, from the provenance: what a step is, apart from what became of it.
struct Op {
  std::string vertex;              ///< digest
  std::string definition;          ///< the op as the provenance's JSON text
  std::vector<std::string> inputs; ///< vertex digests
  std::vector<int> lines;          ///< first Dockerfile lines of the instructions that made it
  bool operator==(const Op&) const = default;
};
using OpGraph = std::vector<Op>;

/// What one build did, in plain data. Of several builds of one command line: what each did, one after the other; they
/// succeeded if all did.
struct BuildRecord {
  std::string ref;     ///< BuildKit's id of the build; empty where the request was refused before one began
  std::string builder; ///< the daemon's version, as the toolchain says it
  bool succeeded = false;
  std::string error; ///< of a failed build; of a refused one the words of the client
  std::vector<Step> steps;
  std::vector<BuildWarning> warnings;
  std::vector<CacheImport> imports;
  OpGraph graph; ///< empty for a failed build and for one that the client has told: it has no provenance
  /// The client's progress alone has told it, as the daemon keeps no history of builds (Docker 20.10): less is known,
  /// and it is less certain.
  bool by_client = false;
  bool operator==(const BuildRecord&) const = default;
};

/// The steps of kind `step`, each written one once: what several builds made of it stands together. (Their vertices
/// differ: of the digest is also which session a file comes from.)
std::vector<std::vector<const Step*>> distinct_steps(const BuildRecord& record);

/// `build-public 4/8 COPY assets ./assets`, all places of a shared step joined by ` = `; BuildKit's label without one.
/// With the name of its build before it, `alpha:app 2/3 RUN make`, where there are several.
std::string label(const Step& step);
/// `build-public 4`, `linux/arm64 build-public 4`
std::string label(const Place& place);

std::string_view to_text(Outcome outcome);
std::string_view to_text(StepKind kind);

void to_json(nlohmann::json& json, const BuildRecord& record);
void from_json(const nlohmann::json& json, BuildRecord& record);

} // namespace cacheproof::evidence
