#pragma once

#include "util/result.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace cacheproof::util {

/// SHA-256 over a stream of bytes, for contents that should not be held in memory.
class Sha256 {
public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  /// 64 lower-case hex digits; the object is used up.
  std::string hex();

private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);
/// `sha256:` and 64 hex digits, as registries write digests.
std::string sha256_digest(std::string_view bytes);
/// 64 hex digits of a regular file's content, read in pieces.
Result<std::string> sha256_file(const std::filesystem::path& path);

} // namespace cacheproof::util
