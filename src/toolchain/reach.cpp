#include "toolchain/reach.hpp"

#include "http/client.hpp"
#include "oci/authentication.hpp"
#include "oci/registry_client.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <vector>

namespace cacheproof::toolchain {
namespace {

using Clock = std::chrono::steady_clock;

std::string host_of(std::string_view url) {
  auto text = http::printable(url);
  if (const auto scheme = text.find("://"); scheme != text.npos) text.erase(0, scheme + 3);
  return text.substr(0, text.find_first_of("/?"));
}

/// A request that has to be answered before the deadline, whatever the answer is.
util::Result<http::Response> knock(const std::string& url, Clock::time_point deadline, const std::stop_token& stop) {
  const auto left = std::max(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()),
                             std::chrono::milliseconds(1));
  return http::send({.method = "HEAD",
                     .url = url,
                     .connect_timeout = left,
                     .answer_timeout = {}, // the time for all of it counts
                     .timeout = left,
                     .follow_redirects = true},
                    stop);
}

std::optional<Blocked> is_blocked(const std::string& url, Clock::time_point deadline, const std::stop_token& stop) {
  if (const auto answer = knock(url, deadline, stop); !answer) return Blocked{host_of(url), answer.error().what};
  return {};
}

/// The registry and the service that gives its tokens: one is of no use without the other.
std::optional<Blocked> is_registry_blocked(Clock::time_point deadline, const std::stop_token& stop) {
  const auto url = oci::registry_url("docker.io") + "/v2/";
  const auto answer = knock(url, deadline, stop);
  if (!answer) return Blocked{host_of(url), answer.error().what};
  const auto challenge = oci::parse_challenge(answer->header("WWW-Authenticate").value_or(""));
  if (answer->status != 401 || !challenge || challenge->scheme != "bearer") return {};
  const auto realm = challenge->parameters.find("realm");
  return realm == challenge->parameters.end() ? std::nullopt : is_blocked(realm->second, deadline, stop);
}

/// Of go's proxies one that answers will do.
std::optional<Blocked>
is_module_blocked(const std::vector<std::string>& doors, Clock::time_point deadline, const std::stop_token& stop) {
  std::vector<std::future<std::optional<Blocked>>> answers;
  for (const auto& url : doors)
    answers.push_back(std::async(std::launch::async, [&] { return is_blocked(url, deadline, stop); }));
  std::optional<Blocked> first;
  bool any = false;
  for (auto& answer : answers) {
    auto blocked = answer.get();
    any = any || !blocked;
    if (!first) first = std::move(blocked);
  }
  return any ? std::nullopt : first;
}

} // namespace

Reach look_out(const Order& order, const std::filesystem::path& folder, const Options& options) {
  const auto doors = options.sources.module ? module_doors(order, folder, options) : std::vector<std::string>();
  const auto deadline = Clock::now() + options.patience;
  const auto ask = [](auto question) { return std::async(std::launch::async, question); };
  using Answer = std::optional<Blocked>;
  auto release = ask([&] {
    return options.sources.release ? is_blocked(release_url(order, options), deadline, options.stop) : Answer();
  });
  auto image = ask([&] { return options.sources.image ? is_registry_blocked(deadline, options.stop) : Answer(); });
  auto module = ask([&] { return is_module_blocked(doors, deadline, options.stop); });
  return {release.get(), image.get(), module.get()};
}

std::string to_line(const Reach& reach) {
  std::vector<std::string> hosts;
  std::vector<std::string> skipped;
  const auto add = [&](const std::optional<Blocked>& blocked, const char* source) {
    if (!blocked) return;
    hosts.push_back(fmt::format("{} ({})", blocked->host, blocked->why));
    if (*source) skipped.emplace_back(source);
  };
  add(reach.release, "the release");
  add(reach.image, "the container image");
  add(reach.module, "");
  if (hosts.empty()) return {};
  auto line = "no way out to " + util::join(hosts, ", ") + ":";
  if (!skipped.empty()) line += " without " + util::join(skipped, " and ");
  if (reach.module) line += std::string(skipped.empty() ? "" : ",") + " the Go module only from go's own cache";
  return line;
}

} // namespace cacheproof::toolchain
