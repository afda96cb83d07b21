#pragma once

#include "engine/builders.hpp"
#include "engine/play.hpp"
#include "scenario/read.hpp"
#include "toolchain/toolchain.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <memory>
#include <string>

namespace cacheproof::engine {

/// Scenarios written in a test, played on real daemons.
class LiveStory : public testing::Test {
protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "playing scenarios needs root";
    take(toolchain::default_version());
  }
  void take(const std::string& version) {
    Supply supply;
    RigChoice choice{.buildkit = version, .registry = "process"}; // whose place some tests take
    if (!driver_.version.empty()) choice.buildx = {driver_.version};
    if (!driver_.docker.empty()) {
      if (const auto there = toolchain::find(toolchain::Kind::docker, driver_.docker); !there)
        GTEST_SKIP() << there.error().what; // what installs it has said why not
      choice.buildkit = rig_name(version);
    }
    auto rig = prepare_rig(choice, supply);
    ASSERT_TRUE(rig) << util::to_text(rig.error());
    rig_ = std::move(*rig);
  }

  /// `text` without its title and its base image.
  evidence::CaseEvidence play(const std::string& text, std::chrono::seconds allowance = std::chrono::seconds(60)) {
    return play_whole("title: A story\nsetup: {images: {alpine: busybox}}\n" + text, allowance);
  }
  evidence::CaseEvidence play_whole(const std::string& text,
                                    std::chrono::seconds allowance = std::chrono::seconds(60)) {
    auto reading = scenario::read_text(text, folder_.path() / "story.yaml");
    for (const auto& diagnostic : reading.diagnostics) ADD_FAILURE() << util::to_text(diagnostic);
    if (!reading.scenario) return {};
    const auto cases =
        plan({std::make_shared<scenario::Scenario>(std::move(*reading.scenario))}, {rig_.version}, {driver_});
    Observer nobody;
    return engine::play(
        cases.front(), {{rig_name(rig_.version), rig_}}, {.folder = out(), .allowance = allowance}, nobody);
  }
  /// That which the driver builds with, of that version of BuildKit.
  std::string rig_name(const std::string& version) const {
    return rig_of({std::make_shared<scenario::Scenario>(), {}, version, {}, driver_}, {});
  }
  std::filesystem::path out() const { return folder_.path() / "out"; }

  util::TempDir folder_ = util::TempDir::create().value();
  Rig rig_;
  DriverChoice driver_;
};

} // namespace cacheproof::engine
