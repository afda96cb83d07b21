#include "lint/prediction.hpp"

#include "scenario/codes.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace cacheproof::lint {
namespace {

using Paths = std::vector<std::string>;
using dockerfile::Instruction;

bool contains(const std::string& folder, const std::string& path) {
  return path == folder || path.starts_with(folder + "/");
}

/// Whether a source of COPY or ADD may name one of the paths. What is not plainly a path may.
bool may_name(const std::string& written, const Paths& paths) {
  if (written.find_first_of("$*?[\\\"'<:,") != std::string::npos) return !paths.empty();
  auto source = std::filesystem::path(written).lexically_normal().relative_path().string();
  while (source.ends_with('/')) source.pop_back();
  if (source.empty() || source == ".") return !paths.empty();
  return std::any_of(
      paths.begin(), paths.end(), [&](const auto& path) { return contains(source, path) || contains(path, source); });
}

/// Whether the instruction reads one of the edited paths from the build's context.
bool reads(const Instruction& instruction, const Paths& edited) {
  const auto any_flag = [&](std::string_view name, auto accepts) {
    return std::any_of(instruction.flags.begin(), instruction.flags.end(), [&](const auto& flag) {
      return flag.name == name && accepts(flag.value);
    });
  };
  // A bind mount is one of the context unless it says otherwise; to say which part takes more than this reader knows.
  const auto may_be_bind = [](const std::string& mount) {
    const auto type = mount.find("type=");
    return type == std::string::npos || mount.substr(type).starts_with("type=bind");
  };
  if (instruction.keyword == "RUN") return !edited.empty() && any_flag("mount", may_be_bind);
  if (instruction.keyword != "COPY" && instruction.keyword != "ADD") return false;
  if (any_flag("from", [](const auto&) { return true; })) return false;
  std::istringstream words(instruction.text);
  Paths sources;
  for (std::string word; words >> word;)
    if (!word.starts_with("--")) sources.push_back(word);
  if (sources.size() < 3) return true;
  return std::any_of(
      sources.begin() + 1, sources.end() - 1, [&](const auto& source) { return may_name(source, edited); });
}

} // namespace

std::optional<Paths> edited_paths(const scenario::Edit& edit) {
  using Kind = scenario::Edit::Kind;
  switch (edit.kind) {
  case Kind::touch:
    return Paths{};
  case Kind::rename:
    return Paths{edit.path, edit.to};
  case Kind::copy:
    return Paths{edit.to};
  case Kind::write:
  case Kind::append:
  case Kind::replace:
  case Kind::remove:
  case Kind::mkdir:
  case Kind::symlink:
  case Kind::hardlink:
  case Kind::chmod:
  case Kind::chown:
  case Kind::xattr:
    return Paths{edit.path};
  default:
    return {};
  }
}

std::vector<util::Diagnostic> check_unchanged(const scenario::StepSet& rebuilt,
                                              const dockerfile::File& dockerfile,
                                              const Paths& edited,
                                              const std::vector<std::string>& source) {
  std::vector<util::Diagnostic> found;
  std::vector<bool> changes; // of each stage: what it results in
  for (const auto& stage : dockerfile.stages) {
    bool changed = stage.base_stage && changes[static_cast<std::size_t>(*stage.base_stage)];
    for (const auto& instruction : stage.instructions) {
      const auto of_stage = [&](int index) { return bool(changes[static_cast<std::size_t>(index)]); };
      changed = changed || reads(instruction, edited) || (instruction.from && of_stage(*instruction.from))
                || std::any_of(instruction.mounts.begin(), instruction.mounts.end(), of_stage);
      if (changed || instruction.number == 0 || instruction.keyword == "FROM") continue;
      for (const auto& reference : rebuilt.steps) {
        if (!reference.matches(stage.name, instruction.number, instruction.text)) continue;
        auto one = scenario::diagnostic(
            scenario::codes::k_unchanged_step,
            reference.spot,
            source,
            fmt::format("'{}' names '{} {} {}', which no edit of this round reaches",
                        reference.text,
                        stage.name,
                        instruction.number,
                        instruction.text),
            "with its cache imported it is not built again; only a bug rebuilds it (moby/buildkit#1515)");
        one.width = static_cast<int>(reference.text.size());
        const bool said =
            std::any_of(found.begin(), found.end(), [&](const auto& each) { return each.spot == reference.spot; });
        if (!said) found.push_back(std::move(one));
      }
    }
    changes.push_back(changed);
  }
  return found;
}

} // namespace cacheproof::lint
