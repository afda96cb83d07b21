// Records the names of steps again: names_record BUILDKIT_BIN_FOLDER VERSION
#include "dockerfile/recorded.hpp"
#include "golden/world.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <set>

namespace {

using namespace cacheproof;
namespace fs = std::filesystem;

/// The names of numbered steps, images without their digests.
util::Result<std::set<std::string>> names(golden::World& world, const std::string& text) {
  golden::Build build{{{"Dockerfile", text}, {"dir/f", "f\n"}, {"src/main.c", "int main;\n"}}, {}};
  for (const auto* name : {"a", "b", "c", "d e"}) build.files[name] = "content\n";
  for (const auto& option : dockerfile::options_of(text)) build.options.insert(build.options.end(), {"--opt", option});
  CP_TRY_ASSIGN(const auto raw, world.build(build));
  if (!raw.succeeded) return util::failure(raw.error);
  std::set<std::string> all;
  for (const auto& vertex : raw.vertices) {
    const auto end = vertex.name.find("] ");
    const auto label = vertex.name.substr(0, end);
    if (!label.starts_with('[') || end == std::string::npos || label.find_last_of("0123456789") + 1 != end) continue;
    const bool image = vertex.name.substr(end + 2).starts_with("FROM ");
    all.insert(image ? vertex.name.substr(0, vertex.name.find('@')) : vertex.name);
  }
  return all;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: names_record BUILDKIT_BIN_FOLDER VERSION\n");
    return 64;
  }
  auto world = golden::World::create(argv[1]);
  int failures = world ? 0 : 1;
  if (!world) fmt::print("{}\n", util::to_text(world.error()));
  nlohmann::json recorded = nlohmann::json::object();
  for (const auto& entry : fs::directory_iterator(dockerfile::k_recorded)) {
    if (!world || entry.path().extension() != ".Dockerfile") continue;
    const auto text = util::read_text(entry.path());
    const auto found = text ? names(*world, *text) : tl::unexpected(text.error());
    if (found) recorded[entry.path().stem()] = *found;
    if (!found) {
      ++failures;
      fmt::print("{}: {}\n", entry.path().stem().string(), util::to_text(found.error()));
    }
  }
  const auto file = dockerfile::k_recorded / fmt::format("{}.json", argv[2]);
  if (world && !util::write_text(file, recorded.dump(1) + "\n")) ++failures;
  return failures == 0 ? 0 : 2;
}
