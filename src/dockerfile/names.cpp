#include "dockerfile/names.hpp"

#include "dockerfile/expand.hpp"
#include "dockerfile/lines.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace cacheproof::dockerfile {
namespace {

using Values = std::map<std::string, std::string>;

/// `NAME=value` words of ARG and ENV, or ENV's old `NAME value`.
std::vector<std::pair<std::string, std::optional<std::string>>> assignments(const Instruction& instruction) {
  const auto [keyword, rest] = split_keyword(instruction.code);
  std::vector<std::pair<std::string, std::optional<std::string>>> all;
  const auto found = words(rest, '\\');
  if (keyword == "ENV" && !found.empty() && found.front().find('=') == std::string::npos) {
    const auto value = util::trim(std::string_view(rest).substr(std::min(rest.size(), found.front().size())));
    all.emplace_back(found.front(), std::string(value));
    return all;
  }
  for (const auto& word : found) {
    const auto equals = word.find('=');
    if (equals == std::string::npos)
      all.emplace_back(word, std::nullopt);
    else
      all.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return all;
}

/// The first line of a heredoc that is the whole command of a RUN (dockerfile2llb, summarizeHeredoc).
std::string heredoc_summary(const Instruction& instruction, const std::vector<std::string>& lines) {
  if (instruction.keyword != "RUN" || instruction.heredocs.size() != 1) return {};
  auto rest = split_keyword(instruction.code).second;
  take_flags(rest, '\\');
  if (words(rest, '\\').size() != 1) return {};
  std::string text;
  const auto last = std::min<std::size_t>(lines.size(), static_cast<std::size_t>(instruction.last_line) - 1);
  for (auto i = static_cast<std::size_t>(instruction.first_line); i < last; ++i) text += lines[i] + "\n";
  const auto document = util::lines(util::trim(text));
  if (document.empty()) return " ()";
  return fmt::format(" ({}{})", document.front(), document.size() > 1 ? "..." : "");
}

std::string with_upper_keyword(std::string text) {
  const auto end = std::find(text.begin(), text.end(), ' ');
  std::transform(text.begin(), end, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

class Namer {
public:
  Namer(const File& file, const Values& build_args)
      : file_(file),
        lines_(util::lines(file.text)),
        build_args_(build_args) {}

  std::vector<NamedStep> name(int target) {
    const auto needed = file_.reachable(target);
    for (const auto& stage : file_.stages) {
      Values values = stage.base_stage ? values_[static_cast<std::size_t>(*stage.base_stage)] : Values();
      for (const auto& instruction : stage.instructions) {
        if (instruction.number > 0 && needed.contains(stage.index))
          steps_.push_back({stage.index, &instruction, label(stage, instruction) + text(instruction, stage, values)});
        take_values(instruction, values);
      }
      values_.push_back(std::move(values));
    }
    return std::move(steps_);
  }

private:
  /// dockerfile2llb, prefixCommand: numbers are as wide as the total; the only stage of a file has no name.
  std::string label(const Stage& stage, const Instruction& instruction) const {
    const auto name = file_.stages.size() > 1 ? stage.name + " " : std::string();
    const auto total = std::to_string(stage.total);
    return fmt::format("[{}{:>{}}/{}] ", name, instruction.number, total.size(), total);
  }

  std::string text(const Instruction& instruction, const Stage& stage, const Values& values) const {
    if (instruction.keyword == "FROM") return "FROM " + stage.base;
    const bool run = instruction.keyword == "RUN";
    auto code = instruction.code + heredoc_summary(instruction, lines_);
    const auto expanded = expand(code, values, '\\', run ? Quotes::kept : Quotes::taken_off);
    return with_upper_keyword(expanded.value_or(code));
  }

  void take_values(const Instruction& instruction, Values& values) const {
    if (instruction.keyword != "ARG" && instruction.keyword != "ENV") return;
    for (const auto& [name, written] : assignments(instruction)) {
      const auto given = build_args_.find(name);
      const auto global = file_.arguments.find(name);
      if (instruction.keyword == "ARG" && given != build_args_.end())
        values[name] = given->second;
      else if (written)
        values[name] = expand(*written, values, '\\').value_or(*written);
      else if (instruction.keyword == "ARG" && global != file_.arguments.end())
        values[name] = global->second;
    }
  }

  const File& file_;
  const std::vector<std::string> lines_;
  const Values& build_args_;
  std::vector<Values> values_; ///< of each stage at its end
  std::vector<NamedStep> steps_;
};

} // namespace

std::vector<NamedStep> named_steps(const File& file, int target, const Values& build_args) {
  return Namer(file, build_args).name(target);
}

} // namespace cacheproof::dockerfile
