#include "cli/commands.hpp"
#include "cli/scenarios.hpp"
#include "engine/durations.hpp"
#include "engine/exit_code.hpp"
#include "evidence/results.hpp"
#include "report/documents.hpp"
#include "util/caller.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>

namespace cacheproof::cli {
namespace {
namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> folders;
  std::string out;
  std::string expected; ///< a number, or a file
  report::Heading heading;
};

/// A job of `cacheproof matrix`, by whose key its results lie.
struct Job {
  std::string key;
  std::string name;
  std::vector<std::string> cases; ///< ids
};

util::Result<std::vector<Job>> read_jobs(const fs::path& file) {
  CP_TRY_ASSIGN(const auto text, util::read_text(file));
  try {
    std::vector<Job> jobs;
    const auto matrix = nlohmann::json::parse(text);
    for (const auto& job : matrix.at("include"))
      jobs.push_back({job.at("key").get<std::string>(),
                      job.at("name").get<std::string>(),
                      job.at("ids").get<std::vector<std::string>>()});
    return jobs;
  } catch (const nlohmann::json::exception& error) {
    return util::failure(fmt::format("{} has no jobs of a matrix: {}", file.string(), error.what()),
                         {},
                         "take what `cacheproof matrix --github --plan FILE` wrote",
                         util::Blame::usage);
  }
}

/// Where a file of results lies, without the file's own name, as the reader of a report finds it.
std::string place(const fs::path& file, const fs::path& folder) {
  return file.parent_path().lexically_relative(folder).generic_string();
}

/// A folder that was named, and a file of results at or below it.
struct Found {
  fs::path folder;
  fs::path file;
};

report::Shard shard_of(std::string name, const Found& found) {
  return {.name = std::move(name),
          .folder = place(found.file, found.folder),
          .results = evidence::load_results(found.file)};
}

util::Result<evidence::RunResults> nothing(std::string what) {
  return util::failure(std::move(what));
}

/// One shard for each job, whether or not it left something; what belongs to no job is one too.
std::vector<report::Shard> shards_of(const std::vector<Job>& jobs, std::vector<Found> all) {
  std::vector<report::Shard> shards;
  for (const auto& job : jobs) {
    std::vector<Found> own;
    std::erase_if(all, [&](const Found& found) {
      const bool is = *found.file.lexically_relative(found.folder).begin() == job.key;
      if (is) own.push_back(found);
      return is;
    });
    report::Shard shard{.name = job.name};
    if (own.size() == 1)
      shard = shard_of(job.name, own.front());
    else if (own.empty())
      shard.results = nothing("it left no results");
    else
      shard.results =
          nothing(fmt::format("it left the results of {} runs, and none can be told from the others", own.size()));
    shard.expected = job.cases;
    shards.push_back(std::move(shard));
  }
  for (const auto& found : all)
    shards.push_back(
        {.name = place(found.file, found.folder), .results = nothing("no job of the matrix has this name")});
  return shards;
}

util::Result<std::vector<report::Shard>> find_shards(const Options& options) {
  std::vector<Found> all;
  for (const auto& folder : options.folders) {
    if (!fs::is_directory(folder))
      return util::failure(
          folder + " is no folder", {}, "name those below which the shards' results lie", util::Blame::usage);
    for (auto& file : evidence::find_results(folder)) all.push_back({folder, std::move(file)});
  }
  const auto count = util::parse_number<std::size_t>(options.expected);
  if (!options.expected.empty() && !count) {
    CP_TRY_ASSIGN(const auto jobs, read_jobs(options.expected));
    return shards_of(jobs, std::move(all));
  }
  std::vector<report::Shard> shards;
  for (const auto& found : all) shards.push_back(shard_of(place(found.file, found.folder), found));
  for (auto lacking = count.value_or(0); lacking > all.size(); --lacking)
    shards.push_back(
        {.name = fmt::format("shard {} of {}", shards.size() + 1, *count), .results = nothing("it left no results")});
  if (count && all.size() > *count)
    return util::failure(fmt::format("there are results of {} runs, and {} were expected", all.size(), *count),
                         {},
                         "name the folders of one run's shards alone",
                         util::Blame::usage);
  return shards;
}

/// How long the cases took, for `--durations` of a next night: what this one has not judged is known from before.
util::Status save_durations(const report::Joined& joined, const fs::path& folder) {
  std::vector<evidence::CaseEvidence> played;
  for (const auto& entry : joined.entries)
    played.push_back({.id = entry.result.id, .verdict = entry.result.verdict, .duration = entry.result.duration});
  return engine::save_durations(folder, played);
}

int join(const Options& options) {
  const auto shards = find_shards(options);
  if (!shards) return report_error(shards.error());
  const auto joined = report::join(*shards);
  const auto summary = report::to_markdown(joined, options.heading);
  const auto write = [&]() -> util::Status {
    const fs::path out = options.out;
    CP_TRY(util::make_caller_directories(out));
    CP_TRY(util::write_text(out / "index.html", report::to_html(joined, options.heading)));
    CP_TRY(util::write_text(out / "summary.md", summary));
    CP_TRY(util::write_text(out / "junit.xml", report::to_junit(joined)));
    CP_TRY(save_durations(joined, out));
    return util::give_to_caller(out);
  };
  if (const auto written = write(); !written) return report_error(written.error());
  std::cout << summary;
  return engine::exit_code(report::verdicts(joined));
}

} // namespace

void add_join(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("join", "Make one page, summary and JUnit file of what several runs left");
  auto options = std::make_shared<Options>();
  command->add_option("DIR", options->folders, "Folders below which the runs' results.json lie")->required();
  command
      ->add_option(
          "--out",
          options->out,
          "Where index.html, summary.md, junit.xml and durations.json go; what the last one said before is kept")
      ->required();
  command->add_option("--expect-shards",
                      options->expected,
                      "How many runs there must be, or the file that `matrix --plan` wrote: then the results of "
                      "a job lie in DIR/KEY, and what a job lacks is said");
  command->add_option("--title", options->heading.title, "What stands above")->capture_default_str();
  command->add_option("--link", options->heading.link, "An address where one finds more, e.g. of the workflow's run");
  command->footer(
      "\nA run that left nothing, or half of it, is red and never fewer cases; so is a version of which nothing was\n"
      "judged. The exit code is that of a run of all cases: 2 also where one of the runs is missing.\n\n"
      "Example:\n"
      "  cacheproof join shards --expect-shards plan.json --out page\n");
  command->callback([&session, options] { session.action = [options] { return join(*options); }; });
}

} // namespace cacheproof::cli
