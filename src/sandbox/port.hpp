#pragma once

#include "util/files.hpp"
#include "util/result.hpp"

#include <cstdint>

namespace cacheproof::sandbox {

/// A port of 127.0.0.1 that is kept for a program that cannot choose one itself and say which: bound with SO_REUSEADDR
/// and never listened on, so that the kernel gives it to nobody else, while a program that also sets SO_REUSEADDR (all
/// of Go's do) can listen on it (socket(7), ip(7)).
class Port {
public:
  static util::Result<Port> reserve();
  std::uint16_t number() const { return number_; }

private:
  Port(util::Fd socket, std::uint16_t number)
      : socket_(std::move(socket)),
        number_(number) {}
  util::Fd socket_;
  std::uint16_t number_;
};

} // namespace cacheproof::sandbox
