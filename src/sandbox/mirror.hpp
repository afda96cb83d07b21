#pragma once

#include "oci/credentials.hpp"
#include "util/files.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace cacheproof::sandbox {

struct MirrorSetup {
  std::filesystem::path program;     ///< docker-registry
  std::filesystem::path folder;      ///< of this upstream alone; outlives the run
  std::string upstream;              ///< URL of the registry that is mirrored, without user name and password
  oci::Credentials credentials;      ///< reach the mirror's process only
  std::uintmax_t limit = k_no_limit; ///< bytes of images that may lie in the folder when the mirror starts
  static constexpr std::uintmax_t k_no_limit = UINTMAX_MAX;
};

/// The lease of a caching mirror of one upstream registry: docker-registry in proxy mode, one process per folder
/// whoever uses it, which ends when the last lease does, however its holder ended. A tag is asked for upstream every
/// time, and answered from the folder where upstream does not answer; blobs and manifests are fetched once.
///
/// What docker-registry 2.8 cannot do as a proxy (measured): log in with Basic (token logins only), use an identity
/// token instead of a password, start while upstream cannot be reached. A run that joins a running mirror uses the
/// credentials that the mirror was started with.
class Mirror {
public:
  /// Joins the running mirror or starts it. An upstream that cannot be reached is an error that says so.
  static util::Result<Mirror> lease(const MirrorSetup& setup, std::stop_token stop = {});

  /// `127.0.0.1:PORT`, plain HTTP.
  const std::string& address() const { return address_; }

private:
  Mirror(std::string address, util::Fd lease);
  std::string address_;
  util::Fd lease_;
};

/// What lies in the cache of mirrors.
struct MirrorStore {
  std::filesystem::path folder;
  std::uintmax_t bytes = 0; ///< of its blobs
  bool in_use = false;
};
std::vector<MirrorStore> mirror_stores(const std::filesystem::path& root);

/// Ends mirrors below `root` whose supervisor was killed and that nobody leases any more. Returns a line for each.
std::vector<std::string> sweep_mirrors(const std::filesystem::path& root, bool dry_run);

} // namespace cacheproof::sandbox
