// Records the golden streams again: golden_record BUILDKIT_BIN_FOLDER VERSION [TRAP…]
#include "golden/traps.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

namespace {

using namespace cacheproof;

util::Status record(golden::World& world, const golden::Trap& trap, const std::filesystem::path& folder) {
  buildkit::RawBuild raw;
  for (size_t i = 0; i < trap.builds.size(); ++i) {
    if (trap.before_last && i + 1 == trap.builds.size()) trap.before_last(world);
    CP_TRY_ASSIGN(raw, world.build(trap.builds[i]));
    if (!raw.succeeded && i + 1 < trap.builds.size()) return util::failure("an earlier build failed: " + raw.error);
  }
  const nlohmann::json header = {{"dockerfile", world.expand(trap.builds.back().files.at("Dockerfile"))},
                                 {"target", trap.target}};
  return util::write_text(folder / (trap.name + ".jsonl"), "# " + header.dump() + "\n" + buildkit::to_json_lines(raw));
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: golden_record BUILDKIT_BIN_FOLDER VERSION [TRAP...]\n");
    return 64;
  }
  const std::vector<std::string> wanted(argv + 3, argv + argc);
  const auto folder = std::filesystem::path(CACHEPROOF_SOURCE_DIR) / "tests/golden" / argv[2];
  int failures = 0;
  for (const auto& trap : golden::traps()) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), trap.name) == wanted.end()) continue;
    auto done = util::make_directories(folder);
    auto world = golden::World::create(argv[1]);
    if (!world)
      done = tl::unexpected(world.error());
    else if (done)
      done = record(*world, trap, folder);
    if (!done) ++failures;
    fmt::print("{}: {}\n", trap.name, done ? "recorded" : util::to_text(done.error()));
    std::fflush(stdout);
  }
  return failures == 0 ? 0 : 2;
}
