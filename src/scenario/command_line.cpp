#include "scenario/command_line.hpp"

#include "scenario/client_flags.hpp"
#include "scenario/codes.hpp"
#include "scenario/line_words.hpp"
#include "scenario/names_here.hpp"
#include "scenario/reader.hpp"
#include "util/csv.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <utility>

namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

Node scalar(std::string text, const Place& place) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = std::move(text);
  node.plain = true;
  node.line = place.line;
  node.column = place.column;
  return node;
}

/// `NAME=VALUE` of a word; nothing for what has no `=` or no name before it.
std::optional<std::pair<std::string, std::string>> assignment(const std::string& word) {
  const auto equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return {};
  return std::pair(word.substr(0, equals), word.substr(equals + 1));
}

/// Reads the words of one line. What a value holds is looked at later, by the readers of the keys.
class LineReader {
public:
  LineReader(Reader& reader, const Node& at)
      : reader_(reader),
        at_(at),
        words_(reader, at) {
    keys_.kind = Node::Kind::map;
    keys_.line = at.line;
    keys_.column = at.column;
  }

  std::optional<CommandLine> read() {
    if (!words_.check()) return {};
    if (!read_program()) return {};
    while (!words_.at_end()) read_argument();
    if (buildctl_)
      end_buildctl();
    else if (!context_ && !words_.failed())
      fail("the line names no context", "write the folder at its end, `.` for all of the scenario's context");
    if (context_) end_paths();
    CommandLine result{reader_.spot(at_), std::move(keys_), {}};
    if (!ignored_.empty())
      result.notes.push_back("without a meaning here: " + util::join({ignored_.begin(), ignored_.end()}, ", "));
    for (const auto& [from, to] : here_.replaced()) result.notes.push_back(fmt::format("'{}' is '{}' here", from, to));
    return result;
  }

private:
  void report(const Place& place, std::string message, std::string hint) {
    words_.report(codes::k_bad_command_line, place, std::move(message), std::move(hint));
  }
  /// About the line as a whole.
  void fail(std::string message, std::string hint) { report(words_.start(), std::move(message), std::move(hint)); }

  bool read_program() {
    for (; assignment(words_.word()) && !words_.word().starts_with('-'); words_.skip()) {
      if (words_.word().starts_with("DOCKER_BUILDKIT="))
        ignored_.insert("DOCKER_BUILDKIT");
      else
        append("env", words_.word(), words_.place());
    }
    const auto program = fs::path(words_.word()).filename().string();
    const auto is = [&](std::size_t ahead, const Names& words) {
      return std::find(words.begin(), words.end(), words_.word(ahead)) != words.end();
    };
    if (program == "buildctl") {
      buildctl_ = true;
      words_.skip();
      while (words_.is_flag()) read_flag(buildctl_global_flags());
      if (!is(0, {"build", "b"})) return refuse_program();
      words_.skip();
      return true;
    }
    const bool plain = program == "docker" && is(1, {"build"});
    const bool group = program == "docker" && is(1, {"buildx", "image", "builder"}) && is(2, {"build", "b"});
    const bool alone = program == "buildx" && is(1, {"build", "b"});
    if (!plain && !group && !alone) return refuse_program();
    words_.skip(group ? 3 : 2);
    return true;
  }

  bool refuse_program() {
    report(words_.at_end() ? words_.start() : words_.place(),
           "a line for 'build' begins with docker build, docker buildx build or buildctl build",
           "any other command that builds is for `run`");
    return false;
  }

  void read_argument() {
    if (!flags_end_ && words_.word() == "--") {
      flags_end_ = true;
      words_.skip();
    } else if (!flags_end_ && words_.is_flag()) {
      read_flag(buildctl_ ? buildctl_flags() : docker_flags());
    } else {
      read_context();
    }
  }

  void read_context() {
    const auto path = words_.word();
    const auto at = words_.place();
    words_.skip();
    if (buildctl_) return report(at, "buildctl build takes flags only", "");
    if (context_) return report(at, "there is a context already", "");
    if (path == "-" || path.find("://") != std::string::npos || path.starts_with("git@"))
      return report(at,
                    "a context is a folder here",
                    "say where it comes from with the scenario's `context`, `files` or `git`, and write `.`");
    context_ = {path, at};
  }

  void read_flag(std::span<const ClientFlag> flags) {
    words_.read_flag(flags,
                     buildctl_ ? "buildctl build" : "docker build",
                     [this](const auto& flag, const auto& at, const auto& value, const auto& value_at) {
                       take(flag, value, value_at, at);
                     });
  }

  void take(const ClientFlag& flag, const std::string& value, const Place& value_at, const Place& flag_at) {
    using enum ClientFlag::Meaning;
    const std::string key(flag.key);
    switch (flag.meaning) {
    case nothing:
      ignored_.insert("--" + std::string(flag.name));
      return;
    case refused:
      return report(flag_at, fmt::format("--{} {}", flag.name, flag.key), "");
    case one:
    case yes:
      return set(key, value, value_at);
    case items:
      for (const auto& item : util::csv_fields(value).value_or(Names{value})) append(key, item, value_at);
      return;
    case item:
      return take_item(key, value, value_at);
    case raw:
      return add_raw(key, value, value_at);
    case file:
      dockerfile_ = {value, value_at};
      return;
    case attest:
      return take_attestation(value, value_at);
    case folder:
    case option:
      if (const auto pair = assignment(value))
        (flag.meaning == folder ? folders_ : options_)[pair->first] = {pair->second, value_at};
      else
        report(value_at, fmt::format("--{} takes NAME=VALUE", flag.name), "");
      return;
    }
  }

  void take_item(const std::string& key, const std::string& value, const Place& at) {
    if (key == "ulimits") return add_limit(value, at);
    if (key == "tags") return append(key, here_.image(value), at);
    if (key == "cache_from" || key == "cache_to") return append(key, here_.cache(value), at);
    if (key == "output") return append(key, here_.output(value), at);
    append(key, value, at);
  }

  void add_raw(const std::string& name, const std::string& value, const Place& at) {
    append("client_args", "--opt", at);
    append("client_args", name + "=" + value, at);
  }

  void add_limit(const std::string& value, const Place& at) {
    const auto pair = assignment(value);
    if (!pair) return report(at, "--ulimit takes NAME=SOFT:HARD", "");
    const auto colon = pair->second.find(':');
    auto& limits = at_key("ulimits", Node::Kind::map, at);
    limits.children.push_back(scalar(pair->first, at));
    if (colon == std::string::npos) return limits.children.push_back(scalar(pair->second, at));
    Node both = scalar("", at);
    both.kind = Node::Kind::map;
    both.children = {scalar("soft", at),
                     scalar(pair->second.substr(0, colon), at),
                     scalar("hard", at),
                     scalar(pair->second.substr(colon + 1), at)};
    limits.children.push_back(std::move(both));
  }

  /// `type=sbom,generator=x`; `disabled=true` is buildx's own word for none.
  void take_attestation(const std::string& value, const Place& at) {
    std::string type;
    Names rest;
    bool disabled = false;
    for (const auto& field : util::csv_fields(value).value_or(Names{})) {
      if (field.starts_with("type="))
        type = field.substr(5);
      else if (field.starts_with("disabled="))
        disabled = field == "disabled=true";
      else
        rest.push_back(field);
    }
    if (type != "sbom" && type != "provenance")
      return report(at, "--attest takes type=sbom or type=provenance, and their attributes", "");
    set(type, disabled ? "false" : rest.empty() ? "true" : util::csv_line(rest), at);
  }

  void end_buildctl() {
    const auto option = [&](const std::string& name) -> std::optional<std::pair<std::string, Place>> {
      const auto found = options_.find(name);
      if (found == options_.end()) return {};
      auto value = found->second;
      options_.erase(found);
      return value;
    };
    const auto* frontend = keys_.find("frontend");
    if (!frontend) return fail("buildctl build needs --frontend", "--frontend dockerfile.v0 reads Dockerfiles");
    if (frontend->text == "gateway.v0") {
      const auto source = option("source");
      if (!source) return fail("--frontend gateway.v0 needs --opt source=IMAGE", "");
      set("frontend", source->first, source->second);
    }
    const auto local = folders_.find("context");
    if (local == folders_.end()) return fail("buildctl build needs --local context=FOLDER", "");
    context_ = local->second;
    const auto filename = option("filename");
    const auto holder = folders_.find("dockerfile");
    if (filename || holder != folders_.end()) {
      const fs::path folder = holder == folders_.end() ? "." : holder->second.first;
      dockerfile_ = {(folder / (filename ? filename->first : "Dockerfile")).string(),
                     filename ? filename->second : holder->second.second};
    }
    const std::map<std::string, std::string> same{{"target", "target"},
                                                  {"force-network-mode", "network"},
                                                  {"shm-size", "shm_size"},
                                                  {"attest:provenance", "provenance"},
                                                  {"attest:sbom", "sbom"}};
    const std::map<std::string, std::string> lists{
        {"platform", "platforms"}, {"add-hosts", "extra_hosts"}, {"ulimit", "ulimits"}};
    for (const auto& [name, given] : options_) {
      const auto& [value, at] = given;
      if (const auto key = same.find(name); key != same.end()) {
        set(key->second, value.empty() ? "true" : value, at);
      } else if (const auto list = lists.find(name); list != lists.end()) {
        for (const auto& item : util::csv_fields(value).value_or(Names{value})) take_item(list->second, item, at);
      } else if (name.starts_with("build-arg:")) {
        append("args", name.substr(10) + "=" + value, at);
      } else if (name.starts_with("label:")) {
        append("labels", name.substr(6) + "=" + value, at);
      } else if (name == "no-cache") {
        if (value.empty()) set("no_cache", "true", at);
        for (const auto& stage : value.empty() ? Names{} : util::split(value, ','))
          append("no_cache_filter", stage, at);
      } else if (name == "image-resolve-mode" && value == "pull") {
        set("pull", "true", at);
      } else if (name.starts_with("context:")) {
        const auto folder = value.starts_with("local:") ? folders_.find(value.substr(6)) : folders_.end();
        append("additional_contexts",
               name.substr(8) + "=" + (folder == folders_.end() ? value : folder->second.first),
               at);
      } else {
        add_raw(name, value, at);
      }
    }
  }

  /// The Dockerfile is named from where the client stands, the key's path from the context.
  void end_paths() {
    const auto folder = fs::path(context_->first).lexically_normal();
    const bool all = folder == "." || folder == "./";
    if (!all) set("context", folder.string(), context_->second);
    if (!dockerfile_) return;
    if (dockerfile_->first == "-")
      return report(dockerfile_->second,
                    "a Dockerfile is no standard input here",
                    "write it into the context, or under `dockerfile_inline`");
    const auto file = fs::path(dockerfile_->first).lexically_normal();
    const auto path = all || file.is_absolute() ? file : file.lexically_relative(folder);
    if (path != "Dockerfile") set("dockerfile", path.string(), dockerfile_->second);
  }

  /// The value of a key, made if it is not there.
  Node& at_key(const std::string& key, Node::Kind kind, const Place& at) {
    for (std::size_t i = 0; i < keys_.entries(); ++i)
      if (keys_.key(i).text == key) return keys_.children[2 * i + 1];
    keys_.children.push_back(scalar(key, at));
    keys_.children.push_back(scalar("", at));
    keys_.children.back().kind = kind;
    return keys_.children.back();
  }
  void set(const std::string& key, const std::string& value, const Place& at) {
    at_key(key, Node::Kind::scalar, at) = scalar(value, at);
  }
  void append(const std::string& key, const std::string& value, const Place& at) {
    at_key(key, Node::Kind::sequence, at).children.push_back(scalar(value, at));
  }

  using Placed = std::pair<std::string, Place>;

  Reader& reader_;
  const Node& at_;
  LineWords words_;
  bool buildctl_ = false;
  bool flags_end_ = false;
  Node keys_;
  std::optional<Placed> context_;
  std::optional<Placed> dockerfile_;
  std::map<std::string, Placed> folders_; ///< of buildctl
  std::map<std::string, Placed> options_;
  std::set<std::string> ignored_;
  NamesHere here_;
};

} // namespace

std::optional<CommandLine> read_command_line(Reader& reader, const Node& at) {
  return LineReader(reader, at).read();
}

} // namespace cacheproof::scenario
