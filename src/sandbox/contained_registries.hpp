#pragma once

#include "sandbox/registry.hpp"
#include "util/result.hpp"

#include <cstddef>
#include <filesystem>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace cacheproof::sandbox {

/// Registries in containers of one image, all fresh. A container takes half a second to start, so one is started ahead
/// of who takes it. Several threads may take.
class ContainedRegistries {
public:
  /// `image` is one that the Docker engine has.
  explicit ContainedRegistries(std::string image)
      : image_(std::move(image)) {}
  ~ContainedRegistries();
  ContainedRegistries(const ContainedRegistries&) = delete;
  ContainedRegistries& operator=(const ContainedRegistries&) = delete;

  /// Starts the first and waits until it answers; an error where that engine has no containers to offer, or they cannot
  /// be reached from here.
  util::Status try_out(const std::stop_token& stop);
  /// So many will be taken, that one is not started for nobody.
  void expect(std::size_t more);
  /// One that may have started already; it is not waited for.
  util::Result<Registry> take();

private:
  const std::string image_;
  std::mutex mutex_;
  std::size_t expected_ = 0;
  std::optional<Registry> ahead_;
};

} // namespace cacheproof::sandbox
