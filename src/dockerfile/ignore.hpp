#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::dockerfile {

/// A .dockerignore: which paths of a context are never sent to the daemon (moby/patternmatcher v0.6.1, as BuildKit
/// v0.34.2 uses it).
class IgnoreFile {
public:
  static IgnoreFile read(std::string_view text);
  /// Whether the path, or a folder above it, is ignored and no later `!` takes it back.
  bool ignores(std::string_view path) const;

private:
  struct Pattern {
    std::string glob;
    bool exclusion = false;
  };
  std::vector<Pattern> patterns_;
};

} // namespace cacheproof::dockerfile
