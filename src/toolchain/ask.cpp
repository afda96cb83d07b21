#include "toolchain/ask.hpp"

#include "process/process.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace cacheproof::toolchain {

util::Result<Said> ask_version(const Recipe& recipe, const std::filesystem::path& bin) {
  process::Command command{{(bin / recipe.programs.front()).string()}, {}, {}};
  command.argv.insert(command.argv.end(), recipe.version_arguments.begin(), recipe.version_arguments.end());
  CP_TRY_ASSIGN(const auto asked, process::run(command));
  Said said{std::string(util::trim(asked.out)), {}};
  // Every one of them says PACKAGE VERSION, with other words around it; the registry also its own path, before that.
  const auto words = util::split(said.text, ' ');
  const auto package =
      std::find_if(words.rbegin(), words.rend(), [](const std::string& word) { return word.find('/') != word.npos; });
  if (package != words.rend() && package != words.rbegin()) said.version = *std::prev(package);
  // An engine says no package: `Docker version 20.10.24+dfsg1, build 297e128`.
  if (const auto word = std::find(words.begin(), words.end(), "version"); said.version.empty() && word != words.end())
    if (const auto next = std::next(word); next != words.end())
      said.version = next->substr(0, next->find_first_of("+,"));
  // A release of the registry says 3.0.0.
  if (util::Version::parse(said.version) && !said.version.starts_with('v')) said.version.insert(0, "v");
  if (!asked.exit.ok() || said.version.empty())
    return util::failure(
        fmt::format(
            "{} does not say its version but '{}' ({})", command.argv.front(), said.text, process::to_text(asked.exit)),
        process::to_line(command));
  return said;
}

} // namespace cacheproof::toolchain
