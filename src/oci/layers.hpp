#pragma once

#include "oci/tar.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace cacheproof::oci {

/// Where the content of a file of an image lies: in which layer, under which path of its tar.
struct LayerPlace {
  std::size_t layer = 0;
  std::string path;
  bool operator==(const LayerPlace&) const = default;
};

/// The file system that the layers of an image make up, lowest first: names only, no content. Later layers win;
/// whiteouts hide what lower layers have (OCI image specification, layer.md).
class Layers {
public:
  /// The next entry of a layer; layers come in their order. `id` is the caller's, for `each`.
  void add(std::size_t layer, const TarEntry& entry, std::size_t id = 0);
  /// Calls `visit` with every path that is there and the id of the entry behind it: of a hard link that of the file.
  void each(const std::function<void(const std::string& path, std::size_t id)>& visit) const;
  /// The regular file behind a path of the image, links followed inside the image; nothing where there is none.
  std::optional<LayerPlace> find(std::string_view path) const;
  std::size_t size() const { return nodes_.size(); }

private:
  struct Node {
    std::size_t layer = 0;
    TarType type = TarType::other;
    std::string text; ///< of a file its path in the tar, of a symlink where it points
    std::size_t id = 0;
  };
  /// The path with all links followed but, where asked, one at its end. Nothing for links in a circle.
  std::optional<std::string> resolve(std::string_view path, bool last) const;
  void remove(const std::string& path, std::size_t below_layer, bool children_only);

  std::map<std::string, Node> nodes_; ///< by path; a folder may be missing
};

} // namespace cacheproof::oci
