#pragma once

#include "util/result.hpp"

#include <string>
#include <string_view>

namespace cacheproof::sandbox {

/// Why an upstream registry does not give something, as far as docker-registry's proxy tells.
struct Refusal {
  int status = 0;    ///< that upstream answered with; 0 where it did not answer, or is not known
  std::string words; ///< upstream's own, or the operating system's
  bool operator==(const Refusal&) const = default;
};

/// Reads the body of a proxy's answer that is no success. docker-registry 2.8 answers 500 and wraps what upstream said
/// into `errors[].detail`, in a shape for each way of failing (measured).
Refusal read_refusal(std::string_view body);

/// Why a login that may be right does not help: that proxy can use neither.
enum class Obstacle {
  none,
  basic,          ///< upstream wants name and password themselves
  identity_token, ///< the user's login is one
};

/// The refusal as an error of the rig. `image` is written in full.
util::Error to_error(const Refusal& refusal, const std::string& image, Obstacle obstacle);

} // namespace cacheproof::sandbox
