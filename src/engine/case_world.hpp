#pragma once

#include "builder/builder.hpp"
#include "builder/buildx.hpp"
#include "buildkit/raw_build.hpp"
#include "engine/hang.hpp"
#include "engine/plan.hpp"
#include "engine/play.hpp"
#include "engine/rig.hpp"
#include "evidence/case.hpp"
#include "oci/image.hpp"
#include "oci/reference.hpp"
#include "sandbox/file_server.hpp"
#include "sandbox/sandbox.hpp"
#include "sandbox/upstream.hpp"
#include "util/result.hpp"
#include "workspace/context.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cacheproof::engine {

/// What BuildKit needs for answers about a build that has ended: measured 3 to 30 ms (buildkit-facts).
inline constexpr std::chrono::milliseconds k_record_limit = std::chrono::seconds(20);

/// Where builds are played: a daemon, and the programs of its version.
struct Seat {
  sandbox::Daemon* daemon = nullptr; ///< none once it was retired
  const Rig* rig = nullptr;
  std::size_t log_begin = 0;        ///< of the round's part of the daemon's log
  std::optional<std::string> death; ///< how the daemon died by itself, if so, before a build that hangs was looked at
  bool looked_at = false;
  bool silent = false; ///< it did not tell what was asked of it
};

/// The world in which a case is played: its sandbox with the registry, the daemons, the base images and the context.
class CaseWorld {
public:
  CaseWorld(const Case& planned, const Rigs& rigs, const PlayOptions& options, std::stop_token stop, Watch watch);

  /// The clean world, proven empty, with its base images and its context in it. What starts by itself, registry and
  /// daemon, does so while images and context are made. Gives the proof.
  util::Result<evidence::CleanState> open();
  /// Ends what was opened, in reverse.
  util::Status close();

  /// The daemons of a round are there after it: a fresh and empty one, which for the first round is that of `open`, or
  /// those of the builders of its builds, if builders are kept.
  util::Status start_round(const scenario::Round& round);
  /// Starts the daemon of the round after, and does not wait for it.
  util::Status prepare_next_round();
  /// The round's own, which its actions are done to.
  sandbox::Daemon& daemon() { return *daemon_; }
  /// What starts builds at that seat.
  builder::Client client(const Seat& seat) const;
  /// What command lines find; empty where it is not installed.
  std::filesystem::path buildx(const Seat& seat) const;
  /// Of the builder of that name; empty where builders have none.
  Seat& seat(const std::string& builder) { return seats_.at(builder); }
  /// What its daemon has logged since the last look of an earlier round; several builds of one round may ask at once.
  std::string daemon_log(const Seat& seat);
  /// Another daemon of the seat's version, on an empty root, started and not waited for.
  util::Result<std::unique_ptr<sandbox::Daemon>> another_daemon(const Seat& seat) {
    return sandbox_->launch_daemon(seat.rig->programs.daemon);
  }
  /// Where builds go to a BuildKit in a container of an engine: makes it, if that has none, and proves it empty.
  util::Status contain(sandbox::Daemon& daemon, const Rig& rig);
  /// The round's daemon has said all that it knows: it ends in the background, unless it is kept.
  void retire_daemon();

  sandbox::Sandbox& sandbox() { return *sandbox_; }
  /// The registry of the sandbox that a ref names; nullptr where it names none.
  sandbox::Registry* named_registry(const std::string& ref) const;
  /// The same, or the first.
  sandbox::Registry& registry_of(const std::string& ref);
  /// What all of them have logged so far.
  std::string registry_logs() const;
  /// What a scenario writes as `app:cache` or `${registry2}/app:cache`, in full.
  std::string full_ref(const scenario::Text& written) const;
  /// What it writes as `${local}/app`, in full; empty of anything else.
  std::filesystem::path local_folder(const scenario::Text& written) const;
  /// Pushes a base image of `setup.images` anew. False where it would not change.
  util::Result<bool> push_image(const scenario::Action& action);
  /// Ends the round's daemon and starts it again on what it keeps.
  util::Status restart_daemon(const std::stop_token& stop);
  /// A new, empty daemon in place of the round's, which is kept.
  util::Status renew_daemon(const scenario::Round& round);
  /// None without `setup.http`.
  sandbox::FileServer* file_server() { return file_server_ ? &*file_server_ : nullptr; }
  std::vector<std::string> take_requests();
  workspace::Context& context() { return *context_; }
  /// Two builds that hang do not end the daemon at once.
  std::unique_lock<std::mutex> alone() { return std::unique_lock(looking_); }
  /// What that daemon tells of a build, or its client alone where the daemon keeps no history.
  util::Result<buildkit::RawBuild> told(sandbox::Daemon& daemon, const builder::BuildRun& run) const;
  /// The same of a seat's daemon: one that does not tell it hangs, whatever else it answers.
  util::Result<buildkit::RawBuild> told(Seat& seat, const builder::BuildRun& run) const;
  /// Whether a daemon keeps none, so that the client alone tells what happened.
  bool has_no_history() const { return builder::has_no_history(planned_.driver); }
  /// How the seat's daemon died by itself, if so, before a build that hangs was first looked at, which ends it.
  static const std::optional<std::string>& death_before_looks(Seat& seat);
  /// What `${…}` stands for.
  const std::map<std::string, std::string>& variables() const { return variables_; }
  /// Whether who waits no longer, on that request or by himself, has met something that hangs: a limit has passed.
  bool hangs(const std::stop_token& stop) const { return !stop.stop_requested() || watch_.late(); }
  /// The daemon of that builder, if it hangs and nobody has looked at it yet.
  sandbox::Daemon* hung_daemon(const std::string& builder);
  /// The daemon that is started and not yet asked for.
  sandbox::Daemon* next_daemon() { return sandbox_ ? sandbox_->next_daemon() : nullptr; }
  /// The whole environment of a client.
  std::map<std::string, std::string> client_environment() const;
  /// The sandbox's own folder; empty when nothing was opened.
  std::filesystem::path folder() const { return sandbox_ ? sandbox_->folder() : std::filesystem::path(); }
  /// By which buildx builds that entry of a round. All of a case's have one home, as on one machine.
  builder::BuildxBuilder buildx_builder(int round, const std::string& entry) const;
  /// What an entry of a round needs and makes outside of the context; made anew in every round.
  std::filesystem::path build_folder(int round, const std::string& entry) const;
  /// Why an image of a public registry could not be had, if so.
  std::optional<util::Error> upstream_failure() const;
  /// What the tags that were pulled stood for.
  std::vector<evidence::PinnedImage> pins() const;

private:
  util::Result<const Rig*> rig_of(const scenario::Round& round) const;
  util::Result<Seat> take_seat(const scenario::Round& build);
  util::Status check_mirrors(const std::vector<oci::Reference>& images) const;
  util::Status push_images();
  util::Status write_source_policy(const std::vector<oci::Reference>& images) const;
  std::filesystem::path source_policy() const { return folder() / "source-policy.json"; }
  util::Result<oci::Layer> base_layer();
  util::Result<oci::Image> base_image(const oci::ImageExtras& extras);
  util::Status push(const std::string& name, const oci::Image& image);
  util::Result<oci::ImageExtras> with(oci::ImageExtras extras, const scenario::ImageContent& content) const;
  util::Status start_file_server();
  std::map<std::string, std::string> variables_of(const std::vector<std::string>& registries,
                                                  const std::filesystem::path& folder) const;
  sandbox::DaemonExtras daemon_extras(const std::map<std::string, std::string>& variables) const;

  const Case& planned_;
  const Rigs& rigs_;
  const Rig* round_rig_ = nullptr; ///< of the round that is played
  const PlayOptions& options_;
  const std::stop_token stop_;
  const Watch watch_;
  std::unique_ptr<sandbox::Upstream> upstream_; ///< where the case reads images that the sandbox does not serve
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  sandbox::Daemon* daemon_ = nullptr;
  std::optional<workspace::Context> context_;
  std::optional<sandbox::FileServer> file_server_;
  std::vector<std::string> platforms_;             ///< of the base images; none: this machine's own
  std::optional<oci::Layer> base_;                 ///< of them, where no other case has the same
  std::map<std::string, oci::ImageExtras> images_; ///< as they are now, by their names in `setup.images`
  std::map<std::string, std::string> pushed_;      ///< the manifest of each
  std::map<std::string, std::string> variables_;
  std::mutex log_;
  std::map<std::filesystem::path, std::size_t> log_ends_; ///< of each daemon's log, as far as it was asked for
  std::mutex looking_;
  std::map<std::string, Seat> seats_; ///< of the round, by the names of their builders
};

} // namespace cacheproof::engine
