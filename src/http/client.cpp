#include "http/client.hpp"

#include "util/text.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <mutex>

namespace cacheproof::http {
namespace {

using namespace std::chrono_literals;

using Easy = std::unique_ptr<CURL, void (*)(CURL*)>;
using Multi = std::unique_ptr<CURLM, CURLMcode (*)(CURLM*)>;
using HeaderList = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

/// What the callbacks of one exchange share.
struct Exchange {
  const Request& request;
  const std::stop_token& stop;
  CURL* handle;
  Response response;
  std::optional<util::Error> refused; ///< why a callback ended the transfer
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_byte = start;
  bool answered = false;
  bool in_body = false; ///< header lines are trailers then
  bool silent = false;

  void heard() {
    answered = true;
    last_byte = std::chrono::steady_clock::now();
  }
  std::chrono::steady_clock::duration age() const { return std::chrono::steady_clock::now() - start; }
  int status() const {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }
  std::chrono::milliseconds limit() const { return answered ? request.stall_timeout : request.answer_timeout; }
  /// Whether the transfer has to end: a stop was requested, or nothing was heard for too long.
  bool is_over() {
    silent = limit() > 0ms && std::chrono::steady_clock::now() - last_byte > limit();
    return silent || stop.stop_requested();
  }
};

size_t on_header(char* data, size_t, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.heard();
  const std::string_view line(data, count);
  if (line.starts_with("HTTP/")) { // each answer of a redirect chain has its own: the last one's headers stay
    exchange.response.headers.clear();
    exchange.in_body = false;
  } else if (const auto colon = line.find(':'); colon != line.npos) {
    exchange.response.headers.emplace_back(util::trim(line.substr(0, colon)), util::trim(line.substr(colon + 1)));
  } else if (util::trim(line).empty() && exchange.request.on_head && !exchange.in_body) {
    exchange.response.status = exchange.status();
    if (auto taken = exchange.request.on_head(exchange.response); !taken) {
      exchange.refused = std::move(taken).error();
      return 0;
    }
  }
  return count;
}

size_t on_body(char* data, size_t, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.heard();
  const std::string_view piece(data, count);
  exchange.in_body = true;
  if (const int status = exchange.status(); exchange.request.sink && status >= 200 && status < 300) {
    if (auto taken = exchange.request.sink(piece); !taken) {
      exchange.refused = std::move(taken).error();
      return 0;
    }
    return count;
  }
  if (exchange.response.body.size() + count > exchange.request.max_body) {
    exchange.refused = util::Error{.what = fmt::format("the answer is longer than {} bytes", exchange.request.max_body),
                                   .tried = printable(exchange.request.url)};
    return 0;
  }
  exchange.response.body.append(piece);
  return count;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host == "::1" || host.starts_with("127.");
}

std::string host_of(const std::string& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
  char* host = nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK
      || curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) != CURLUE_OK)
    return {};
  std::string result(host);
  curl_free(host);
  return util::lower(result);
}

HeaderList header_list(const Headers& headers) {
  HeaderList list(nullptr, curl_slist_free_all);
  const auto add = [&](const std::string& line) { list.reset(curl_slist_append(list.release(), line.c_str())); };
  for (const auto& [name, value] : headers) add(name + ": " + value);
  add("Expect:"); // no waiting for "100 Continue": small servers do not send it
  return list;
}

void set_protocols_and_exit(CURL* handle) {
#if CURL_AT_LEAST_VERSION(7, 87, 0)
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L); // a name lookup that hangs is left behind, not waited for
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#endif
}

/// Drives the transfer with curl's multi interface: the easy one waits for a name lookup that it cannot interrupt.
CURLcode transfer(CURL* handle, Exchange& exchange) {
  const Multi multi(curl_multi_init(), curl_multi_cleanup);
  curl_multi_add_handle(multi.get(), handle);
  const std::stop_callback wake(exchange.stop, [&] { curl_multi_wakeup(multi.get()); });
  CURLcode code = CURLE_OK;
  int running = 1;
  while (running > 0) {
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK) code = CURLE_FAILED_INIT;
    if (code != CURLE_OK || running == 0) break;
    if (exchange.is_over()) {
      code = CURLE_ABORTED_BY_CALLBACK;
      break;
    }
    curl_multi_poll(multi.get(), nullptr, 0, 100, nullptr);
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left))
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  curl_multi_remove_handle(multi.get(), handle);
  return code;
}

} // namespace

std::optional<std::string> Response::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (util::lower(key) == util::lower(name)) return value;
  return {};
}

std::string printable(std::string_view url) {
  const auto scheme = url.find("://");
  const auto begin = scheme == url.npos ? 0 : scheme + 3;
  const auto end = url.find_first_of("/?#", begin);
  const auto at = url.substr(0, end).rfind('@');
  if (at == url.npos || at < begin) return std::string(url);
  return std::string(url.substr(0, begin)) + std::string(url.substr(at + 1));
}

std::pair<std::string, std::string> login_in(std::string_view url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts(curl_url(), curl_url_cleanup);
  if (!parts || curl_url_set(parts.get(), CURLUPART_URL, std::string(url).c_str(), 0) != CURLUE_OK) return {};
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(parts.get(), which, &text, CURLU_URLDECODE) != CURLUE_OK) return std::string();
    const std::unique_ptr<char, decltype(&curl_free)> owner(text, curl_free);
    return std::string(text);
  };
  return {part(CURLUPART_USER), part(CURLUPART_PASSWORD)};
}

util::Result<Response> send(const Request& request, std::stop_token stop) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const Easy handle(curl_easy_init(), curl_easy_cleanup);
  if (!handle) return util::failure("curl cannot be started");
  CURL* const curl = handle.get();

  Exchange exchange{.request = request, .stop = stop, .handle = curl, .response = {}, .refused = {}};
  const auto headers = header_list(request.headers);
  char words[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "cacheproof"); // some public services refuse those without a name
  set_protocols_and_exit(curl);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  if (!request.body.empty() || request.method == "PUT" || request.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  if (request.follow_redirects) {
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
  }
  if (is_loopback(host_of(request.url))) curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); // what a proxy says of its tunnel is no answer
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);

  const CURLcode code = transfer(curl, exchange);
  if (exchange.refused) return tl::unexpected(std::move(*exchange.refused));
  const auto tried = request.method + ' ' + printable(request.url);
  if (stop.stop_requested()) return util::failure("interrupted", tried, {}, util::Blame::interrupted);
  if (exchange.silent)
    return util::failure(
        fmt::format("nothing was received for {} s", static_cast<double>(exchange.limit().count()) / 1000), tried);
  if (code == CURLE_OPERATION_TIMEDOUT && request.timeout > 0ms
      && exchange.age() + 50ms >= request.timeout) // curl's clock rounds
    return util::failure(fmt::format("no answer within {:.1f} s", static_cast<double>(request.timeout.count()) / 1000),
                         tried);
  if (code != CURLE_OK) return util::failure(*words ? words : curl_easy_strerror(code), tried);
  exchange.response.status = exchange.status();
  return std::move(exchange.response);
}

} // namespace cacheproof::http
