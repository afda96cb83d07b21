#include "sandbox/daemon_program.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace cacheproof::sandbox {
namespace {

/// A TOML basic string (toml.io v1.0.0, "String").
std::string toml_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

/// A table of buildkitd.toml: its header and its lines, `key = value`.
struct Table {
  std::string header;
  std::vector<std::string> lines;
};

std::string key_of(std::string_view line) {
  return std::string(util::trim(line.substr(0, line.find('='))));
}

/// The tables behind a text that may have some of them itself: TOML takes each once, so ours go into its own there, but
/// for keys that it sets.
std::string merged(const std::string& text, const std::vector<Table>& tables) {
  const auto written = util::lines(text);
  std::string result;
  std::vector<std::string> done;
  for (std::size_t i = 0; i < written.size(); ++i) {
    result += written[i] + "\n";
    const auto header = std::string(util::trim(written[i]));
    const auto table =
        std::find_if(tables.begin(), tables.end(), [&](const auto& each) { return each.header == header; });
    if (table == tables.end()) continue;
    done.push_back(header);
    for (const auto& line : table->lines) {
      bool set = false;
      for (auto k = i + 1; k < written.size() && !util::trim(written[k]).starts_with('['); ++k)
        set = set || key_of(written[k]) == key_of(line);
      if (!set) result += line + "\n";
    }
  }
  for (const auto& table : tables) {
    if (std::find(done.begin(), done.end(), table.header) != done.end()) continue;
    if (!result.empty()) result += "\n";
    result += table.header + "\n";
    for (const auto& line : table.lines) result += line + "\n";
  }
  return result;
}

/// `tables` and those of the registries.
std::string configuration(const DaemonSetup& setup, std::vector<Table> tables) {
  std::set<std::string> own;
  for (const auto& registry : setup.registries) own.insert(registry.substr(0, registry.find('/')));
  auto plain = own;
  for (const auto& [host, mirrors] : setup.mirrors) {
    if (own.contains(host)) continue;
    std::vector<std::string> texts;
    for (const auto& mirror : mirrors) {
      texts.push_back(toml_text(mirror));
      plain.insert(mirror.substr(0, mirror.find('/')));
    }
    tables.push_back(
        {fmt::format("[registry.{}]", toml_text(host)), {fmt::format("mirrors = [{}]", util::join(texts, ", "))}});
  }
  // `http` alone: with `insecure`, HTTPS is tried first from v0.12 on (buildkit-facts).
  for (const auto& address : plain)
    tables.push_back({fmt::format("[registry.{}]", toml_text(address)), {"http = true"}});
  return merged(setup.config, tables);
}

/// runc keeps its state in /run/runc, where that of killed containers would stay for ever; buildkitd cannot tell it
/// another place.
std::string runc_script(const DaemonSetup& setup) {
  const process::Command runc{{setup.runc.string(), "--root", (setup.folder / "runc").string()}};
  return "#!/bin/sh\nexec " + process::to_line(runc) + " \"$@\"\n";
}

} // namespace

std::string contained_configuration(const DaemonSetup& setup) {
  return configuration(setup, {{"[worker.oci]", {"gc = false"}}});
}

util::Result<process::Command> prepare_buildkitd(const DaemonSetup& setup) {
  namespace fs = std::filesystem;
  // No garbage collection: what it removes would look like a miss. The socket for traces is /run/buildkit's otherwise,
  // where daemons of several sandboxes would meet (v0.11.6 does not know the key, and needs none).
  const std::vector<Table> tables{{"[worker.containerd]", {"enabled = false"}},
                                  {"[worker.oci]", {"gc = false", "defaultCgroupParent = " + toml_text(setup.cgroup)}},
                                  {"[otel]", {"socketPath = " + toml_text((setup.folder / "otel.sock").string())}}};
  CP_TRY(util::write_text(setup.folder / "buildkitd.toml", configuration(setup, tables)));
  const auto runc = setup.folder / "run-runc";
  CP_TRY(util::write_text(runc, runc_script(setup)));
  std::error_code error;
  fs::permissions(runc, fs::perms::owner_all, error);
  if (error) return util::failure("cannot make " + runc.string() + " executable: " + error.message());
  return process::Command{{setup.program.string(),
                           "--root",
                           (setup.folder / "root").string(),
                           "--addr",
                           "unix://" + socket_of(setup).string(),
                           "--config",
                           (setup.folder / "buildkitd.toml").string(),
                           "--oci-worker-binary",
                           runc.string(),
                           "--oci-worker-net",
                           "host"},
                          setup.environment,
                          {}};
}

} // namespace cacheproof::sandbox
