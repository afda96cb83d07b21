#pragma once

#include "scenario/result.hpp"
#include "scenario/setup.hpp"
#include "scenario/step_reference.hpp"
#include "scenario/text.hpp"
#include "util/diagnostic.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace cacheproof::scenario {

/// One combination of matrix values: dimension → value, in the order of the file. Empty without a matrix.
using Cell = std::vector<std::pair<std::string, std::string>>;

/// One path of the files that a scenario holds. Without a mode of their own files have 0644 and folders 0755, without a
/// time 2020-01-01T00:00:00Z, whatever the umask. Texts are never interpolated.
struct InlineFile {
  enum class Kind { file, folder, symlink, hardlink, archive };
  std::string path;
  std::string text; ///< the content; the target of a link (of a hard link a path of the same files)
  util::SourceSpot spot;
  Kind kind = Kind::file;
  std::optional<std::uint32_t> mode;
  std::optional<std::int64_t> mtime; ///< nanoseconds since 1970
  std::vector<InlineFile> files;     ///< of an archive, in the order of its entries: each folder before what it holds
  bool operator==(const InlineFile&) const = default;
};
using InlineFiles = std::vector<InlineFile>;

/// A commit of a git repository: one on this machine, which is only read, or one behind a URL.
struct GitSource {
  std::string repository; ///< an absolute path, or a URL
  bool is_url = false;
  std::string commit; ///< a commit, a tag or a branch
  util::SourceSpot spot;
  bool operator==(const GitSource&) const = default;
};

/// Where the build context comes from: a folder on disk (absolute, checked to stay inside the enclosing repository),
/// files written in the scenario, or a commit.
using Context = std::variant<std::filesystem::path, InlineFiles, GitSource>;

/// A change of the build context.
struct Edit {
  enum class Kind {
    write,
    append,
    replace,
    remove,
    touch,
    rename,
    copy,
    mkdir,
    symlink,
    hardlink,
    chmod,
    chown,
    xattr,
    patch,
    checkout
  };
  Kind kind = Kind::write;
  std::string path; ///< relative to the context, never leading out of it; `from` of rename and copy; not of a patch,
                    ///< which names its own, nor of checkout
  std::string text; ///< of write and append; `new` of replace; the value of xattr; the patch; the commit of checkout
  std::string old;  ///< of replace: must match once
  std::optional<std::int64_t> mtime; ///< nanoseconds since 1970; without one the time becomes now
  util::SourceSpot spot;
  std::string to;                    ///< of rename and copy; the target of a link
  std::optional<std::uint32_t> mode; ///< of chmod, mkdir and write
  std::optional<std::uint32_t> uid;  ///< of chown, as `gid`
  std::optional<std::uint32_t> gid;
  std::string name;        ///< of xattr: `user.…`
  bool atomic = false;     ///< content goes into a new file that is renamed over the old one: a new inode
  bool keep_mtime = false; ///< the time of a file whose content changes stays what it was
  bool keep_size = false;  ///< an edit of content that would change the size is refused
  bool operator==(const Edit&) const = default;
};

/// Names with a value each, in the order of the file.
using Named = std::vector<std::pair<std::string, Text>>;

/// A secret, or a key for SSH.
struct Credential {
  Text words;                      ///< the client's own: `id=token,env=TOKEN`, `default=key.pem`; or only the id
  std::optional<std::string> text; ///< its content, never interpolated: kept outside of the context
};

/// What is asked of a builder. An absent key is not passed on. Compose's keys, then those beside them.
struct BuildSpec {
  std::optional<Text> context;           ///< a folder of the scenario's context; without one all of it
  std::optional<Text> dockerfile;        ///< relative to the context
  std::optional<Text> dockerfile_inline; ///< its text, never interpolated; in its place
  std::optional<Text> target;
  Named args;
  std::optional<std::vector<Text>> cache_from; ///< given but empty: clears the scenario's default
  std::optional<std::vector<Text>> cache_to;
  std::optional<bool> no_cache;
  std::optional<std::vector<Text>> no_cache_filter; ///< stages
  std::optional<bool> pull;
  std::optional<std::vector<Text>> platforms;
  Named labels;
  std::optional<std::vector<Credential>> secrets;
  std::optional<std::vector<Credential>> ssh;
  Named additional_contexts; ///< a folder of the scenario's context, or an address with a scheme
  std::optional<Text> network;
  std::optional<std::vector<Text>> tags;        ///< without an output they mean nothing, as in buildx
  std::optional<Text> shm_size;                 ///< in bytes
  Named ulimits;                                ///< `soft:hard`
  std::optional<std::vector<Text>> extra_hosts; ///< `name=address`
  std::optional<std::vector<Text>> entitlements;
  std::optional<Text> provenance; ///< `true`, `false` or attributes
  std::optional<Text> sbom;
  std::optional<std::vector<Text>> output; ///< a `dest` lies outside of the context, in a folder of the case
  std::optional<Text> frontend;            ///< `dockerfile.v0`, or an image that is one
  Named env;
  std::optional<std::vector<Text>> client_args;
};
/// `base` with the keys of `over` in place of its own; what has names is merged by name, as in Compose.
BuildSpec merge(const BuildSpec& base, const BuildSpec& over);

/// What is known of a case beside its cell, under names of the language's own: `buildkit`, `buildx`, `docker`
/// (versions), `driver`, `backend` (the type of the first `cache_to`). A fact that a case does not have is not there.
bool is_fact(std::string_view name);
/// A version may be asked for by a range.
bool is_version_fact(std::string_view name);
/// A cell with the facts behind its dimensions: what a claim may depend on.
using World = Cell;

/// Dimension or fact → the values for which an alternative counts; ranges (`>=0.13 <0.32`) among those of a version.
/// Empty: always.
using When = std::vector<std::pair<std::string, std::vector<std::string>>>;
bool matches(const When& when, const World& world);
/// Whether one condition holds. One about a fact that is not there does not.
bool holds(const When::value_type& condition, const World& world);

/// One way to fill an expectation, and the cells for which it counts.
template <class T> struct Alternative {
  When when;
  T value;
  util::SourceSpot spot;
};
/// The claim of one key: the first alternative that matches counts. The reader refuses a scenario with a cell that none
/// can match, the engine a case that none does: a claim never vanishes.
template <class T> struct Claim {
  std::vector<Alternative<T>> alternatives;
  util::SourceSpot spot;
  const Alternative<T>* choose(const World& world) const {
    for (const auto& alternative : alternatives)
      if (matches(alternative.when, world)) return &alternative;
    return nullptr;
  }
};

/// `all`, `none` or a list of step references.
struct StepSet {
  enum class Kind { all, none, listed };
  Kind kind = Kind::listed;
  std::vector<StepReference> steps;
};

/// A number or a comparison: `16`, `"<= 3"`.
struct Comparison {
  enum class Op { equal, less, less_equal, greater, greater_equal };
  Op op = Op::equal;
  std::uint64_t number = 0;
  bool holds(std::uint64_t observed) const;
  std::string to_text() const;
};

/// A share of plays against a bound: `"<= 0.2"`.
struct Share {
  Comparison::Op op = Comparison::Op::less_equal;
  double bound = 0; ///< from 0 to 1
  bool holds(std::uint64_t count, std::uint64_t of) const;
  std::string to_text() const;
};

struct Exported {
  enum class Manifest { image, index };
  std::optional<Text> of; ///< `app:cache`, where several caches were exported
  std::optional<Comparison> layers;
  util::SourceSpot layers_spot;
  std::optional<Text> media_type; ///< of the manifest
  std::optional<Manifest> manifest;
  util::SourceSpot manifest_spot;
};

/// `ok` or `{error: regex}`.
struct ExpectedImport {
  std::optional<Text> error; ///< a regex for the error of an import; nothing: every import succeeds
};

/// Regexes, each for some line, or for none, of what the client prints.
struct ExpectedLog {
  std::vector<Text> has;
  std::vector<Text> lacks;
};

/// `ok` or `{fails: regex}`.
struct ExpectedStatus {
  std::optional<Text> fails; ///< a regex for the error; nothing: the build succeeds
};

/// The claims of one round. What is absent is not claimed, except that a build without `status` must succeed.
struct Expectations {
  std::optional<Claim<StepSet>> rebuilt;
  std::optional<Claim<std::vector<StepReference>>> cached;
  std::optional<Claim<std::vector<StepReference>>> unneeded;
  std::optional<Claim<Exported>> exported;
  std::optional<Claim<ExpectedImport>> imported;
  std::optional<Claim<ExpectedStatus>> status;
  std::optional<Claim<ExpectedResult>> result;
  std::optional<Claim<std::vector<Text>>> warnings; ///< exact list of regexes
  std::optional<Claim<ExpectedLog>> log;
};

/// Calls `visit(key, claim)` for every claim that is there.
template <class Visit> void for_each_claim(const Expectations& expect, Visit visit) {
  const auto one = [&](const char* key, const auto& claim) {
    if (claim) visit(key, *claim);
  };
  one("rebuilt", expect.rebuilt);
  one("cached", expect.cached);
  one("unneeded", expect.unneeded);
  one("exported", expect.exported);
  one("imported", expect.imported);
  one("status", expect.status);
  one("result", expect.result);
  one("warnings", expect.warnings);
  one("log", expect.log);
}
/// `base` with the claims of `over` in place of its own.
Expectations merge_claims(const Expectations& base, const Expectations& over);

/// A bug that is known: in its range the round fails exactly so.
struct KnownIssue {
  std::string url;
  When when;           ///< its range; empty: everywhere
  Expectations expect; ///< how it misbehaves: these claims hold in place of the round's own, beside the rest of them
  util::SourceSpot spot;
  std::optional<Share> rate; ///< of the plays: how many of them fail exactly so; nothing: all
};

/// What a build of a `parallel` round waits for before it begins: an event of another one.
struct Barrier {
  enum class Event { started, finished };
  Text build; ///< the other's name
  Event event = Event::started;
  std::optional<StepReference> step; ///< nothing: the event is the build's own
};

/// One build of the story, or several at once.
struct Round {
  std::string name;
  util::SourceSpot spot;
  std::vector<Edit> edits;
  std::vector<Action> actions; ///< after the edits
  std::optional<Text> builder; ///< a name of `setup.builder`
  BuildSpec build;             ///< overrides of the scenario's
  std::optional<Text> run;     ///< instead of a build: a command line that starts builds
  Expectations expect;
  std::optional<KnownIssue> known_issue;

  /// Instead of one build: those that run at once, each a round of its own without edits, with the following keys.
  std::vector<Round> parallel;
  std::string entry; ///< the name of a build of `parallel`: letters, digits, `_`, `-`
  std::optional<Barrier> after;
  bool cancel = false; ///< ended when the others have finished, and not judged: it only holds something
};
/// The builds of a round: those of `parallel`, else the round itself.
std::span<const Round> builds_of(const Round& round);

/// How often the whole story is played, each time on an equal fresh world.
struct Repeat {
  int times = 1;
  std::optional<Share> fail_rate; ///< of the plays: those whose expectations did not hold; nothing: none may
  util::SourceSpot spot;
};

/// One claim about a build cache, as its file says it.
struct Scenario {
  std::filesystem::path file; ///< as the caller wrote it
  std::string id;             ///< `registry/asset_edit_rebuilds_one_stage`: path below `scenarios/` (or just the stem)
  std::vector<std::string> source; ///< the file's lines, for carets
  std::string title;
  std::string about;
  std::vector<std::string> issues;
  std::vector<std::string> tags;
  Context context;
  std::map<std::string, BaseImage> images; ///< by the name in the Dockerfile; those not listed are `upstream`
  Builders builders;
  std::size_t registries = 1;
  std::vector<ServedFile> http;
  std::optional<DaemonExtras> daemon;
  BuildSpec build;
  std::vector<std::pair<std::string, std::vector<std::string>>> matrix; ///< without values: every version played
  When needs; ///< `requires`: facts that a case must have, else it is skipped
  std::optional<Repeat> repeat;
  std::chrono::seconds timeout{120}; ///< of one build
  std::vector<Text> allow;           ///< codes or names of diagnostics
  std::vector<Round> rounds;
};

/// Every combination, the last dimension fastest; one empty cell without a matrix. A version played is `buildkit` here.
std::vector<Cell> cells(const Scenario& scenario);

/// `text` with `${name}` replaced from `variables` and `$${` by `${`. The reader has refused undefined names, so one
/// that is not in `variables` stays as it is.
std::string expand(std::string_view text, const std::map<std::string, std::string>& variables);

} // namespace cacheproof::scenario
