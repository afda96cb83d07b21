#include "author/first_edit.hpp"

#include "dockerfile/lines.hpp"
#include "scenario/step_reference.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

namespace cacheproof::author {
namespace {

namespace fs = std::filesystem;
using dockerfile::File;
using dockerfile::Instruction;
using dockerfile::Stage;
using Strings = std::vector<std::string>;

/// The sources of a COPY or ADD as they are written, its flags and its destination left out.
Strings sources_of(const Instruction& instruction) {
  auto rest = dockerfile::split_keyword(instruction.text).second;
  dockerfile::take_flags(rest, '\\');
  rest = util::trim(rest);
  Strings words;
  if (rest.starts_with('[')) {
    const auto json = nlohmann::json::parse(rest, nullptr, false);
    if (json.is_array())
      for (const auto& word : json) words.push_back(word.is_string() ? word.get<std::string>() : "");
  } else {
    words = dockerfile::words(rest, '\\');
  }
  if (!words.empty()) words.pop_back();
  return words;
}

/// Whether the file, or a folder that holds it, is what the source names.
bool takes(std::string source, const std::string& file) {
  source = fs::path("/" + source).lexically_normal().relative_path().string();
  while (source.ends_with('/')) source.pop_back();
  if (source.empty() || source == ".") return true;
  const auto depth = std::count(source.begin(), source.end(), '/') + 1;
  fs::path part;
  auto left = depth;
  for (const auto& name : fs::path(file)) {
    part /= name;
    if (--left == 0) break;
  }
  return left == 0 && util::glob_match(source, part.string());
}

bool copies(const Instruction& instruction, const std::string& file) {
  if (instruction.keyword != "COPY" && instruction.keyword != "ADD") return false;
  const bool elsewhere = std::any_of(
      instruction.flags.begin(), instruction.flags.end(), [](const auto& flag) { return flag.name == "from"; });
  if (elsewhere) return false;
  const auto sources = sources_of(instruction);
  return std::any_of(sources.begin(), sources.end(), [&](const auto& one) { return takes(one, file); });
}

/// A mount of the context itself: what it reads of it is not told.
bool mounts_context(const Instruction& instruction) {
  return std::any_of(instruction.flags.begin(), instruction.flags.end(), [](const auto& flag) {
    return flag.name == "mount" && flag.value.find("from=") == std::string::npos
           && (flag.value.find("type=bind") != std::string::npos || flag.value.find("type=") == std::string::npos);
  });
}

/// What an edit of one file can reach.
struct Reach {
  std::vector<std::pair<const Stage*, const Instruction*>> spared; ///< steps that it cannot, in order
  const Stage* stage = nullptr;                                    ///< of the last COPY that takes the file
};

Reach reach(const File& file, const std::set<int>& stages, const std::string& path) {
  Reach reach;
  std::set<int> dirty;
  for (const int index : stages) {
    const auto& stage = file.stages[static_cast<std::size_t>(index)];
    bool reached = stage.base_stage && dirty.contains(*stage.base_stage);
    for (const auto& instruction : stage.instructions) {
      if (instruction.number == 0 || instruction.keyword == "FROM") continue;
      const bool takes_file = copies(instruction, path);
      if (takes_file) reach.stage = &stage;
      reached = reached || takes_file || mounts_context(instruction)
                || (instruction.from && dirty.contains(*instruction.from))
                || std::any_of(instruction.mounts.begin(), instruction.mounts.end(), [&](int from) {
                     return dirty.contains(from);
                   });
      if (!reached) reach.spared.emplace_back(&stage, &instruction);
    }
    if (reached) dirty.insert(index);
  }
  return reach;
}

bool installs(const Instruction& instruction) {
  static const Strings words{"install", "npm ci", "mod download", "yarn", "pnpm", "apk add", "fetch", "restore"};
  const auto text = util::lower(instruction.text);
  return instruction.keyword == "RUN"
         && std::any_of(words.begin(), words.end(), [&](const auto& word) { return text.find(word) != text.npos; });
}

/// `app RUN npm ci*` where that names this step alone, else `app 3`.
std::string reference_to(const Stage& stage, const Instruction& instruction) {
  std::size_t end = 0;
  for (int word = 0; word < 3 && end != std::string::npos; ++word) end = instruction.text.find(' ', end + 1);
  auto words = instruction.text.substr(0, end);
  if (words.find_first_of("*?") == std::string::npos && words.find("${") == std::string::npos) {
    auto text = fmt::format("{} {}{}", stage.name, words, end == std::string::npos ? "" : "*");
    const auto reference = scenario::StepReference::parse(text, {});
    const auto named = std::count_if(stage.instructions.begin(), stage.instructions.end(), [&](const auto& one) {
      return one.number > 0 && reference && reference->matches(stage.name, one.number, one.text);
    });
    if (named == 1) return text;
  }
  return fmt::format("{} {}", stage.name, instruction.number);
}

/// The first one that installs packages; else the first RUN, if there is one in the stage that the edit reaches.
std::string spared_step(const Reach& reach) {
  const Instruction* best = nullptr;
  const Stage* of = nullptr;
  const auto rank = [&](const Stage* stage, const Instruction& one) {
    return std::tuple(installs(one), one.keyword == "RUN", stage == reach.stage);
  };
  for (const auto& [stage, instruction] : reach.spared)
    if (!best || rank(stage, *instruction) > rank(of, *best)) {
      best = instruction;
      of = stage;
    }
  return best ? reference_to(*of, *best) : "";
}

std::string comment_for(const std::string& path) {
  static const std::map<std::string, std::string> comments{
      {".js", "//"},   {".mjs", "//"}, {".cjs", "//"}, {".jsx", "//"}, {".ts", "//"},    {".tsx", "//"},
      {".go", "//"},   {".c", "//"},   {".h", "//"},   {".cc", "//"},  {".cpp", "//"},   {".rs", "//"},
      {".java", "//"}, {".kt", "//"},  {".cs", "//"},  {".php", "//"}, {".swift", "//"}, {".scala", "//"},
      {".py", "#"},    {".rb", "#"},   {".sh", "#"},   {".pl", "#"},   {".ex", "#"},     {".toml", "#"},
      {".yaml", "#"},  {".yml", "#"},  {".lua", "--"}, {".sql", "--"}};
  const auto found = comments.find(fs::path(path).extension().string());
  return found == comments.end() ? "\n" : found->second + " edited\n";
}

} // namespace

std::optional<FirstEdit> first_edit(const File& dockerfile, int target, const Strings& files) {
  const auto stages = dockerfile.reachable(target);
  std::optional<FirstEdit> best;
  std::tuple<std::size_t, bool, std::size_t> best_rank;
  for (const auto& path : files) {
    const auto seen = reach(dockerfile, stages, path);
    if (!seen.stage) continue;
    const auto text = comment_for(path);
    // More steps spared, then code, then the one nearest to the top.
    const auto depth = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
    const std::tuple rank{seen.spared.size(), text != "\n", files.size() - std::min(files.size(), depth)};
    if (best && rank <= best_rank) continue;
    best_rank = rank;
    best = FirstEdit{path, text, spared_step(seen)};
  }
  return best;
}

} // namespace cacheproof::author
