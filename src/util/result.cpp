#include "util/result.hpp"

namespace cacheproof::util {

std::string to_text(const Error& error) {
  std::string text = error.what;
  if (!error.tried.empty()) text += "\n  tried: " + error.tried;
  if (!error.remedy.empty()) text += "\n  to do: " + error.remedy;
  return text;
}

} // namespace cacheproof::util
