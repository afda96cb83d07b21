#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

namespace cacheproof::sandbox {

/// A folder in which sandboxes can be made.
struct Place {
  std::filesystem::path root;
  std::uintmax_t free = 0; ///< bytes
};

/// What the machine has left for sandboxes.
struct Room {
  std::uintmax_t memory = 0; ///< bytes
  std::vector<Place> places; ///< on file systems of their own; the first is preferred
};

/// As it is now.
Room room();

/// Decides how many sandboxes are in use at once. A sandbox fills slowly: what is free says nothing of those that have
/// just been let in. So each has a claim on what it may come to need, from `admit` to `end`.
class Admission {
public:
  Admission();
  /// The place for one more sandbox, which has a claim from now on. Nothing while there is no room for it beside the
  /// others. Without others there is always room: an empty path then says that no place is known to fit.
  std::optional<std::filesystem::path> admit(const Room& now);
  void end(const std::filesystem::path& root);

private:
  /// The claims on one resource.
  class Claims {
  public:
    explicit Claims(std::uintmax_t each)
        : each_(each) {}
    bool fits(std::uintmax_t free);
    void add() { ++count_; }
    void remove() { --count_; }

  private:
    std::uintmax_t each_;
    std::uintmax_t count_ = 0;
    std::uintmax_t without_ = 0; ///< what would be free without those that have claims
  };

  std::size_t admitted_ = 0;
  Claims memory_;
  std::map<std::filesystem::path, Claims> places_;
};

} // namespace cacheproof::sandbox
