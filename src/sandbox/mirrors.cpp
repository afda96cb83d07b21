#include "sandbox/mirrors.hpp"

#include "oci/registry_client.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace cacheproof::sandbox {
namespace {

/// `https://registry-1.docker.io` becomes `registry-1.docker.io`, `http://127.0.0.1:5000/x` `127.0.0.1_5000_x`.
std::string folder_name(const std::string& upstream) {
  auto name = upstream.substr(upstream.find("//") + 2);
  const auto plain = [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '-'; };
  std::replace_if(
      name.begin(), name.end(), [&](unsigned char c) { return !plain(c); }, '_');
  return name;
}

} // namespace

Mirrors::Mirrors(std::filesystem::path program, std::filesystem::path root, std::uintmax_t limit)
    : program_(std::move(program)),
      root_(std::move(root)),
      limit_(limit) {}

util::Result<MirrorUse> Mirrors::of(const std::string& host, std::stop_token stop) {
  const std::lock_guard lock(mutex_);
  auto found = leased_.find(host);
  if (found == leased_.end()) {
    CP_TRY_ASSIGN(auto endpoint, oci::public_registry(host, stop));
    const bool identity_token = !endpoint.credentials.identity_token.empty();
    CP_TRY_ASSIGN(auto mirror,
                  Mirror::lease({.program = program_,
                                 .folder = root_ / folder_name(endpoint.url),
                                 .upstream = endpoint.url,
                                 .credentials = std::move(endpoint.credentials),
                                 .limit = limit_},
                                std::move(stop)));
    MirrorUse use{mirror.address(), std::move(endpoint.url), identity_token};
    found = leased_.emplace(host, std::pair(std::move(mirror), std::move(use))).first;
  }
  return found->second.second;
}

} // namespace cacheproof::sandbox
