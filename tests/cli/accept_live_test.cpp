// `run --accept` on real daemons.
#include "cli/program_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof {
namespace {

using testing::HasSubstr;

class AcceptLive : public ProgramTest {
protected:
  void SetUp() override { skip_without_root(); }
};

constexpr auto k_bare = R"(title: Editing a source file does not install the packages again
files:
  Dockerfile: |
    FROM alpine AS tools
    RUN echo tool > /tool && echo note > /note
    FROM alpine AS app
    COPY packages.txt .
    RUN cat packages.txt > /packages
    COPY --from=tools /tool /tool
    COPY src src
  packages.txt: left-pad
  src/main.js: hello
setup: {images: {alpine: busybox}}
matrix: {mode: [max, min]}
build:
  cache_to:   ["type=registry,ref=${registry}/app:cache,mode=${mode}"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
rounds:
  - name: first build
  - name: one source file edited
    edit: [{append: {path: src/main.js, text: x}}]
    expect: {cached: [app COPY packages*, app 9]}   # step 9 is gone
  - name: the tool edited
    edit: [{replace: {path: Dockerfile, old: echo tool, new: echo other}}]
    expect:
      # every step
      rebuilt: all
)";

// From no claims, or wrong ones, to claims that hold: for two modes, of which one exports less.
TEST_F(AcceptLive, WhatItWritesPassesAtOnce) {
  const auto file = write("accepted.yaml", k_bare);
  const auto accepted = run({"run", "--accept", file});
  EXPECT_EQ(accepted.exit.code, 0) << accepted.out << accepted.err;
  auto text = std::string(k_bare);
  replace(text,
          "  - name: first build\n",
          "  - name: first build\n    expect: {rebuilt: all, exported: [{when: {mode: max}, layers: 6}, "
          "{when: {mode: min}, layers: 5}]}\n");
  replace(text, "cached: [app COPY packages*, app 9]", "cached: ['app COPY packages*']");
  replace(text, "      rebuilt: all\n", "      rebuilt: [tools 2, app 4-5]\n");
  EXPECT_EQ(read(file), text) << accepted.out;
  EXPECT_THAT(accepted.out, HasSubstr("accepted: accepted.yaml\n"));
  const auto played = run({"run", file});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
}

} // namespace
} // namespace cacheproof
