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

/// What all questions share.
struct Asking {
  const SilentHosts& silent;
  Clock::time_point deadline;
  std::stop_token stop;

  /// A request that has to be answered before the deadline, whatever the answer is.
  util::Result<http::Response> knock(const std::string& url) const {
    if (const auto known = silent.find(host_of(url)); known != silent.end()) return util::failure(known->second);
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
};

std::optional<Blocked> is_blocked(const std::string& url, const Asking& asking) {
  if (const auto answer = asking.knock(url); !answer) return Blocked{host_of(url), answer.error().what};
  return {};
}

/// The registry and the service that gives its tokens: one is of no use without the other.
std::optional<Blocked> is_registry_blocked(const Asking& asking) {
  const auto url = oci::registry_url("docker.io") + "/v2/";
  const auto answer = asking.knock(url);
  if (!answer) return Blocked{host_of(url), answer.error().what};
  const auto challenge = oci::parse_challenge(answer->header("WWW-Authenticate").value_or(""));
  if (answer->status != 401 || !challenge || challenge->scheme != "bearer") return {};
  const auto realm = challenge->parameters.find("realm");
  return realm == challenge->parameters.end() ? std::nullopt : is_blocked(realm->second, asking);
}

/// Several ways to the same, of which one that answers will do.
struct Doors {
  std::size_t count = 0;
  std::vector<Blocked> blocked;
  std::optional<Blocked> closed() const {
    return count > 0 && blocked.size() == count ? std::optional(blocked.front()) : std::nullopt;
  }
};

Doors look_at(const std::vector<std::string>& urls, const Asking& asking) {
  std::vector<std::future<std::optional<Blocked>>> answers;
  for (const auto& url : urls)
    answers.push_back(std::async(std::launch::async, [&] { return is_blocked(url, asking); }));
  Doors doors{urls.size(), {}};
  for (auto& answer : answers)
    if (auto blocked = answer.get()) doors.blocked.push_back(std::move(*blocked));
  return doors;
}

Asking ask_within(const Options& options) {
  return {*options.silent, Clock::now() + options.patience, options.stop};
}

void remember(const Blocked& blocked, const Options& options) {
  if (!options.stop.stop_requested()) options.silent->emplace(blocked.host, blocked.why);
}

} // namespace

Reach look_out(const Order& order, const std::filesystem::path& folder, const Options& options) {
  const auto doors = options.sources.module ? module_doors(order.recipe, folder, options) : std::vector<std::string>();
  const auto asking = ask_within(options);
  const auto ask = [](auto question) { return std::async(std::launch::async, question); };
  using Answer = std::optional<Blocked>;
  auto release =
      ask([&] { return options.sources.release ? is_blocked(release_url(order, options), asking) : Answer(); });
  auto image = ask([&] { return options.sources.image ? is_registry_blocked(asking) : Answer(); });
  auto module = ask([&] { return look_at(doors, asking); });
  const auto ways = module.get();
  for (const auto& blocked : ways.blocked) remember(blocked, options);
  Reach reach{release.get(), image.get(), ways.closed()};
  for (const auto& blocked : {reach.release, reach.image})
    if (blocked) remember(*blocked, options);
  return reach;
}

std::vector<std::optional<Blocked>> knock(const std::vector<std::vector<std::string>>& groups, const Options& options) {
  const auto asking = ask_within(options);
  std::vector<std::future<Doors>> answers;
  for (const auto& group : groups)
    answers.push_back(std::async(std::launch::async, [&] { return look_at(group, asking); }));
  std::vector<std::optional<Blocked>> result;
  for (auto& answer : answers) {
    const auto doors = answer.get();
    for (const auto& blocked : doors.blocked) remember(blocked, options);
    result.push_back(doors.closed());
  }
  return result;
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
