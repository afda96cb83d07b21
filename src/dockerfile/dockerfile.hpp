#pragma once

#include "util/diagnostic.hpp"
#include "util/result.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::dockerfile {

/// `--from=build` of an instruction; the value is empty for a flag without one (`--link`).
struct Flag {
  std::string name;
  std::string value;
  bool operator==(const Flag&) const = default;
};

struct Instruction {
  std::string keyword; ///< upper case
  std::string text;    ///< as written, continuations and blanks folded: `COPY --from=build /app/out out`
  std::string code;    ///< the same with its blanks, the keyword as written
  int first_line = 0;  ///< from 1
  int last_line = 0;   ///< heredocs included
  std::vector<Flag> flags;
  std::vector<std::string> heredocs; ///< their names, in order
  int number = 0;                    ///< as BuildKit counts the stage's steps; 0 for what is no step
  std::optional<int> from;           ///< index of the stage that COPY --from names
  std::vector<int> mounts;           ///< indexes of the stages that RUN --mount=from= names
  std::vector<std::string> images;   ///< that either of the two names and that are no stages
  bool operator==(const Instruction&) const = default;
};

struct Stage {
  int index = 0;
  std::string name; ///< as BuildKit names it: lower case, `stage-1` for an unnamed one
  bool named = false;
  std::string base;                      ///< the image, `scratch`, or the stage, arguments expanded
  std::optional<int> base_stage;         ///< index, when the base is a stage
  std::string platform;                  ///< of `FROM --platform=`, as written
  int line = 0;                          ///< of its FROM
  int total = 0;                         ///< of its numbered steps: `[build 2/5]`
  std::vector<Instruction> instructions; ///< its FROM first
  bool operator==(const Stage&) const = default;
};

/// A `# syntax=` directive.
struct Syntax {
  int line = 0; ///< 0 without one
  std::string image;
  bool operator==(const Syntax&) const = default;
};

struct File {
  std::string name;
  std::string text;
  Syntax syntax;
  std::vector<Stage> stages;
  std::map<std::string, std::string> arguments; ///< ARGs above the first FROM that have a value

  /// The stage that `target` names, by name (without case) or number; the last one when it is empty.
  std::optional<int> find_target(std::string_view target) const;
  /// Indexes of the stages that a build of this one needs, itself included.
  std::set<int> reachable(int stage) const;
  /// The images that a build of this stage reads, as they are written; `scratch` is none.
  std::set<std::string> images(int stage) const;
  /// The instruction that holds this line, its heredocs included; nothing for lines between instructions.
  const Instruction* instruction_at(int line) const;
  bool operator==(const File&) const = default;
};

/// Told even of a Dockerfile that cannot be read otherwise.
Syntax syntax_of(std::string_view text);

/// The file, unless there is an error among the diagnostics. Notes and warnings may come with a file.
struct Reading {
  std::optional<File> file;
  std::vector<util::Diagnostic> diagnostics;
};

/// Reads a Dockerfile by the rules of BuildKit's builtin frontend. What it cannot read is an error that says so, never
/// a guess. `build_args` replace the values of ARGs before the first FROM.
Reading read(std::string_view text, const std::string& file, const std::map<std::string, std::string>& build_args = {});
/// The same for who cannot go on without it: an error of the input that has all the diagnostics.
util::Result<File>
parse(std::string_view text, const std::string& file, const std::map<std::string, std::string>& build_args = {});

} // namespace cacheproof::dockerfile
