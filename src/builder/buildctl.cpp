#include "builder/buildctl.hpp"

#include "util/files.hpp"
#include "util/text.hpp"

#include <string_view>
#include <system_error>

namespace cacheproof::builder {
namespace {

/// buildctl warns of bare refs as deprecated; buildx takes an entry without any `=` for one.
std::string cache_entry(const std::string& entry) {
  return entry.find('=') == std::string::npos ? "type=registry,ref=" + entry : entry;
}

} // namespace

process::Command buildctl_command(const std::filesystem::path& buildctl,
                                  const std::string& daemon_address,
                                  const BuildRequest& request,
                                  const std::filesystem::path& ref_file) {
  // A Dockerfile outside the context is sent from its own folder, any other from the context's root as by docker build.
  std::filesystem::path folder = request.context;
  std::filesystem::path name = std::filesystem::path(request.dockerfile).lexically_normal();
  if (name.is_absolute() || *name.begin() == "..") {
    folder = (request.context / name).lexically_normal().parent_path();
    name = name.filename();
  }
  process::Command command{.environment = request.environment};
  auto& argv = command.argv;
  argv = {buildctl.string(), "--addr", daemon_address, "build", "--progress=plain", "--frontend", "dockerfile.v0"};
  const auto add = [&argv](const std::string& flag, const std::string& value) {
    argv.push_back(flag);
    argv.push_back(value);
  };
  add("--local", "context=" + request.context.string());
  add("--local", "dockerfile=" + folder.string());
  add("--opt", "filename=" + name.string());
  if (!request.target.empty()) add("--opt", "target=" + request.target);
  for (const auto& [key, value] : request.args) add("--opt", "build-arg:" + key + "=" + value);
  if (request.no_cache) add("--opt", "no-cache=");
  for (const auto& entry : request.cache_from) add("--import-cache", cache_entry(entry));
  for (const auto& entry : request.cache_to) add("--export-cache", cache_entry(entry));
  add("--ref-file", ref_file.string());
  return command;
}

util::Result<BuildRun> build(const std::filesystem::path& buildctl,
                             const std::string& daemon_address,
                             const BuildRequest& request,
                             const std::filesystem::path& ref_file,
                             const process::RunOptions& options) {
  std::error_code error;
  std::filesystem::remove(ref_file, error); // the ref of an earlier build must not pass for this one's
  if (error) return util::failure("cannot remove " + ref_file.string() + ": " + error.message());

  const auto command = buildctl_command(buildctl, daemon_address, request, ref_file);
  BuildRun result{.command_line = process::to_line(command)};
  auto capture = options;
  capture.on_output = [&](std::string_view piece) {
    result.log += piece;
    if (options.on_output) options.on_output(piece);
  };
  CP_TRY_ASSIGN(const auto finished, process::run(command, capture));
  result.exit = finished.exit;
  result.timed_out = finished.timed_out;
  result.interrupted = finished.interrupted;
  if (const auto ref = util::read_text(ref_file)) result.ref = util::trim(*ref);
  return result;
}

} // namespace cacheproof::builder
