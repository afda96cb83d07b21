#include "util/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace cacheproof::util {
namespace {

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* raw(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

} // namespace

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0'); // OpenSSL ends it with a NUL
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(raw(text), raw(bytes), static_cast<int>(bytes.size()))));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  // OpenSSL takes blanks around the text, and counts the padding as bytes.
  const auto end = std::min(text.find('='), text.size());
  const auto padding = text.size() - end;
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' '; });
  if (text.size() % 4 != 0 || padding > 2 || !plain) return {};
  std::string bytes(text.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(raw(bytes), raw(text), static_cast<int>(text.size())) < 0) return {};
  bytes.resize(bytes.size() - padding);
  return bytes;
}

} // namespace cacheproof::util
