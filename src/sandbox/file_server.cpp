#include "sandbox/file_server.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <time.h>

#include <mutex>
#include <string_view>
#include <utility>

namespace cacheproof::sandbox {
namespace {

/// RFC 9110, 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
constexpr const char* k_date = "%a, %d %b %Y %H:%M:%S GMT";

std::string date_text(std::int64_t seconds) {
  const time_t time = seconds;
  tm parts{};
  gmtime_r(&time, &parts);
  char text[64];
  return {text, strftime(text, sizeof text, k_date, &parts)};
}

std::optional<std::int64_t> date_of(const std::string& text) {
  tm parts{};
  const char* end = strptime(text.c_str(), k_date, &parts);
  if (!end || *end != '\0') return {};
  return timegm(&parts);
}

std::string_view without_weakness(std::string_view etag) {
  return etag.starts_with("W/") ? etag.substr(2) : etag;
}

/// Whether the client has the file as it is.
bool is_fresh(const http::Received& request, const File& file) {
  if (const auto tags = request.header("If-None-Match"); !tags.empty()) {
    if (util::trim(tags) == "*") return true;
    for (const auto& tag : util::split(tags, ','))
      if (file.etag && without_weakness(util::trim(tag)) == without_weakness(*file.etag)) return true;
    return false;
  }
  const auto since = date_of(request.header("If-Modified-Since"));
  return since && file.last_modified && *file.last_modified <= *since;
}

http::Answer answer_of(const http::Received& request, const std::optional<File>& file) {
  if (request.method != "GET" && request.method != "HEAD") return {.status = 405, .headers = {{"Allow", "GET, HEAD"}}};
  if (!file) return {.status = 404};
  http::Answer answer;
  if (file->etag) answer.headers.emplace_back("ETag", *file->etag);
  if (file->last_modified) answer.headers.emplace_back("Last-Modified", date_text(*file->last_modified));
  if (is_fresh(request, *file))
    answer.status = 304;
  else
    answer.body = file->text;
  return answer;
}

std::string in_words(const http::Received& request, int status) {
  std::vector<std::string> conditions;
  for (const auto* name : {"If-None-Match", "If-Modified-Since"})
    if (const auto value = request.header(name); !value.empty())
      conditions.push_back(fmt::format("{}: {}", name, value));
  const auto asked = conditions.empty() ? std::string() : " (" + util::join(conditions, "; ") + ")";
  return fmt::format("{} {}{}: {}", request.method, request.target, asked, status);
}

} // namespace

struct FileServer::State {
  std::mutex mutex;
  std::map<std::string, File> files;
  std::vector<std::string> requests;
};

FileServer::FileServer(std::shared_ptr<State> state, http::Server server)
    : state_(std::move(state)),
      server_(std::move(server)) {}

util::Result<FileServer> FileServer::start(std::map<std::string, File> files) {
  auto state = std::make_shared<State>();
  state->files = std::move(files);
  CP_TRY_ASSIGN(auto server, http::Server::start([state](const http::Received& request) {
                  const std::lock_guard lock(state->mutex);
                  const auto path = request.target.substr(0, request.target.find('?'));
                  const auto found = state->files.find(path.starts_with('/') ? path.substr(1) : path);
                  auto answer =
                      answer_of(request, found == state->files.end() ? std::nullopt : std::optional(found->second));
                  state->requests.push_back(in_words(request, answer.status));
                  return answer;
                }));
  return FileServer(std::move(state), std::move(server));
}

std::optional<File> FileServer::file(const std::string& path) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->files.find(path);
  return found == state_->files.end() ? std::nullopt : std::optional(found->second);
}

void FileServer::serve(const std::string& path, File file) {
  const std::lock_guard lock(state_->mutex);
  state_->files[path] = std::move(file);
}

std::vector<std::string> FileServer::take_requests() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->requests, {});
}

} // namespace cacheproof::sandbox
