#pragma once

#include "process/process.hpp"
#include "sandbox/sandbox.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cacheproof::sandbox::test {

/// An installed BuildKit, by version.
struct Toolchain {
  std::string version;
  Programs programs;
};

/// Those in the store of toolchains ($CACHEPROOF_STORE, else the XDG cache), sorted. Empty, and `reason` says why,
/// where sandboxes cannot be opened at all.
std::vector<Toolchain> toolchains(std::string& reason);

/// The same of Docker engines.
std::vector<Toolchain> engines(std::string& reason);

/// Builds a Dockerfile whose context holds one file, a static busybox named `sh`.
process::Finished build(Sandbox& sandbox,
                        Daemon& daemon,
                        const Programs& programs,
                        const std::string& dockerfile,
                        const std::string& output = "");

/// A Dockerfile of nothing but that busybox and one RUN.
std::string run_of(const std::string& script);

/// A process of the sandbox by its program, e.g. the buildkitd below the unshare that the daemon's Process is.
int process_of(const Sandbox& sandbox, const std::string& program);
int buildkitd_of(const Sandbox& sandbox);
/// Kills it; false where there is none (-1 would be every process of the machine).
bool kill_process(const Sandbox& sandbox, const std::string& program);

/// Runs the disabled tests of that filter of this very program, with these variables and what leads to the toolchains.
util::Result<process::Process> start_helper(const std::string& filter, std::map<std::string, std::string> variables);

/// Whether it becomes true while we are patient.
bool eventually(const std::function<bool()>& holds);

std::vector<std::string> names_in(const std::filesystem::path& folder);

} // namespace cacheproof::sandbox::test

/// Skips with the reason, or makes `name` the list of installed toolchains.
#define CP_TOOLCHAINS_OR_SKIP(name)                                                                                    \
  std::string cp_reason;                                                                                               \
  const auto name = cacheproof::sandbox::test::toolchains(cp_reason);                                                  \
  if (name.empty()) GTEST_SKIP() << cp_reason
