#include "toolchain/ask.hpp"
#include "toolchain/filling.hpp"
#include "toolchain/pins.hpp"
#include "toolchain/reach.hpp"
#include "toolchain/record.hpp"
#include "toolchain/sources.hpp"
#include "toolchain/store.hpp"
#include "toolchain/toolchain.hpp"
#include "util/bytes.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <fmt/format.h>

namespace cacheproof::toolchain {
namespace fs = std::filesystem;
namespace {

/// That the program runs here and is the version it should be. Returns what it said.
util::Result<std::string> prove(const fs::path& bin, const Order& order) {
  CP_TRY_ASSIGN(auto said, ask_version(order.recipe, bin));
  if (said.version != order.version)
    return util::failure(
        fmt::format("its {} says '{}' where {} was expected", order.recipe.programs.front(), said.text, order.version));
  return std::move(said.text);
}

using Source = util::Result<Origin> (*)(const Order&, const fs::path&, const Options&);

/// Proven before anybody sees it.
util::Status install_from(const char* from, Source source, const Order& order, const Options& options) {
  return fill_place(order.recipe.kind, order.version, [&](const fs::path& work) -> util::Result<Record> {
    CP_TRY_ASSIGN(const auto origin, source(order, work, options));
    CP_TRY_ASSIGN(const auto said, prove(work / "bin", order));
    return Record{order.version, from, origin, said, {}};
  });
}

/// What an install takes at most, the release's file included.
constexpr std::uintmax_t k_room = 300'000'000;

std::string own_programs(Kind kind) {
  if (kind == Kind::buildkit) return "--buildkit=path:DIR with a folder that has buildkitd and buildctl; ";
  return kind == Kind::registry ? "--registry=path:FILE; " : "";
}

} // namespace

util::Result<Kit> install(Kind kind, std::string_view version, const Options& asked) {
  if (is_image(version)) return install_image(kind, version, asked);
  auto options = asked;
  options.sources = sources_of(recipe(kind), asked.sources);
  CP_TRY_ASSIGN(const auto limit, store_limit());
  auto found = look(kind, version, options);
  if (found && options.verified && options.say) options.say(to_line(*found));
  if (found || found.error().blame == util::Blame::usage) return found;
  const auto name = util::Version::parse(version)->to_text();
  Order order{recipe(kind), name, pinned_digests(kind, name)};
  const auto say = [&](const std::string& line) {
    if (options.say) options.say(fmt::format("{} {}: {}", order.recipe.title, name, line));
  };
  if (options.say) options.say(fmt::format("{} ({})", found.error().what, store().string()));
  const auto folder = store() / order.recipe.name;
  CP_TRY(make_store(kind));
  CP_TRY_ASSIGN(const auto held, hold_place(kind, name, fmt::format("{} {}", order.recipe.title, name), options));
  if (auto meanwhile = look(kind, name, options)) {
    say("installed by another process meanwhile");
    return meanwhile;
  }

  struct Named {
    const char* name; // in docker/versions.yaml
    const char* words;
    Source source;
    bool wanted;
  };
  const auto known_silent = options.silent->size();
  const auto reach = look_out(order, folder, options);
  if (options.stop.stop_requested()) return util::failure("interrupted", {}, {}, util::Blame::interrupted);
  auto outcomes = to_line(reach);
  if (!outcomes.empty() && options.silent->size() > known_silent)
    say(outcomes); // what was known before has been said before
  order.offline = reach.module.has_value();
  const auto possible = sources_of(order.recipe, {});
  auto blame = util::Blame::rig;
  const auto add = [&](const std::string& outcome) {
    say(outcome);
    outcomes += (outcomes.empty() ? "" : "\n") + outcome;
  };
  for (const auto& [known_as, words, source, wanted] :
       {Named{"release", k_from_release, fetch_release, options.sources.release && !reach.release},
        Named{"image", "container image", pull_image, options.sources.image && !reach.image},
        Named{"deb", k_from_deb, fetch_deb, options.sources.deb},
        Named{"module", k_from_module, build_module, options.sources.module}}) {
    if (!wanted) continue;
    if (const auto why = out_of_bounds(kind, known_as, name)) {
      add(fmt::format("the {} is left out: {}", words, *why));
      continue;
    }
    say(fmt::format("trying the {}", words));
    const auto installed = install_from(words, source, order, options);
    if (installed) {
      say(fmt::format("installed from the {}", words));
      keep_limit(limit, options);
      return find(kind, name);
    }
    if (installed.error().blame == util::Blame::interrupted) return tl::unexpected(installed.error());
    if (!possible.release && !possible.image && !possible.deb)
      blame = installed.error().blame; // there is no other way to it
    add(fmt::format("the {} did not work: {}", words, one_line(installed.error())));
  }
  std::string room;
  if (const auto space = util::free_space(store()); space && *space < k_room)
    room = fmt::format("make room in {}, which has {} left; or ", store().string(), util::bytes_text(*space));
  const auto near = util::nearest(name, pinned(kind));
  return util::failure(
      fmt::format("{} {} cannot be had", order.recipe.title, name),
      outcomes,
      (near && *near != name ? fmt::format("did you mean {}? Else ", *near) : "") + room
          + fmt::format(
              "one of: {}{}{}a go of at least 1.21 on the PATH or in /usr/local/go; "
              "a store that has it, named by CACHEPROOF_STORE",
              own_programs(kind),
              possible.release ? "network access to the releases, or CACHEPROOF_RELEASES_URL with a mirror of them; "
                               : "",
              possible.image ? "network access to Docker Hub, or CACHEPROOF_DOCKER_HUB_URL with a mirror of it; " : ""),
      blame);
}

} // namespace cacheproof::toolchain
