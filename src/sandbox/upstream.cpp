#include "sandbox/upstream.hpp"

#include "http/client.hpp"
#include "oci/authentication.hpp"
#include "sandbox/refusal.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <utility>

namespace cacheproof::sandbox {
namespace {

/// A digest that no content has: asking for it makes the proxy say what upstream says.
constexpr std::string_view k_nobody = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// No content, and no error that the client of a registry could hope to get around: v0.11.6, v0.17.3 and v0.34.2 try
/// the public host after a 404, and after every answer from 400 on (429 after five more tries), but give up at once
/// after this one.
constexpr int k_final = 304;

/// `127.0.0.1%3A5000`
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool colon = text.size() - i >= 3 && util::lower(text.substr(i, 3)) == "%3a";
    plain += colon ? ':' : text[i];
    if (colon) i += 2;
  }
  return plain;
}

/// Which kinds of manifests the daemon understands; nothing else of its request is the mirror's business.
http::Headers accepted(const http::Received& received) {
  http::Headers headers;
  for (const auto& header : received.headers)
    if (util::lower(header.first) == "accept") headers.push_back(header);
  return headers;
}

util::Error no_answer(const std::string& image, util::Error error) {
  return util::within("the image " + image + " could not be pulled", std::move(error));
}

} // namespace

/// What a daemon asks for: `/v2/library/alpine/manifests/latest?ns=docker.io`. containerd names the host that it asks
/// the mirror of.
struct Upstream::Wanted {
  std::string kind; ///< `manifests` or `blobs`
  oci::Reference reference;
  std::string image() const { return oci::to_text(reference); }
  std::string repository() const { return reference.host + "/" + reference.repository; }
  std::string path() const {
    const auto& name = reference.digest.empty() ? reference.tag : reference.digest;
    return "/v2/" + reference.repository + "/" + kind + "/" + name;
  }

  static std::optional<Wanted> parse(const std::string& target) {
    const auto question = std::min(target.find('?'), target.size());
    const auto parts = util::split(target.substr(0, question), '/');
    if (parts.size() < 5 || parts[1] != "v2") return {};
    Wanted wanted{.kind = parts[parts.size() - 2], .reference = {}};
    for (const auto& argument : util::split(target.substr(std::min(question + 1, target.size())), '&'))
      if (argument.starts_with("ns=")) wanted.reference.host = unescaped(argument.substr(3));
    wanted.reference.repository = util::join({parts.begin() + 2, parts.end() - 2}, "/");
    auto& name = parts.back().starts_with("sha256:") ? wanted.reference.digest : wanted.reference.tag;
    name = parts.back();
    return wanted;
  }
};

Upstream::Upstream(Mirrors& mirrors, const std::vector<oci::Reference>& images, std::stop_token stop)
    : mirrors_(mirrors),
      stop_(std::move(stop)) {
  for (const auto& image : images) {
    images_.insert(oci::to_text({image.host, image.repository, image.tag, {}}));
    repositories_.insert(image.host + "/" + image.repository);
  }
}

util::Result<std::unique_ptr<Upstream>>
Upstream::start(Mirrors& mirrors, const std::vector<oci::Reference>& images, std::stop_token stop) {
  std::unique_ptr<Upstream> upstream(new Upstream(mirrors, images, std::move(stop)));
  CP_TRY_ASSIGN(auto server,
                http::Server::start([raw = upstream.get()](const auto& received) { return raw->answer(received); }));
  upstream->server_.emplace(std::move(server));
  return upstream;
}

std::vector<std::string> Upstream::hosts() const {
  std::set<std::string> hosts;
  for (const auto& repository : repositories_) hosts.insert(repository.substr(0, repository.find('/')));
  return {hosts.begin(), hosts.end()};
}

std::map<std::string, std::string> Upstream::pins() const {
  const std::lock_guard lock(mutex_);
  return pins_;
}

std::optional<util::Error> Upstream::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

http::Answer Upstream::answer(const http::Received& received) {
  const bool reads = received.method == "GET" || received.method == "HEAD";
  const auto wanted = Wanted::parse(received.target);
  if (received.target == "/v2/") return {};
  if (!reads || !wanted || !repositories_.contains(wanted->repository())) return {.status = 404};
  if (wanted->kind == "blobs") return blob(*wanted);
  const bool tag = wanted->reference.digest.empty();
  if (wanted->kind != "manifests" || (tag && !images_.contains(wanted->image()))) return {.status = 404};
  return manifest(received, *wanted);
}

http::Answer Upstream::manifest(const http::Received& received, const Wanted& wanted) {
  const auto mirror = mirrors_.of(wanted.reference.host, stop_);
  if (!mirror) return refuse(no_answer(wanted.image(), mirror.error()));
  auto exact = wanted;
  if (wanted.reference.digest.empty()) {
    auto digest = pinned(received, wanted, *mirror);
    if (!digest) return refuse(std::move(digest).error());
    exact.reference.digest = std::move(*digest);
  }
  const auto response =
      http::send({.url = "http://" + mirror->address + exact.path(), .headers = accepted(received)}, stop_);
  if (!response) return refuse(no_answer(wanted.image(), response.error()));
  if (!response->ok()) return refuse(refused(wanted, *mirror, response->body));
  return {.headers = {{"Content-Type", response->header("Content-Type").value_or("")},
                      {"Docker-Content-Digest", exact.reference.digest}},
          .body = response->body};
}

/// The digest that the tag had when this case first asked for it.
util::Result<std::string>
Upstream::pinned(const http::Received& received, const Wanted& wanted, const MirrorUse& mirror) {
  const auto image = wanted.image();
  const std::lock_guard resolving(resolving_);
  if (const auto known = pins(); known.contains(image)) return known.at(image);
  const auto response =
      http::send({.url = "http://" + mirror.address + wanted.path(), .headers = accepted(received)}, stop_);
  if (!response) return tl::unexpected(no_answer(image, response.error()));
  const auto digest = response->header("Docker-Content-Digest");
  if (!response->ok() || !digest) return tl::unexpected(refused(wanted, mirror, response->body));
  const std::lock_guard lock(mutex_);
  pins_.emplace(image, *digest);
  return *digest;
}

/// The daemon fetches it from the mirror; before, the mirror is asked whether it can be had.
http::Answer Upstream::blob(const Wanted& wanted) {
  const auto mirror = mirrors_.of(wanted.reference.host, stop_);
  if (!mirror) return refuse(no_answer(wanted.image(), mirror.error()));
  const auto url = "http://" + mirror->address + wanted.path();
  const auto response = http::send({.method = "HEAD", .url = url}, stop_);
  if (!response) return refuse(no_answer(wanted.image(), response.error()));
  if (!response->ok()) return refuse(refused(wanted, *mirror, {}));
  return {.status = 307, .headers = {{"Location", url}}};
}

/// Asks the mirror once more where its answer does not say why: for a tag it says 404 whatever upstream said, for HEAD
/// nothing.
util::Error Upstream::refused(const Wanted& wanted, const MirrorUse& mirror, std::string_view body) const {
  auto refusal = read_refusal(body);
  if (body.empty() || refusal.status == 404) {
    Wanted nobody{.kind = "manifests", .reference = wanted.reference};
    nobody.reference.digest = k_nobody;
    const auto response = http::send({.url = "http://" + mirror.address + nobody.path()}, stop_);
    refusal = response ? read_refusal(response->body) : Refusal{0, response.error().what};
  }
  auto obstacle = mirror.identity_token ? Obstacle::identity_token : Obstacle::none;
  if (refusal.status == 401) {
    const auto challenge = http::send({.url = mirror.upstream + "/v2/"}, stop_);
    const auto header = challenge ? challenge->header("WWW-Authenticate") : std::nullopt;
    const auto parsed = header ? oci::parse_challenge(*header) : std::nullopt;
    if (parsed && parsed->scheme == "basic") obstacle = Obstacle::basic;
  }
  return to_error(refusal, wanted.image(), obstacle);
}

http::Answer Upstream::refuse(util::Error error) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(error);
  return {.status = k_final};
}

} // namespace cacheproof::sandbox
