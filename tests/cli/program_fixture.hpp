#pragma once

#include "process/process.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

extern char** environ; // NOLINT(readability-redundant-declaration)

namespace cacheproof {

/// The README's smallest example.
inline const std::string k_plain = R"(title: Editing a source file does not install the packages again
files:
  Dockerfile: |
    FROM alpine AS app
    COPY packages.txt .
    RUN mkdir /packages && cp packages.txt /packages/installed
    COPY src src
  packages.txt: |
    left-pad 1.3.0
  src/main.js: |
    console.log("hello");
setup:
  images: {alpine: busybox}
build:
  cache_to:   ["type=registry,ref=${registry}/app:cache,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
rounds:
  - name: first build
    expect: {rebuilt: all}
  - name: one source file edited
    edit:
      - append: {path: src/main.js, text: "// edited\n"}
    expect:
      rebuilt: [app 4]
)";

/// Runs the program in a folder of its own.
class ProgramTest : public testing::Test {
protected:
  void skip_without_root() {
    if (geteuid() != 0) GTEST_SKIP() << "playing scenarios needs root";
  }

  /// The environment of the test, without colours.
  static std::map<std::string, std::string> environment() {
    std::map<std::string, std::string> all;
    for (char** entry = environ; *entry; ++entry) {
      const std::string text = *entry;
      const auto equals = text.find('=');
      all[text.substr(0, equals)] = text.substr(equals + 1);
    }
    all["NO_COLOR"] = "1";
    return all;
  }

  process::Command command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), CACHEPROOF_PROGRAM);
    auto variables = environment();
    variables["CACHEPROOF_MIRROR_STORE"] = (folder_.path() / "mirror").string(); // the user's own are not for tests
    variables["XDG_STATE_HOME"] = (folder_.path() / "state").string();
    return {std::move(arguments), std::move(variables), folder_.path()};
  }

  process::Finished run(std::vector<std::string> arguments) const {
    auto finished = process::run(command(std::move(arguments)), {.timeout = std::chrono::minutes(5)});
    EXPECT_TRUE(finished) << util::to_text(finished.error());
    return finished ? std::move(*finished) : process::Finished{};
  }

  /// Writes a file into the folder and returns its path as the program is given it.
  std::string write(const std::string& name, const std::string& text) const {
    make_directories(std::filesystem::path(name).parent_path());
    EXPECT_TRUE(util::write_text(folder_.path() / name, text));
    return name;
  }
  std::string read(const std::string& name) const { return util::read_text(folder_.path() / name).value_or(""); }
  void make_directories(const std::filesystem::path& name) const {
    EXPECT_TRUE(util::make_directories(folder_.path() / name));
  }

  /// The last line (from 1) of a file that holds `part`.
  int line_of(const std::string& name, const std::string& part) const {
    const auto lines = util::lines(read(name));
    const auto found = std::find_if(
        lines.rbegin(), lines.rend(), [&](const auto& line) { return line.find(part) != std::string::npos; });
    EXPECT_NE(found, lines.rend()) << part;
    return static_cast<int>(lines.rend() - found);
  }

  static void replace(std::string& text, const std::string& old, const std::string& with) {
    const auto at = text.find(old);
    ASSERT_NE(at, std::string::npos) << old;
    text.replace(at, old.size(), with);
  }

  /// The smallest example with another claim for its second round.
  static std::string with_second_round(const std::string& claim) {
    std::string text = k_plain;
    replace(text, "rebuilt: [app 4]", claim);
    return text;
  }

  util::TempDir folder_ = util::TempDir::create().value();
};

} // namespace cacheproof
