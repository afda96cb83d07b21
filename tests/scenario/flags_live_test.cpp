// The tables of flags against what the programs of the newest versions print that every change is tested with; of
// docker, which may not be on the machine, against a recording.
#include "process/process.hpp"
#include "scenario/client_flags.hpp"
#include "toolchain/toolchain.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>

namespace cacheproof::scenario {
namespace {

/// Flag → whether it takes a value.
using Flags = std::map<std::string, bool>;

const std::string k_docker = R"(^  +(?:-[a-zA-Z], )?--([a-z-]+)( [a-z]\S*)?(  +.*)?$)";
const std::string k_buildctl = R"(^   --([a-z-]+)( string| int)?.*$)";

Flags flags_of(const std::string& help, const std::string& shape) {
  Flags all;
  bool options = false;
  for (const auto& line : util::lines(help)) {
    options = options || line == "Options:" || line == "Flags:" || line == "OPTIONS:" || line == "GLOBAL OPTIONS:";
    std::smatch match;
    if (options && std::regex_match(line, match, std::regex(shape))) all[match[1]] = match[2].length() > 0;
  }
  all.erase("help");
  return all;
}

Flags table(std::initializer_list<std::span<const ClientFlag>> tables) {
  Flags all;
  for (const auto& flags : tables)
    for (const auto& flag : flags) all[std::string(flag.name)] = flag.valued;
  return all;
}

/// What `PROGRAM build --help` prints, of the version.
util::Result<std::string> help_of(toolchain::Kind kind, const std::string& program) {
  CP_TRY_ASSIGN(const auto kit, toolchain::find(kind, toolchain::in_group(kind, toolchain::k_smoke).back()));
  CP_TRY_ASSIGN(const auto finished, process::run({{kit.program(program).string(), "build", "--help"}, {}, {}}));
  return finished.out;
}

TEST(ClientFlagsLive, OfBuildctlAreThoseThatItPrints) {
  const auto help = help_of(toolchain::Kind::buildkit, "buildctl");
  if (!help) GTEST_SKIP() << util::to_text(help.error());
  EXPECT_EQ(flags_of(*help, k_buildctl), table({buildctl_flags(), buildctl_global_flags()}));
}

TEST(ClientFlagsLive, OfDockerAreThoseThatItAndBuildxPrint) {
  const auto help = help_of(toolchain::Kind::buildx, "buildx");
  if (!help) GTEST_SKIP() << util::to_text(help.error());
  const auto recorded = std::filesystem::path(CACHEPROOF_SOURCE_DIR) / "tests/scenario/docker_build_help_v28.2.2.txt";
  auto flags = flags_of(util::read_text(recorded).value(), k_docker);
  ASSERT_GT(flags.size(), 25U);
  flags.merge(flags_of(*help, k_docker));
  EXPECT_EQ(flags, table({docker_flags()}));
}

} // namespace
} // namespace cacheproof::scenario
