#include "dockerfile/dockerfile.hpp"

#include "dockerfile/expand.hpp"
#include "dockerfile/lines.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <regex>
#include <sstream>

namespace cacheproof::dockerfile {
namespace {

using util::Severity;

const std::vector<std::string> k_keywords = {"ADD",
                                             "ARG",
                                             "CMD",
                                             "COPY",
                                             "ENTRYPOINT",
                                             "ENV",
                                             "EXPOSE",
                                             "FROM",
                                             "LABEL",
                                             "RUN",
                                             "HEALTHCHECK",
                                             "MAINTAINER",
                                             "ONBUILD",
                                             "STOPSIGNAL",
                                             "SHELL",
                                             "USER",
                                             "VOLUME",
                                             "WORKDIR"};

std::optional<int> as_number(std::string_view text) {
  const auto number = util::parse_number<int>(text);
  return number && *number >= 0 ? number : std::nullopt;
}

/// Blanks folded, none at the ends; the keyword in upper case, as BuildKit prints it.
std::string fold(std::string_view text) {
  std::string folded;
  for (const char c : util::trim(text)) {
    const bool is_blank = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (!is_blank)
      folded += c;
    else if (folded.back() != ' ')
      folded += ' ';
  }
  const auto end = std::find(folded.begin(), folded.end(), ' ');
  std::transform(folded.begin(), end, folded.begin(), [](unsigned char c) { return std::toupper(c); });
  return folded;
}

bool is_step(const std::string& keyword) {
  return keyword == "RUN" || keyword == "COPY" || keyword == "ADD" || keyword == "WORKDIR";
}

bool is_stage_name(std::string_view lower) {
  return lower.front() >= 'a' && lower.front() <= 'z'
         && lower.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string_view::npos;
}

class Reader {
public:
  Reader(std::string_view text, const std::string& name, const std::map<std::string, std::string>& build_args)
      : lines_(cut(text, name)),
        physical_(util::lines(text)),
        build_args_(build_args) {
    file_.name = name;
    file_.text = text;
    file_.syntax = lines_.syntax;
    diagnostics_ = lines_.diagnostics;
  }

  Reading read() {
    for (const auto& line : lines_.lines) read_line(line);
    if (file_.stages.empty() && !util::any_error(diagnostics_))
      error(0, "CP0201", "no_stages", "cannot read this Dockerfile: it has no FROM", "");
    resolve();
    file_.arguments = std::move(arguments_);
    util::sort_by_place(diagnostics_);
    if (util::any_error(diagnostics_)) return {std::nullopt, std::move(diagnostics_)};
    return {std::move(file_), std::move(diagnostics_)};
  }

private:
  void read_line(const LogicalLine& line) {
    auto [keyword, rest] = split_keyword(line.text);
    if (std::find(k_keywords.begin(), k_keywords.end(), keyword) == k_keywords.end()) {
      const auto meant = util::nearest(keyword, k_keywords);
      return error(line.first,
                   "CP0202",
                   "unknown_instruction",
                   fmt::format("cannot read this line: '{}' is no instruction", keyword),
                   meant ? fmt::format("did you mean '{}'?", *meant) : "");
    }
    Instruction instruction;
    instruction.keyword = keyword;
    instruction.text = fold(line.text);
    instruction.code = util::trim(line.text);
    instruction.first_line = line.first;
    instruction.last_line = line.last;
    instruction.heredocs = line.heredocs;
    for (const auto& flag : take_flags(rest, lines_.escape)) {
      const auto equals = std::min(flag.find('='), flag.size());
      instruction.flags.push_back({flag.substr(2, equals - 2), equals < flag.size() ? flag.substr(equals + 1) : ""});
    }
    if (keyword == "FROM") return begin_stage(std::move(instruction), rest);
    if (file_.stages.empty()) {
      if (keyword == "ARG") return read_global_argument(line.first, rest);
      return error(line.first,
                   "CP0209",
                   "instruction_before_from",
                   fmt::format("{} before the first FROM", keyword),
                   "only ARG may stand there");
    }
    if (keyword == "ONBUILD")
      note(line.first,
           "CP0208",
           "onbuild_ignored",
           "ONBUILD runs in the stages that build on this one: cacheproof claims nothing about its steps",
           "");
    auto& stage = file_.stages.back();
    const bool root = keyword == "WORKDIR" && leads_to_root(rest);
    if (is_step(keyword)) ++stage.total;
    if (is_step(keyword) && !root) instruction.number = ++numbered_;
    stage.instructions.push_back(std::move(instruction));
  }

  /// `WORKDIR /` makes nothing: BuildKit counts it in the total but gives it neither a vertex nor a number. `//` and
  /// `/.` are other folders to it, but a relative path is put into normal form (dockerfile2llb, dispatchWorkdir). What
  /// a variable stands for is taken for no root.
  bool leads_to_root(std::string_view written) {
    auto& folder = working_folders_.back();
    const auto path = expand(util::trim(written), {}, lines_.escape);
    if (!path || written.find('$') != std::string_view::npos)
      folder = "/$";
    else if (path->starts_with('/'))
      folder = *path;
    else
      folder = (folder / *path).lexically_normal();
    if (!folder.has_filename() && folder.has_relative_path()) folder = folder.parent_path();
    return folder.native() == "/";
  }

  void begin_stage(Instruction instruction, std::string_view rest) {
    const int line = instruction.first_line;
    std::istringstream fields{std::string(rest)};
    const std::vector<std::string> arguments(std::istream_iterator<std::string>(fields), {});

    Stage stage;
    stage.index = static_cast<int>(file_.stages.size());
    stage.line = line;
    stage.named = arguments.size() == 3 && util::lower(arguments[1]) == "as";
    if (!stage.named && arguments.size() != 1)
      error(line, "CP0204", "bad_from", "cannot read this FROM: it takes an image, or `image AS name`", "");
    stage.name = stage.named ? util::lower(arguments[2]) : fmt::format("stage-{}", stage.index);
    if (stage.named && !is_stage_name(stage.name))
      error(line,
            "CP0204",
            "bad_from",
            fmt::format("cannot read this FROM: '{}' is no name for a stage", arguments[2]),
            "names begin with a letter and hold letters, digits, '-', '_' and '.'");
    for (const auto& flag : instruction.flags)
      if (flag.name == "platform") stage.platform = flag.value;
    if (!arguments.empty()) resolve_base(stage, arguments.front());
    numbered_ = 0;
    if (stage.base != "scratch" && !stage.base_stage) instruction.number = numbered_ = ++stage.total;
    stage.instructions.push_back(std::move(instruction));
    if (stage.named) named_[stage.name] = stage.index;
    // That of an image is not known; most have none.
    working_folders_.push_back(stage.base_stage ? working_folders_[static_cast<std::size_t>(*stage.base_stage)] : "/");
    file_.stages.push_back(std::move(stage));
  }

  /// A base is the latest stage above of that name, else an image (dockerfile2llb, addState).
  void resolve_base(Stage& stage, const std::string& written) {
    const auto base = expand(written, arguments_, lines_.escape);
    const auto unknown = unknown_argument(written);
    if (!base)
      return error(stage.line, "CP0204", "bad_from", fmt::format("cannot read this FROM: {}", base.error()), "");
    if (!unknown.empty() || base->empty())
      return error(
          stage.line,
          "CP0207",
          "unknown_argument",
          fmt::format("cannot read this FROM: no value is known for '{}'", unknown.empty() ? written : unknown),
          "give its ARG above the first FROM a default");
    stage.base = *base;
    stage.base_stage = latest_stage(*base);
  }

  std::optional<int> latest_stage(const std::string& name) const {
    const auto found = named_.find(name);
    return found == named_.end() ? std::nullopt : std::optional(found->second);
  }

  /// The name of an argument that BuildKit knows and this reader does not: a platform, which depends on the daemon.
  std::string unknown_argument(const std::string& written) const {
    static const std::regex platform(R"(\$\{?((?:TARGET|BUILD)(?:PLATFORM|OS|OSVERSION|ARCH|VARIANT))\b)");
    for (auto match = std::sregex_iterator(written.begin(), written.end(), platform); match != std::sregex_iterator();
         ++match)
      if (!arguments_.contains((*match)[1].str())) return (*match)[1].str();
    return {};
  }

  void read_global_argument(int line, std::string_view rest) {
    for (const auto& word : words(rest, lines_.escape)) {
      const auto equals = std::min(word.find('='), word.size());
      const auto name = word.substr(0, equals);
      if (const auto given = build_args_.find(name); given != build_args_.end()) {
        arguments_[name] = given->second;
      } else if (equals < word.size()) {
        const auto value = expand(std::string_view(word).substr(equals + 1), arguments_, lines_.escape);
        if (!value)
          return error(line, "CP0206", "bad_argument", fmt::format("cannot read this ARG: {}", value.error()), "");
        arguments_[name] = *value;
      }
    }
  }

  /// COPY --from and RUN --mount=from= may only name stages once all of them are known: the last of a name counts.
  void resolve() {
    for (auto& stage : file_.stages)
      for (auto& instruction : stage.instructions)
        for (const auto& flag : instruction.flags) {
          if (instruction.keyword == "COPY" && flag.name == "from") {
            instruction.from = named_stage(flag.value, stage, instruction);
            if (!instruction.from) instruction.images.push_back(flag.value);
          } else if (instruction.keyword == "RUN" && flag.name == "mount") {
            resolve_mount(flag.value, stage, instruction);
          }
        }
  }

  void resolve_mount(const std::string& mount, const Stage& stage, Instruction& instruction) {
    for (const auto& field : util::split(mount, ',')) {
      if (!util::lower(field).starts_with("from=")) continue;
      if (const auto index = named_stage(field.substr(5), stage, instruction)) {
        instruction.mounts.push_back(*index);
      } else {
        instruction.images.push_back(field.substr(5));
      }
    }
  }

  /// Nothing for what is an image. Numbers are for COPY only (dockerfile2llb, detectRunMount).
  std::optional<int> named_stage(const std::string& name, const Stage& user, const Instruction& instruction) {
    const int line = instruction.first_line;
    if (name.find('$') != std::string::npos) {
      error(line,
            "CP0210",
            "variable_reference",
            fmt::format("cannot read this {}: its `from` holds a variable", instruction.keyword),
            "name a stage, or define one with FROM and an ARG above the first FROM");
      return std::nullopt;
    }
    std::optional<int> found = instruction.keyword == "COPY" ? as_number(name) : std::nullopt;
    if (!found) found = latest_stage(util::lower(name));
    if (found && *found >= user.index) {
      error(line,
            "CP0211",
            "stage_not_defined_yet",
            fmt::format("'{}' is no stage above this one", name),
            "a stage can only use stages that are written above it");
      return std::nullopt;
    }
    return found;
  }

  void error(int line, std::string code, std::string name, std::string message, std::string hint) {
    diagnose(Severity::error, line, std::move(code), std::move(name), std::move(message), std::move(hint));
  }
  void note(int line, std::string code, std::string name, std::string message, std::string hint) {
    diagnose(Severity::warning, line, std::move(code), std::move(name), std::move(message), std::move(hint));
  }
  void
  diagnose(Severity severity, int line, std::string code, std::string name, std::string message, std::string hint) {
    const auto source = line > 0 ? physical_[static_cast<size_t>(line - 1)] : std::string();
    const auto indent = std::min(source.find_first_not_of(" \t"), source.size());
    const auto width = std::max<size_t>(1, util::trim(source).size());
    diagnostics_.push_back({severity,
                            std::move(code),
                            std::move(name),
                            {file_.name, line, line > 0 ? static_cast<int>(indent) + 1 : 0},
                            source,
                            static_cast<int>(width),
                            std::move(message),
                            std::move(hint)});
  }

  LogicalLines lines_;
  std::vector<std::string> physical_;
  const std::map<std::string, std::string>& build_args_;
  std::map<std::string, std::string> arguments_;       ///< ARGs above the first FROM
  std::map<std::string, int> named_;                   ///< the latest stage of each name
  std::vector<std::filesystem::path> working_folders_; ///< of each stage at its end
  File file_;
  int numbered_ = 0; ///< steps of the last stage that have a number
  std::vector<util::Diagnostic> diagnostics_;
};

} // namespace

Syntax syntax_of(std::string_view text) {
  return cut(text, {}).syntax;
}

Reading read(std::string_view text, const std::string& file, const std::map<std::string, std::string>& build_args) {
  return Reader(text, file, build_args).read();
}

util::Result<File>
parse(std::string_view text, const std::string& file, const std::map<std::string, std::string>& build_args) {
  auto reading = read(text, file, build_args);
  if (reading.file) return std::move(*reading.file);
  std::string why;
  for (const auto& diagnostic : reading.diagnostics) why += util::to_text(diagnostic);
  return util::failure("the Dockerfile cannot be read:\n" + why, {}, {}, util::Blame::input);
}

std::optional<int> File::find_target(std::string_view target) const {
  if (stages.empty()) return std::nullopt;
  if (target.empty()) return static_cast<int>(stages.size()) - 1;
  std::optional<int> found;
  for (const auto& stage : stages)
    if (stage.named && stage.name == util::lower(target)) found = stage.index;
  if (found) return found;
  const auto number = as_number(target);
  if (number && *number < static_cast<int>(stages.size())) return number;
  return std::nullopt;
}

const Instruction* File::instruction_at(int line) const {
  for (const auto& stage : stages)
    for (const auto& instruction : stage.instructions)
      if (line >= instruction.first_line && line <= instruction.last_line) return &instruction;
  return nullptr;
}

std::set<int> File::reachable(int stage) const {
  std::set<int> found;
  std::vector<int> open = {stage};
  while (!open.empty()) {
    const int index = open.back();
    open.pop_back();
    if (!found.insert(index).second) continue;
    const auto& current = stages[static_cast<size_t>(index)];
    if (current.base_stage) open.push_back(*current.base_stage);
    for (const auto& instruction : current.instructions) {
      if (instruction.from) open.push_back(*instruction.from);
      open.insert(open.end(), instruction.mounts.begin(), instruction.mounts.end());
    }
  }
  return found;
}

std::set<std::string> File::images(int stage) const {
  std::set<std::string> found;
  for (const int index : reachable(stage)) {
    const auto& current = stages[static_cast<size_t>(index)];
    if (!current.base_stage && current.base != "scratch") found.insert(current.base);
    for (const auto& instruction : current.instructions)
      found.insert(instruction.images.begin(), instruction.images.end());
  }
  return found;
}

} // namespace cacheproof::dockerfile
