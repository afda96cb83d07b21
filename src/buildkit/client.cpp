#include "buildkit/client.hpp"

#include "buildkit/door.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>

#include <buildkit_proto/content.grpc.pb.h>
#include <buildkit_proto/control.grpc.pb.h>

#include <algorithm>
#include <thread>

namespace cacheproof::buildkit {
namespace {

namespace control = moby::buildkit::v1;
namespace content = containerd::services::content::v1;

using Clock = std::chrono::system_clock;

std::unique_ptr<grpc::ClientContext> until(Clock::time_point deadline) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(deadline);
  return context;
}

tl::unexpected<util::Error> call_failed(const char* call, const grpc::Status& status, const std::string& address) {
  std::string remedy = "read the daemon's log: it may have died or hang";
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED)
    remedy = "this daemon keeps no build history: BuildKit has it from v0.11 on, Docker engines from 25.0 on";
  return util::failure(fmt::format("buildkitd did not answer {}: {} (code {})",
                                   call,
                                   util::to_utf8(status.error_message()),
                                   static_cast<int>(status.error_code())),
                       address,
                       remedy);
}

std::int64_t nanoseconds(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000'000'000 + time.nanos();
}

void append(RawBuild& build, const control::StatusResponse& response) {
  for (const auto& vertex : response.vertexes()) {
    RawVertex raw;
    raw.digest = vertex.digest();
    raw.name = util::to_utf8(vertex.name());
    raw.inputs.assign(vertex.inputs().begin(), vertex.inputs().end());
    raw.cached = vertex.cached();
    raw.started = nanoseconds(vertex.started());
    raw.completed = nanoseconds(vertex.completed());
    raw.error = util::to_utf8(vertex.error());
    raw.group = util::to_utf8(vertex.progress_group().id());
    build.vertices.push_back(std::move(raw));
  }
  for (const auto& status : response.statuses())
    build.statuses.push_back(
        {status.vertex(), util::to_utf8(status.id()), nanoseconds(status.started()), nanoseconds(status.completed())});
  for (const auto& log : response.logs()) build.logs.push_back({log.vertex(), log.stream(), util::to_utf8(log.msg())});
  for (const auto& warning : response.warnings()) {
    RawWarning raw{warning.vertex(), util::to_utf8(warning.short_()), {}, util::to_utf8(warning.url()), {}};
    for (const auto& detail : warning.detail()) raw.detail.push_back(util::to_utf8(detail));
    for (const auto& range : warning.ranges()) raw.lines.push_back(range.start().line());
    build.warnings.push_back(std::move(raw));
  }
}

void add_request(RawBuild& build, const control::BuildHistoryRecord& record) {
  for (const auto& [name, value] : record.frontend_attributes())
    build.frontend_attributes[util::to_utf8(name)] = util::to_utf8(value);
}

/// `Result` for a build of one platform, `Results[platform]` for several: the first attestation is the provenance.
std::map<std::string, std::string> provenance_digests(const control::BuildHistoryRecord& record) {
  std::map<std::string, std::string> digests;
  const auto add = [&](const std::string& platform, const control::BuildResultInfo& result) {
    if (result.attestations_size() > 0) digests[platform] = result.attestations(0).digest();
  };
  add({}, record.result());
  if (digests.empty())
    for (const auto& [platform, result] : record.results()) add(platform, result);
  return digests;
}

} // namespace

struct Client::Channel {
  std::string address;
  std::unique_ptr<control::Control::Stub> control;
  std::unique_ptr<content::Content::Stub> content;

  util::Result<control::BuildHistoryRecord> record(const std::string& ref, Clock::time_point deadline) const;
  grpc::Status history(std::vector<std::string>& refs, Clock::time_point deadline) const;
  util::Result<std::vector<std::string>> remembered(Clock::time_point deadline) const;
  util::Status events(RawBuild& build, Clock::time_point deadline) const;
  util::Result<std::string> blob(const std::string& digest, Clock::time_point deadline) const;
};

Client::Client(std::unique_ptr<Channel> channel)
    : channel_(std::move(channel)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

util::Result<Client> Client::connect(const std::filesystem::path& socket, Door door) {
  CP_TRY_ASSIGN(auto fd, open_door(socket, door));
  // The descriptor decides how the daemon is reached (socket, engine, `dial-stdio`); gRPC is only told to use it, and
  // never reconnects on its own. gRPC's fork support is off unless GRPC_ENABLE_FORK_SUPPORT asks for it.
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1); // the events of a long build come in one message
  auto channel = std::make_unique<Channel>();
  channel->address = "unix://" + socket.string();
  const auto grpc_channel = grpc::CreateCustomInsecureChannelFromFd("buildkitd", fd.release(), arguments);
  channel->control = control::Control::NewStub(grpc_channel);
  channel->content = content::Content::NewStub(grpc_channel);
  return Client(std::move(channel));
}

util::Status Client::ready(std::chrono::milliseconds limit) {
  control::ListWorkersResponse response;
  const auto status = channel_->control->ListWorkers(until(Clock::now() + limit).get(), {}, &response);
  if (!status.ok()) return call_failed("ListWorkers", status, channel_->address);
  if (response.record_size() == 0)
    return util::failure("buildkitd has no worker", channel_->address, "read the daemon's log for why");
  return {};
}

util::Result<std::string> Client::version(std::chrono::milliseconds limit) {
  control::InfoResponse response;
  const auto status = channel_->control->Info(until(Clock::now() + limit).get(), {}, &response);
  if (!status.ok()) return call_failed("Info", status, channel_->address);
  return response.buildkit_version().version();
}

util::Result<std::size_t> Client::disk_usage_records(std::chrono::milliseconds limit) {
  control::DiskUsageResponse response;
  const auto status = channel_->control->DiskUsage(until(Clock::now() + limit).get(), {}, &response);
  if (!status.ok()) return call_failed("DiskUsage", status, channel_->address);
  return static_cast<std::size_t>(response.record_size());
}

util::Result<RawBuild> Client::fetch(const std::string& ref, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  CP_TRY_ASSIGN(const auto record, channel_->record(ref, deadline));
  RawBuild build;
  build.ref = ref;
  build.succeeded = record.error().code() == 0 && record.error().message().empty();
  build.error = util::to_utf8(record.error().message());
  add_request(build, record);
  CP_TRY(channel_->events(build, deadline));
  for (const auto& [platform, digest] : provenance_digests(record)) {
    CP_TRY_ASSIGN(build.provenances[platform], channel_->blob(digest, deadline));
  }
  return build;
}

util::Result<RawBuild> Client::unfinished(std::chrono::milliseconds limit,
                                          const std::function<bool(const RawBuild&)>& mine) {
  control::BuildHistoryRequest request;
  request.set_active_only(true); // not `early_exit` too: v0.11.6 then tells of none
  RawBuild build;
  const auto context = until(Clock::now() + limit);
  const auto reader = channel_->control->ListenBuildHistory(context.get(), request);
  control::BuildHistoryEvent event;
  while (build.ref.empty() && reader->Read(&event)) {
    RawBuild one;
    one.ref = event.record().ref();
    add_request(one, event.record());
    if (!mine || mine(one)) build = std::move(one);
  }
  context->TryCancel();
  if (build.ref.empty()) return util::failure("no build runs", channel_->address);
  static_cast<void>(channel_->events(build, Clock::now() + limit)); // ends by its deadline
  return build;
}

/// Of the builds that have ended.
grpc::Status Client::Channel::history(std::vector<std::string>& refs, Clock::time_point deadline) const {
  control::BuildHistoryRequest request;
  request.set_early_exit(true);
  const auto context = until(deadline);
  const auto reader = control->ListenBuildHistory(context.get(), request);
  control::BuildHistoryEvent event;
  while (reader->Read(&event))
    if (event.type() == control::COMPLETE) refs.push_back(event.record().ref());
  return reader->Finish();
}

/// The same; none of a daemon that keeps no history.
util::Result<std::vector<std::string>> Client::Channel::remembered(Clock::time_point deadline) const {
  std::vector<std::string> refs;
  const auto status = history(refs, deadline);
  if (!status.ok() && status.error_code() != grpc::StatusCode::UNIMPLEMENTED)
    return call_failed("ListenBuildHistory", status, address);
  return refs;
}

util::Result<std::vector<std::string>> Client::history(std::chrono::milliseconds limit) {
  std::vector<std::string> refs;
  const auto status = channel_->history(refs, Clock::now() + limit);
  if (!status.ok()) return call_failed("ListenBuildHistory", status, channel_->address);
  return refs;
}

util::Result<std::size_t> Client::remembered_builds(std::chrono::milliseconds limit) {
  CP_TRY_ASSIGN(const auto refs, channel_->remembered(Clock::now() + limit));
  return refs.size();
}

util::Status Client::prune(const Pruning& what, std::chrono::milliseconds limit, const std::stop_token& stop) {
  control::PruneRequest request;
  for (const auto& filter : what.filter) request.add_filter(filter);
  request.set_keep_bytes(static_cast<std::int64_t>(what.keep_bytes));
  request.set_all(what.all);
  const auto context = until(Clock::now() + limit);
  const std::stop_callback cancel(stop, [&] { context->TryCancel(); });
  const auto reader = channel_->control->Prune(context.get(), request);
  control::UsageRecord record;
  while (reader->Read(&record)) continue;
  const auto status = reader->Finish();
  if (stop.stop_requested())
    return util::failure("interrupted while it pruned", channel_->address, {}, util::Blame::interrupted);
  if (!status.ok() && status.error_message().find("failed to parse prune filter") != std::string::npos)
    return util::failure(
        "this cannot be pruned: " + util::to_utf8(status.error_message()), channel_->address, {}, util::Blame::input);
  if (!status.ok()) return call_failed("Prune", status, channel_->address);
  return {};
}

util::Status Client::forget_all(std::chrono::milliseconds limit, const std::stop_token& stop) {
  const auto deadline = Clock::now() + limit;
  CP_TRY_ASSIGN(const auto refs, channel_->remembered(deadline));
  for (const auto& ref : refs) {
    control::UpdateBuildHistoryRequest request;
    request.set_ref(ref);
    request.set_delete_(true);
    control::UpdateBuildHistoryResponse response;
    const auto status = channel_->control->UpdateBuildHistory(until(deadline).get(), request, &response);
    if (!status.ok()) return call_failed("UpdateBuildHistory", status, channel_->address);
  }
  return prune({.all = true}, std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()), stop);
}

util::Status Client::listen(const std::function<void(const RawBuild&)>& heard, const std::stop_token& stop) {
  control::BuildHistoryRequest request;
  request.set_active_only(true);
  grpc::ClientContext context;
  const std::stop_callback cancel(stop, [&] { context.TryCancel(); });
  const auto reader = channel_->control->ListenBuildHistory(&context, request);
  control::BuildHistoryEvent event;
  while (reader->Read(&event)) {
    if (event.type() != control::STARTED) continue;
    RawBuild build;
    build.ref = event.record().ref();
    add_request(build, event.record());
    heard(build);
  }
  const auto status = reader->Finish();
  if (!status.ok() && !stop.stop_requested()) return call_failed("ListenBuildHistory", status, channel_->address);
  return {};
}

util::Status
Client::follow(const std::string& ref, const std::function<void(const RawBuild&)>& heard, const std::stop_token& stop) {
  control::StatusRequest request;
  request.set_ref(ref);
  grpc::ClientContext context;
  const std::stop_callback cancel(stop, [&] { context.TryCancel(); });
  const auto reader = channel_->control->Status(&context, request);
  RawBuild build;
  build.ref = ref;
  control::StatusResponse response;
  while (reader->Read(&response)) {
    append(build, response);
    heard(build);
  }
  const auto status = reader->Finish();
  if (!status.ok() && !stop.stop_requested()) return call_failed("Status", status, channel_->address);
  return {};
}

/// The record was complete the moment the client had exited in every measured build; a daemon that is slower than
/// that is asked again until the deadline.
util::Result<control::BuildHistoryRecord> Client::Channel::record(const std::string& ref,
                                                                  Clock::time_point deadline) const {
  control::BuildHistoryRequest request;
  request.set_ref(ref);
  request.set_early_exit(true);
  for (;;) {
    const auto context = until(deadline);
    const auto reader = control->ListenBuildHistory(context.get(), request);
    std::optional<control::BuildHistoryRecord> complete;
    control::BuildHistoryEvent event;
    while (reader->Read(&event))
      if (event.record().ref() == ref && event.type() == control::COMPLETE) complete = event.record();
    const auto status = reader->Finish();
    if (!status.ok() && status.error_code() != grpc::StatusCode::NOT_FOUND)
      return call_failed("ListenBuildHistory", status, address);
    if (complete) return *complete;
    if (Clock::now() + std::chrono::milliseconds(20) >= deadline)
      return util::failure("buildkitd has no record of the build " + ref,
                           address,
                           "read the daemon's log; its history may have been pruned");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

util::Status Client::Channel::events(RawBuild& build, Clock::time_point deadline) const {
  control::StatusRequest request;
  request.set_ref(build.ref);
  const auto context = until(deadline);
  const auto reader = control->Status(context.get(), request);
  control::StatusResponse response;
  while (reader->Read(&response)) append(build, response);
  const auto status = reader->Finish();
  if (!status.ok()) return call_failed("Status", status, address);
  return {};
}

util::Result<std::string> Client::Channel::blob(const std::string& digest, Clock::time_point deadline) const {
  content::ReadContentRequest request;
  request.set_digest(digest);
  const auto context = until(deadline);
  const auto reader = content->Read(context.get(), request);
  std::string text;
  content::ReadContentResponse response;
  while (reader->Read(&response)) text += response.data();
  const auto status = reader->Finish();
  if (!status.ok()) return call_failed("Content/Read", status, address);
  return text;
}

} // namespace cacheproof::buildkit
