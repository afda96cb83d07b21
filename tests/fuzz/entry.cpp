// What libFuzzer calls; FUZZED_PARSER is one of parsers.hpp.
#include "fuzz/parsers.hpp"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cacheproof::fuzz::FUZZED_PARSER({reinterpret_cast<const char*>(data), size});
  return 0;
}
