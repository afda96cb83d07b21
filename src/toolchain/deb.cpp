#include "process/caller.hpp"
#include "process/process.hpp"
#include "toolchain/sources.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <vector>

namespace cacheproof::toolchain {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
namespace {

util::Result<std::string>
run(std::vector<std::string> argv, const fs::path& folder, const std::stop_token& stop, std::chrono::minutes limit) {
  const auto line = util::join(argv, " ");
  const auto program = argv.front();
  if (!process::find_program(program))
    return util::failure(program + " is not here: this is no Debian", line, {}, util::Blame::unable);
  auto environment = process::inherited_environment();
  environment["LC_ALL"] = "C"; // what apt says is read
  CP_TRY_ASSIGN(auto finished,
                process::run({.argv = std::move(argv), .environment = std::move(environment), .directory = folder},
                             {.timeout = limit, .stop = stop, .on_output = {}}));
  if (finished.interrupted) return util::failure("interrupted", line, {}, util::Blame::interrupted);
  if (finished.timed_out) return util::failure(fmt::format("it did not end within {} minutes", limit.count()), line);
  if (!finished.exit.ok()) {
    const auto said = util::lines(finished.err);
    return util::failure(said.empty() ? process::to_text(finished.exit) : said.back(), line);
  }
  return std::move(finished.out);
}

/// `20.10.24+dfsg1-1+deb12u1`, what apt would download of a package.
util::Result<std::string> candidate(const std::string& package, const fs::path& work, const std::stop_token& stop) {
  CP_TRY_ASSIGN(const auto text, run({"apt-cache", "policy", package}, work, stop, 1min));
  for (const auto& line : util::lines(text)) {
    const auto words = util::split(util::trim(line), ' ');
    if (words.size() == 2 && words[0] == "Candidate:" && words[1] != "(none)") return words[1];
  }
  return util::failure(fmt::format("apt knows no package {}", package), {}, "apt-get update", util::Blame::unable);
}

/// The programs among the files of a package.
util::Status take(const Recipe& recipe, const fs::path& unpacked, const fs::path& bin) {
  for (const auto* names : {&recipe.programs, &recipe.extras})
    for (const auto& name : *names)
      for (const auto* folder : {"usr/sbin", "usr/bin", "sbin", "bin"}) {
        std::error_code error;
        if (fs::exists(bin / name) || !fs::is_regular_file(unpacked / folder / name, error)) continue;
        fs::copy_file(unpacked / folder / name, bin / name, error);
        if (error) return util::failure("cannot copy " + name + ": " + error.message(), bin.string());
      }
  return {};
}

} // namespace

util::Status unpack_deb(const std::string& package, const Recipe& recipe, const fs::path& work, std::stop_token stop) {
  CP_TRY(util::make_directories(work / "bin"));
  CP_TRY_ASSIGN(const auto folder, util::make_unique_directory(work, "deb-"));
  // apt downloads as a user of its own where it may write, else it says so and does it as root.
  std::error_code error;
  fs::permissions(folder, fs::perms(0777), error);
  CP_TRY(run({"apt-get", "-q", "download", package}, folder, stop, 10min));
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".deb")
      CP_TRY(run({"dpkg-deb", "-x", entry.path().string(), (folder / "files").string()}, folder, stop, 5min));
  CP_TRY(take(recipe, folder / "files", work / "bin"));
  return util::remove_tree(folder);
}

util::Result<Origin> fetch_deb(const Order& order, const fs::path& work, const Options& options) {
  const auto& recipe = order.recipe;
  CP_TRY_ASSIGN(const auto version, candidate(recipe.deb.front(), work, options.stop));
  const auto number = fill_in("{number}", order.version);
  if (version != number && !version.starts_with(number + "+") && !version.starts_with(number + "-"))
    return util::failure(fmt::format("apt has {} {}", recipe.deb.front(), version), {}, {}, util::Blame::unable);
  for (const auto& package : recipe.deb) CP_TRY(unpack_deb(package, recipe, work, options.stop));
  for (const auto& program : recipe.programs)
    if (!fs::exists(work / "bin" / program))
      return util::failure(fmt::format("the packages {} have no {}", util::join(recipe.deb, ", "), program));
  return Origin{fmt::format("Debian package {} {}", recipe.deb.front(), version), {}, {}};
}

} // namespace cacheproof::toolchain
