#include "process/caller.hpp"
#include "process/process.hpp"
#include "toolchain/sources.hpp"
#include "util/caller.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

namespace cacheproof::toolchain {
namespace fs = std::filesystem;
using namespace std::chrono_literals;
namespace {

/// From 1.21 on go reads the `go` line of a module as a demand and can fetch a newer go by itself.
const util::Version k_oldest_go{1, 21, 0, {}};

struct Go {
  fs::path program;
  std::string version; ///< `go1.26.8`
  bool switches;       ///< fetches the go that a module wants (GOTOOLCHAIN is not `local`)
  std::string proxy;   ///< GOPROXY
};

/// As the user behind sudo would run it: go's caches are theirs and stay so.
process::Command as_caller(std::vector<std::string> argv, const fs::path& directory, bool offline = false) {
  auto variables = process::inherited_environment();
  variables["CGO_ENABLED"] = "0";
  if (offline) variables["GOPROXY"] = "off"; // says at once what go's cache does not have
  return process::as_caller({.argv = std::move(argv), .environment = std::move(variables), .directory = directory});
}

std::string last_lines(const std::string& text) {
  auto lines = util::lines(text);
  if (lines.size() > 6) lines.erase(lines.begin(), lines.end() - 6);
  return util::join(lines, "\n");
}

/// What the command printed; any exit but 0 is an error with the end of what it said.
util::Result<std::string> run(const process::Command& command, std::chrono::minutes limit, std::stop_token stop) {
  process::RunOptions options;
  options.timeout = limit;
  options.stop = std::move(stop);
  CP_TRY_ASSIGN(auto finished, process::run(command, options));
  const auto line = util::join(command.argv, " ");
  if (finished.interrupted) return util::failure("interrupted", line, {}, util::Blame::interrupted);
  if (finished.timed_out) return util::failure(fmt::format("go was not done after {} minutes", limit.count()), line);
  // `go mod download -json` says what failed on stdout, in its JSON.
  if (!finished.exit.ok() && !finished.out.starts_with("{"))
    return util::failure("go failed: " + last_lines(finished.err.empty() ? finished.out : finished.err), line);
  return std::move(finished.out);
}

util::Result<Go> ask(const fs::path& program, const fs::path& work, const Options& options) {
  CP_TRY_ASSIGN(
      const auto text,
      run(as_caller({program.string(), "env", "GOVERSION", "GOTOOLCHAIN", "GOPROXY"}, work), 1min, options.stop));
  const auto lines = util::lines(text);
  Go go{program,
        lines.empty() ? "" : lines[0],
        lines.size() > 1 && !lines[1].empty() && lines[1] != "local",
        lines.size() > 2 ? lines[2] : ""};
  const auto version = go.version.starts_with("go") ? util::Version::parse(go.version.substr(2)) : std::nullopt;
  if (!version || *version < k_oldest_go)
    return util::failure(fmt::format("{} is {}, which is too old (1.21 at least)",
                                     program.string(),
                                     go.version.empty() ? "unknown" : go.version),
                         {},
                         {},
                         util::Blame::unable);
  return go;
}

util::Result<Go> find_go(const fs::path& work, const Options& options) {
  std::vector<fs::path> programs;
  if (auto program = process::find_program("go")) programs.push_back(*program);
  if (auto program = process::find_program("go", options.go_folder);
      program && (programs.empty() || programs[0] != *program))
    programs.push_back(*program);
  util::Error error{util::Blame::unable, "there is no go on the PATH or in " + options.go_folder, {}, {}};
  for (const auto& program : programs) {
    auto go = ask(program, work, options);
    if (go || go.error().blame == util::Blame::interrupted) return go;
    error = std::move(go).error();
  }
  return tl::unexpected(std::move(error));
}

struct Module {
  fs::path folder; ///< in go's cache
  std::string sum;
  std::string version; ///< what go makes of a tag or branch
};

/// The module in go's cache, which go has verified, with the pinned sum where there is one.
util::Result<Module> download(const Go& go, const Order& order, const fs::path& work, const Options& options) {
  const auto [path, version] = module_of(order);
  const auto command = as_caller(
      {go.program.string(), "mod", "download", "-json", fmt::format("{}@{}", path, version)}, work, order.offline);
  CP_TRY_ASSIGN(const auto text, run(command, 10min, options.stop));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_object() && json.contains("Error") && json["Error"].is_string())
    return util::failure("go cannot get the module: " + json["Error"].get<std::string>(),
                         util::join(command.argv, " "));
  if (!json.is_object() || !json.contains("Dir") || !json["Dir"].is_string())
    return util::failure("go does not say where the module is", util::join(command.argv, " "));
  Module module{json["Dir"].get<std::string>(), json.value("Sum", ""), json.value("Version", "")};
  if (!order.pinned.module.empty() && module.sum != order.pinned.module)
    return util::failure(fmt::format("wrong digest: the module has the sum {} where docker/versions.yaml has {}",
                                     module.sum,
                                     order.pinned.module),
                         util::join(command.argv, " "));
  return module;
}

/// Whether this go can build the module: its `go` line, which a go that switches meets by itself.
util::Status check_go_line(const Go& go, const fs::path& file) {
  CP_TRY_ASSIGN(const auto text, util::read_text(file));
  for (const auto& line : util::lines(text)) {
    if (!line.starts_with("go ")) continue;
    const auto wanted = util::Version::parse(util::trim(line.substr(3)));
    const auto there = util::Version::parse(go.version.substr(2));
    if (wanted && there && *there < *wanted && !go.switches)
      return util::failure(fmt::format("{} is {}, the module wants {}, and GOTOOLCHAIN=local forbids to fetch it",
                                       go.program.string(),
                                       go.version,
                                       std::string(util::trim(line))),
                           {},
                           {},
                           util::Blame::unable);
  }
  return {};
}

/// A module that was none yet, as Docker up to 28, keeps what go needs beside its `vendor` folder under other names.
util::Status make_module(const fs::path& source) {
  std::error_code error;
  if (fs::exists(source / "go.mod")) return {};
  if (!fs::exists(source / "vendor.mod"))
    return util::failure("it has neither go.mod nor vendor.mod", source.string(), {}, util::Blame::unable);
  fs::rename(source / "vendor.mod", source / "go.mod", error);
  if (!error) fs::rename(source / "vendor.sum", source / "go.sum", error);
  if (error) return util::failure("cannot make it a module: " + error.message(), source.string());
  return {};
}

/// The version in its `require`, of a line or of a block.
std::string required_buildkit(const fs::path& source) {
  for (const auto* name : {"go.mod", "vendor.mod"})
    for (const auto& line : util::lines(util::read_text(source / name).value_or(""))) {
      const auto words = util::split(util::trim(line), ' ');
      const auto at = std::find(words.begin(), words.end(), "github.com/moby/buildkit");
      if (at != words.end() && at - words.begin() <= 1 && std::next(at) != words.end() && words.front() != "module")
        return *std::next(at);
    }
  return {};
}

/// Files in go's cache are read-only; go may complete go.sum.
util::Status copy_writable(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
  if (error) return util::failure("cannot copy the module: " + error.message(), from.string());
  fs::permissions(to, fs::perms::owner_all, fs::perm_options::add, error);
  for (const auto& entry : fs::recursive_directory_iterator(to, error))
    if (!entry.is_symlink()) fs::permissions(entry.path(), fs::perms::owner_write, fs::perm_options::add, error);
  if (error) return util::failure("cannot make the module's copy writable: " + error.message());
  return {};
}

} // namespace

std::vector<std::string> module_doors(const Recipe& recipe, const fs::path& folder, const Options& options) {
  const auto go = find_go(folder, options);
  if (!go) return {};
  // Behind a comma go looks only for what the proxy before it does not have, behind a bar also when that does not
  // answer (go help goproxy).
  std::vector<std::string> doors;
  for (const auto& proxy : util::split(go->proxy.substr(0, go->proxy.find(',')), '|')) {
    if (proxy.starts_with("http")) doors.push_back(proxy);
    if (proxy == "direct") doors.push_back("https://" + recipe.module.substr(0, recipe.module.find('/')));
  }
  return doors;
}

// The module is built in a copy of it, as the main module: its own go.sum, replace and exclude lines hold, which
// `go install PACKAGE@VERSION` refuses (measured with v0.10.6 to v0.34.2).
util::Result<Origin> build_module(const Order& order, const fs::path& work, const Options& options) {
  CP_TRY(util::make_directories(work / "bin"));
  CP_TRY(util::give_to_caller(work));
  CP_TRY_ASSIGN(const auto go, find_go(work, options));
  CP_TRY_ASSIGN(const auto module, download(go, order, work, options));
  const auto source = work / "source";
  CP_TRY(copy_writable(module.folder, source));
  CP_TRY(make_module(source));
  CP_TRY(check_go_line(go, source / "go.mod"));
  CP_TRY(util::give_to_caller(source));
  if (options.say)
    options.say(fmt::format(
        "{} {}: building the Go module with {}, which takes minutes", order.recipe.title, order.version, go.version));
  const auto name = module_of(order);
  const auto& variable = order.recipe.version_variable;
  std::vector<std::string> build{go.program.string(),
                                 "build",
                                 "-mod=mod",
                                 "-trimpath",
                                 "-buildvcs=false",
                                 "-ldflags",
                                 fmt::format("-s -w -X {}{}={}",
                                             variable.starts_with('/') ? name.path : "",
                                             variable,
                                             fill_in(order.recipe.said_version, order.version)),
                                 "-o",
                                 (work / "bin").string() + "/"};
  build.insert(build.end(), order.recipe.packages.begin(), order.recipe.packages.end());
  CP_TRY(run(as_caller(std::move(build), source, order.offline), 30min, options.stop));
  CP_TRY(util::remove_tree(source));
  // Docker's containerd is a module of its own; any does that the machine has.
  if (const auto& deb = order.recipe.deb; deb.size() > 1 && !process::find_program(deb.back()))
    if (const auto beside = unpack_deb(deb.back(), order.recipe, work, options.stop); !beside && options.say)
      options.say(fmt::format(
          "{} {}: there is no {} here: {}", order.recipe.title, order.version, deb.back(), beside.error().what));
  return Origin{fmt::format("module {}@{}", name.path, name.version), module.sum, go.version};
}

util::Result<ModuleFacts> look_at_module(const Order& order, const Options& options) {
  const auto folder = fs::temp_directory_path();
  CP_TRY_ASSIGN(const auto go, find_go(folder, options));
  auto module = download(go, order, folder, options);
  std::string tag;
  if (!module && module.error().blame != util::Blame::interrupted && !order.recipe.tagged_ref.empty()) {
    auto tagged = order;
    tagged.pinned.tag = fill_in(order.recipe.tagged_ref, order.version);
    auto other = download(go, tagged, folder, options);
    if (other) tag = other->version;
    if (!other)
      other.error() = {other.error().blame,
                       fmt::format("{}; {}", module.error().what, other.error().what),
                       fmt::format("{}; {}", module.error().tried, other.error().tried),
                       {}};
    module = std::move(other);
  }
  if (!module) return tl::unexpected(std::move(module).error());
  if (module->sum.empty()) return util::failure("go does not say the sum of the module");
  return ModuleFacts{module->sum, tag, required_buildkit(module->folder)};
}

util::Result<std::vector<std::string>> list_module(const Recipe& recipe, const Options& options) {
  const auto folder = fs::temp_directory_path();
  CP_TRY_ASSIGN(const auto go, find_go(folder, options));
  const auto command = as_caller({go.program.string(), "list", "-m", "-versions", recipe.module}, folder);
  CP_TRY_ASSIGN(const auto text, run(command, 1min, options.stop));
  auto words = util::split(util::trim(text), ' '); // MODULE VERSION…
  words.erase(words.begin());
  return words;
}

} // namespace cacheproof::toolchain
