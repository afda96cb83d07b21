#include "engine/actions.hpp"

#include "oci/change.hpp"
#include "util/text.hpp"
#include "util/waiting.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace cacheproof::engine {
namespace {

using scenario::Action;
using Words = util::Result<std::string>;

constexpr auto k_call_limit = std::chrono::seconds(5);
constexpr auto k_prune_limit = std::chrono::seconds(60);

class Actor {
public:
  Actor(CaseWorld& world, const scenario::Round& round, const std::stop_token& stop)
      : world_(world),
        round_(round),
        stop_(stop) {}

  Words act(const Action& action) {
    auto words = perform(action);
    // What has no place yet and is the scenario's fault gets that of the action.
    if (!words && words.error().blame == util::Blame::input)
      return util::failure(
          fmt::format("{}:{}: {}", action.spot.file, action.spot.line, words.error().what), {}, {}, util::Blame::input);
    return words;
  }

private:
  static tl::unexpected<util::Error> refuse(const std::string& why) {
    return util::failure(why, {}, {}, util::Blame::input);
  }

  Words perform(const Action& action) {
    switch (action.kind) {
    case Action::Kind::push_image:
      return push_image(action);
    case Action::Kind::restart_builder:
      return restart();
    case Action::Kind::new_builder:
      return renew();
    case Action::Kind::prune:
      return prune(action);
    case Action::Kind::delete_tag: {
      CP_TRY_ASSIGN(const auto ref, reference(action.of));
      auto client = client_of(ref);
      CP_TRY_ASSIGN(const auto digest, oci::delete_tag(client, ref));
      return fmt::format("delete_tag {} ({})", oci::to_text(ref), digest);
    }
    case Action::Kind::delete_blob:
      return delete_blob(action);
    case Action::Kind::copy_cache:
      return copy_cache(action);
    case Action::Kind::serve:
      return serve(action);
    case Action::Kind::wait:
      util::wait(action.time, stop_);
      if (stop_.stop_requested()) return util::failure("interrupted while it waited", {}, {}, util::Blame::interrupted);
      return fmt::format("wait {} ms", action.time.count());
    }
    return refuse("unknown action");
  }

  Words push_image(const Action& action) {
    CP_TRY_ASSIGN(const bool changed, world_.push_image(action));
    if (!changed) return refuse(fmt::format("the image {} is so already", action.image));
    return action.from.empty() ? fmt::format("push_image {}", action.image)
                               : fmt::format("push_image {} from {}", action.image, action.from);
  }

  util::Result<std::size_t> records() { return world_.daemon().client().disk_usage_records(k_call_limit); }

  /// Nothing can be changed of a builder that keeps nothing.
  util::Status refuse_empty(std::size_t records) {
    if (records > 0) return {};
    return refuse("the builder keeps nothing yet: this changes nothing");
  }

  Words restart() {
    CP_TRY_ASSIGN(const auto before, records());
    CP_TRY(refuse_empty(before));
    CP_TRY(world_.restart_daemon(stop_));
    return fmt::format("restart_builder ({} records kept)", before);
  }

  Words renew() {
    CP_TRY_ASSIGN(const auto before, records());
    CP_TRY(refuse_empty(before));
    CP_TRY(world_.renew_daemon(round_));
    return fmt::format("new_builder ({} records dropped)", before);
  }

  Words prune(const Action& action) {
    CP_TRY_ASSIGN(const auto before, records());
    CP_TRY(refuse_empty(before));
    // An engine has an image of what it builds, which would hold all of it.
    const bool all = world_.daemon().kind() == sandbox::DaemonKind::dockerd && !world_.daemon().entered();
    buildkit::Pruning what{.keep_bytes = action.keep_storage, .all = all};
    std::string words = "prune";
    for (const auto& filter : action.filter) {
      what.filter.push_back(scenario::expand(filter.value, world_.variables()));
      words += " " + what.filter.back();
    }
    if (action.keep_storage > 0) words += fmt::format(" keep_storage {}", action.keep_storage);
    CP_TRY(world_.daemon().client().prune(what, k_prune_limit, stop_));
    CP_TRY_ASSIGN(const auto after, records());
    if (after == before) return refuse("nothing was pruned: this changes nothing");
    return fmt::format("{} ({} of {} records removed)", words, before - after, before);
  }

  util::Result<oci::Reference> reference(const scenario::Text& written) {
    return oci::parse_reference(world_.full_ref(written));
  }

  oci::RegistryClient client_of(const oci::Reference& ref) {
    return oci::RegistryClient(world_.registry_of(oci::to_text(ref)).address(), stop_);
  }

  Words delete_blob(const Action& action) {
    const auto part = action.part == Action::Part::layer    ? oci::Part::layer
                      : action.part == Action::Part::config ? oci::Part::config
                                                            : oci::Part::manifest;
    const auto which = part == oci::Part::layer    ? fmt::format("layer {}", action.layer)
                       : part == oci::Part::config ? std::string("config")
                                                   : std::string("manifest");
    if (const auto local = world_.local_folder(action.of); !local.empty()) {
      const auto name = local.filename().string(); // `app:tag`
      const auto colon = name.rfind(':');
      const auto tag = colon == std::string::npos ? "latest" : name.substr(colon + 1);
      const auto folder = local.parent_path() / name.substr(0, colon);
      CP_TRY_ASSIGN(const auto digest, oci::delete_blob(folder, tag, part, action.layer));
      return fmt::format("delete_blob {} {} ({})", local.string(), which, digest);
    }
    CP_TRY_ASSIGN(const auto ref, reference(action.of));
    auto client = client_of(ref);
    CP_TRY_ASSIGN(const auto digest, oci::delete_blob(client, ref, part, action.layer));
    return fmt::format("delete_blob {} {} ({})", oci::to_text(ref), which, digest);
  }

  Words copy_cache(const Action& action) {
    CP_TRY_ASSIGN(const auto source, reference(action.of));
    CP_TRY_ASSIGN(const auto destination, reference(action.to));
    auto from = client_of(source);
    auto to = client_of(destination);
    CP_TRY_ASSIGN(const auto digest, oci::copy(from, source, to, destination));
    return fmt::format("copy_cache {} to {} ({})", oci::to_text(source), oci::to_text(destination), digest);
  }

  Words serve(const Action& action) {
    const auto& change = action.file;
    auto* server = world_.file_server();
    if (!server) return refuse("there is no server");
    const auto old = server->file(change.path);
    auto file = old.value_or(sandbox::File());
    if (change.text) file.text = *change.text;
    if (change.etag) file.etag = change.etag;
    if (change.last_modified) file.last_modified = change.last_modified;
    if (old && *old == file) return refuse(fmt::format("/{} is served so already", change.path));
    server->serve(change.path, file);
    std::vector<std::string> what;
    if (change.text) what.push_back(fmt::format("{} bytes", file.text.size()));
    if (change.etag) what.push_back("etag " + *file.etag);
    if (change.last_modified) what.push_back(fmt::format("last_modified {}", *file.last_modified));
    return fmt::format("serve /{}: {}", change.path, util::join(what, ", "));
  }

  CaseWorld& world_;
  const scenario::Round& round_;
  const std::stop_token& stop_;
};

} // namespace

util::Result<std::vector<std::string>>
act(CaseWorld& world, const scenario::Round& round, const std::stop_token& stop) {
  std::vector<std::string> done;
  Actor actor(world, round, stop);
  for (const auto& action : round.actions) {
    CP_TRY_ASSIGN(auto words, actor.act(action));
    done.push_back(std::move(words));
  }
  return done;
}

} // namespace cacheproof::engine
