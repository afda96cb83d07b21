#include "author/draft.hpp"
#include "cli/commands.hpp"
#include "cli/rootless.hpp"
#include "cli/run.hpp"
#include "cli/scenarios.hpp"
#include "dockerfile/dockerfile.hpp"
#include "engine/exit_code.hpp"
#include "engine/load.hpp"
#include "process/command.hpp"
#include "scenario/read.hpp"
#include "toolchain/toolchain.hpp"
#include "util/caller.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace cacheproof::cli {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t k_files = 5000; ///< that are looked at for an edit

struct Options {
  std::string from;
  std::string out;
  bool run = false;
  std::vector<std::string> line;
};

/// Prints diagnostics and says whether an error is among them.
bool report(const std::vector<util::Diagnostic>& diagnostics) {
  for (const auto& one : diagnostics) std::cerr << util::to_text(one);
  return util::any_error(diagnostics);
}

/// Each word as a shell reads it back.
std::vector<std::string> shell_words(const std::vector<std::string>& words) {
  std::vector<std::string> all;
  for (const auto& word : words) all.push_back(process::to_line({{"x", word}, {}, {}}).substr(2));
  return all;
}

/// What the command line asks for, as the reader of scenarios understands it; nothing after an error.
std::optional<scenario::BuildSpec> build_of(const std::vector<std::string>& line) {
  if (line.empty()) return scenario::BuildSpec{};
  const auto text = fmt::format("title: x\nfiles: {{Dockerfile: x}}\nrounds: [{{}}]\nbuild: {}\n",
                                nlohmann::json(util::join(line, " ")).dump());
  auto reading = scenario::read_text(text, "command.yaml");
  std::erase_if(reading.diagnostics, [](const auto& one) { return one.severity == util::Severity::warning; });
  for (auto& one : reading.diagnostics) one.spot.file = "the command line";
  if (report(reading.diagnostics) || !reading.scenario) return std::nullopt;
  return reading.scenario->build;
}

/// Files of a build context that one could edit, sorted: no hidden ones, and nothing that tools or we put there.
std::vector<std::string> files_in(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code ignored;
  for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, ignored), end;
       it != end && files.size() < k_files;
       it.increment(ignored)) {
    const auto name = it->path().filename().string();
    if (name.starts_with(".") || name == "node_modules" || name == "vendor" || name.starts_with("cacheproof-out")) {
      if (it->is_directory(ignored)) it.disable_recursion_pending();
    } else if (it->is_regular_file(ignored) && !it->is_symlink(ignored) && !name.starts_with("Dockerfile")) {
      files.push_back(it->path().lexically_relative(folder).string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Without a repository around it, a scenario reaches only what lies beside or below it.
fs::path default_place(author::Template kind) {
  const auto name = author::file_name(kind) + ".yaml";
  if (fs::is_directory("scenarios")) return fs::path("scenarios") / name;
  const bool in_repository = fs::exists(scenario::enclosing_repository(fs::current_path()) / ".git");
  return in_repository ? fs::path("cache") / name : fs::path(name);
}

util::Result<dockerfile::File> dockerfile_of(const fs::path& folder, const scenario::BuildSpec& build) {
  const auto name = build.dockerfile ? build.dockerfile->value : "Dockerfile";
  const auto text = build.dockerfile_inline ? util::Result<std::string>(build.dockerfile_inline->value)
                                            : util::read_text(folder / name);
  if (!text)
    return util::failure("there is no " + (folder / name).lexically_normal().string(),
                         {},
                         "start it in the folder of the project, or give the command line that builds it: "
                         "cacheproof new -- docker build …",
                         util::Blame::usage);
  std::map<std::string, std::string> arguments;
  for (const auto& [argument, value] : build.args) arguments[argument] = value.value;
  return dockerfile::parse(*text, name, arguments);
}

util::Result<author::Draft> draft_of(author::Template kind, const Options& options, const scenario::BuildSpec& build) {
  const fs::path inner = build.context ? build.context->value : "";
  const auto folder = fs::current_path() / inner;
  CP_TRY_ASSIGN(const auto dockerfile, dockerfile_of(folder, build));
  const auto target = dockerfile.find_target(build.target ? build.target->value : "");
  if (!target)
    return util::failure(
        fmt::format("{} has no stage '{}'", dockerfile.name, build.target->value), {}, {}, util::Blame::usage);
  author::Draft draft;
  draft.kind = kind;
  const auto images = dockerfile.images(*target);
  draft.images.assign(images.begin(), images.end());
  draft.line = shell_words(options.line);
  draft.has_caches = build.cache_to && build.cache_from;
  draft.steps = author::steps_of(dockerfile, *target);
  draft.edit = author::first_edit(dockerfile, *target, files_in(folder));
  if (draft.edit) draft.edit->path = (inner / draft.edit->path).lexically_normal().string();
  const auto tested = toolchain::in_group(toolchain::Kind::buildkit, toolchain::k_smoke);
  draft.versions = {tested.at(tested.size() / 2), toolchain::default_version()};
  for (auto& version : draft.versions) version = version.substr(1); // without its v
  return draft;
}

int make(const Options& options, std::stop_token stop) {
  if (options.run) { // first, for it may begin anew as root of a user namespace
    const auto inside = run_inside(stop);
    if (!inside) return report_error(inside.error());
    if (*inside) return **inside;
  }
  const auto kind = *author::template_named(options.from);
  const auto build = build_of(shell_words(options.line));
  if (!build) return engine::k_exit_invalid_scenario;
  auto draft = draft_of(kind, options, *build);
  if (!draft) return report_error(draft.error());

  const fs::path place = options.out.empty() ? default_place(kind) : fs::path(options.out);
  if (fs::exists(place))
    return report_error({util::Blame::usage, place.string() + " is there already", {}, "name another file: -o FILE"});
  draft->context = fs::current_path().lexically_relative(fs::absolute(place).lexically_normal().parent_path()).string();
  const auto text = author::to_yaml(*draft);
  const auto folder = place.parent_path();
  const bool fresh = !folder.empty() && !fs::exists(folder);
  auto done = folder.empty() ? util::Status() : util::make_directories(folder); // its context is looked for from there
  if (!done) return report_error(done.error());
  if (report(engine::check_text(text, place).diagnostics)) {
    std::error_code ignored;
    if (fresh) fs::remove(folder, ignored); // only while it is empty
    return engine::k_exit_invalid_scenario;
  }
  done = util::write_text(place, text);
  if (done) done = util::give_to_caller(fresh ? folder : place);
  if (!done) return report_error(done.error());
  std::cout << "wrote " << place.string() << '\n';
  if (options.run) return play_file(place.string(), stop);
  std::cout << fmt::format("  cacheproof run {0}            plays it\n"
                           "  cacheproof run --accept {0}   writes what it sees into its claims\n",
                           place.string());
  return 0;
}

} // namespace

void add_new(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("new", "Write a scenario around the command line that builds a project");
  auto options = std::make_shared<Options>();
  std::vector<std::string> names(author::template_names().begin(), author::template_names().end());
  command->add_option("--from", options->from, "What it asks of the cache")
      ->check(CLI::IsMember(names))
      ->default_str(names.front());
  options->from = names.front();
  command->add_option("-o,--out",
                      options->out,
                      "The file to write (default: in scenarios/ or cache/); one that is there is left alone");
  command->add_flag("--run", options->run, "Play it once");
  command->add_option(
      "COMMAND", options->line, "After --: the command line (docker build, docker buildx build, buildctl build)");
  command->footer(
      "\nIn the folder of a project. The first edit and the step that it should leave alone are told from its "
      "Dockerfile.\n\nExamples:\n"
      "  cacheproof new\n"
      "  cacheproof new --run -- docker buildx build --target app .\n"
      "  cacheproof new --from min-vs-max -o cache/modes.yaml\n");
  command->callback(
      [&session, options] { session.action = [&session, options] { return make(*options, session.stop); }; });
}

} // namespace cacheproof::cli
