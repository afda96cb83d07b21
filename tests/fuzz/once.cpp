// fuzz_once PARSER FOLDER…: gives every file below the folders to the parser, once. A folder without one is a mistake.
#include "fuzz/parsers.hpp"
#include "util/files.hpp"

#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <string>

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  namespace fuzz = cacheproof::fuzz;
  static const std::map<std::string, std::function<void(std::string_view)>> parsers{
      {"scenario", fuzz::scenario},
      {"command_line", fuzz::command_line},
      {"dockerfile", fuzz::dockerfile},
      {"status", fuzz::status},
      {"provenance", fuzz::provenance},
      {"manifest", fuzz::manifest}};
  const auto parser = argc > 1 ? parsers.find(argv[1]) : parsers.end();
  if (parser == parsers.end()) {
    std::cerr << "fuzz_once PARSER FOLDER...\n";
    return 64;
  }
  int count = 0;
  for (int i = 2; i < argc; ++i) {
    std::error_code error;
    const int before = count;
    for (fs::recursive_directory_iterator it(argv[i], error), end; it != end; it.increment(error))
      if (it->is_regular_file(error))
        if (const auto text = cacheproof::util::read_text(it->path())) {
          parser->second(*text);
          ++count;
        }
    if (count == before) {
      std::cerr << "no text in " << argv[i] << '\n';
      return 1;
    }
  }
  std::cout << count << " texts\n";
  return 0;
}
