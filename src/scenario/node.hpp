#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::scenario {

/// A value of a YAML file and the place where it begins. A mapping has its keys and values in turn as children, double
/// keys included.
struct Node {
  enum class Kind { null, scalar, sequence, map };
  Kind kind = Kind::null;
  std::string text;   ///< of a scalar
  bool plain = false; ///< the scalar has no quotes, no block form and no tag
  int line = 0;
  int column = 0;
  std::vector<Node> children;
  std::size_t size = 1; ///< nodes in it, itself included

  bool is_map() const { return kind == Kind::map; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_sequence() const { return kind == Kind::sequence; }
  std::size_t entries() const { return children.size() / 2; }
  const Node& key(std::size_t i) const { return children[2 * i]; }
  const Node& value(std::size_t i) const { return children[2 * i + 1]; }
  /// The value of the first entry with that key, nullptr without one.
  const Node* find(std::string_view name) const {
    for (std::size_t i = 0; i < entries() && is_map(); ++i)
      if (key(i).is_scalar() && key(i).text == name) return &value(i);
    return nullptr;
  }
};

} // namespace cacheproof::scenario
