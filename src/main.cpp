#include "cli/commands.hpp"

int main(int argc, char** argv) {
  return cacheproof::cli::run_program(argc, argv);
}
