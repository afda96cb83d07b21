#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace cacheproof::scenario {

/// Turns the names and paths of a client's command line into those of a case: what is in a registry is in the
/// sandbox's, a cache on disk in the case's folder.
class NamesHere {
public:
  /// A name of an image in the sandbox's registry, whatever registry it was in (distribution/reference: a first part
  /// with a dot or a colon, or `localhost`, is a host).
  std::string image(const std::string& name);
  /// An entry of the caches, or one of the outputs.
  std::string cache(const std::string& entry);
  std::string output(const std::string& entry);

  /// Hosts and what stands in their place, in the order in which they were met.
  const std::vector<std::pair<std::string, std::string>>& replaced() const { return replaced_; }

private:
  std::set<std::string> hosts_;
  std::vector<std::pair<std::string, std::string>> replaced_;
};

} // namespace cacheproof::scenario
