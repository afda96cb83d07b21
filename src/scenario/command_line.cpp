#include "scenario/command_line.hpp"

#include "scenario/client_flags.hpp"
#include "scenario/codes.hpp"
#include "scenario/names_here.hpp"
#include "scenario/places.hpp"
#include "scenario/reader.hpp"
#include "scenario/shell_words.hpp"
#include "util/csv.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
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
        line_(shell_words(at.text)),
        places_(reader.lines(), at, line_.words) {
    keys_.kind = Node::Kind::map;
    keys_.line = at.line;
    keys_.column = at.column;
  }

  std::optional<CommandLine> read() {
    for (const auto& mistake : line_.mistakes)
      report(codes::k_bad_command_line, places_.of(mistake.from, mistake.to), mistake.message, mistake.hint);
    if (std::any_of(line_.mistakes.begin(), line_.mistakes.end(), [](const auto& each) { return each.confusing; }))
      return {};
    if (!read_program()) return {};
    while (next_ < line_.words.size()) read_argument();
    if (buildctl_)
      end_buildctl();
    else if (!context_ && !failed_)
      fail("the line names no context", "write the folder at its end, `.` for all of the scenario's context");
    if (context_) end_paths();
    std::sort(ignored_.begin(), ignored_.end());
    ignored_.erase(std::unique(ignored_.begin(), ignored_.end()), ignored_.end());
    CommandLine result{reader_.spot(at_), std::move(keys_), {}};
    if (!ignored_.empty()) result.notes.push_back("without a meaning here: " + util::join(ignored_, ", "));
    for (const auto& [from, to] : here_.replaced()) result.notes.push_back(fmt::format("'{}' is '{}' here", from, to));
    return result;
  }

private:
  const std::string& word(std::size_t ahead = 0) const {
    static const std::string none;
    return next_ + ahead < line_.words.size() ? line_.words[next_ + ahead].text : none;
  }
  Place place(std::size_t ahead = 0) const { return places_.of_word(next_ + ahead); }

  void report(const Code& code, const Place& place, std::string message, std::string hint) {
    reader_.report_at(code, place.line, place.column, std::move(message), std::move(hint));
    reader_.diagnostics().back().width = place.width;
    failed_ = true;
  }
  /// About the line as a whole.
  void fail(std::string message, std::string hint) {
    auto place = places_.of_word(0);
    report(codes::k_bad_command_line, place, std::move(message), std::move(hint));
  }

  bool read_program() {
    for (; assignment(word()) && !word().starts_with('-'); ++next_) {
      if (word().starts_with("DOCKER_BUILDKIT="))
        ignored_.emplace_back("DOCKER_BUILDKIT");
      else
        append("env", word(), place());
    }
    const auto program = fs::path(word()).filename().string();
    const auto is = [&](std::size_t ahead, const Names& words) {
      return std::find(words.begin(), words.end(), word(ahead)) != words.end();
    };
    if (program == "buildctl") {
      buildctl_ = true;
      ++next_;
      while (next_ < line_.words.size() && word().starts_with('-')) read_flag(buildctl_global_flags());
      if (!is(0, {"build", "b"})) return refuse_program();
      ++next_;
      return true;
    }
    const bool plain = program == "docker" && is(1, {"build"});
    const bool group = program == "docker" && is(1, {"buildx", "image", "builder"}) && is(2, {"build", "b"});
    const bool alone = program == "buildx" && is(1, {"build", "b"});
    if (!plain && !group && !alone) return refuse_program();
    next_ += group ? 3 : 2;
    return true;
  }

  bool refuse_program() {
    const auto at = next_ < line_.words.size() ? place() : places_.of_word(0);
    report(codes::k_bad_command_line,
           at,
           "a line for 'build' begins with docker build, docker buildx build or buildctl build",
           "any other command that builds is for `run`");
    return false;
  }

  void read_argument() {
    if (!flags_end_ && word() == "--") {
      flags_end_ = true;
      ++next_;
    } else if (!flags_end_ && word().size() > 1 && word().front() == '-') {
      read_flag(buildctl_ ? buildctl_flags() : docker_flags());
    } else {
      read_context();
    }
  }

  void read_context() {
    const auto path = word();
    const auto at = place();
    ++next_;
    if (buildctl_) return report(codes::k_bad_command_line, at, "buildctl build takes flags only", "");
    if (context_) return report(codes::k_bad_command_line, at, "there is a context already", "");
    if (path == "-" || path.find("://") != std::string::npos || path.starts_with("git@"))
      return report(codes::k_bad_command_line,
                    at,
                    "a context is a folder here",
                    "say where it comes from with the scenario's `context`, `files` or `git`, and write `.`");
    context_ = {path, at};
  }

  /// `--name value`, `--name=value`, `-n value`, `-nvalue`, `-n=value` and letters in a row, as pflag takes them.
  void read_flag(std::span<const ClientFlag> flags) {
    const auto whole = word();
    const auto at = place();
    const bool is_long = whole.starts_with("--");
    const auto equals = whole.find('=');
    const auto name = is_long ? whole.substr(2, std::min(equals, whole.size()) - 2) : whole.substr(1, 1);
    const auto flag = std::find_if(flags.begin(), flags.end(), [&](const auto& each) {
      return is_long ? each.name == name : each.letter != 0 && each.letter == name.front();
    });
    ++next_;
    if (flag == flags.end()) {
      // What follows may be its value: the rest is read all the same, for its own mistakes.
      Names names;
      for (const auto& each : flags) names.emplace_back(each.name);
      const auto near = util::nearest(name, names);
      const auto shown = is_long ? "--" + name : "-" + name;
      auto caret = at;
      caret.width = static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(at.width), shown.size()));
      report(codes::k_unknown_flag,
             caret,
             fmt::format("{} has no flag {}", buildctl_ ? "buildctl build" : "docker build", shown),
             near && is_long ? fmt::format("did you mean '--{}'?", *near) : "");
      if (is_long && equals == std::string::npos && next_ + 1 < line_.words.size() && !word().starts_with('-')) ++next_;
      return;
    }
    auto value = std::string();
    auto value_at = at;
    if (is_long ? equals != std::string::npos : whole.size() > 2 && flag->valued) {
      const auto from = is_long ? equals + 1 : whole[2] == '=' ? std::size_t{3} : std::size_t{2};
      value = whole.substr(from);
      value_at = places_.tail(next_ - 1, value);
    } else if (flag->valued) {
      if (next_ == line_.words.size())
        return report(codes::k_bad_command_line, at, fmt::format("{} needs a value", whole), "");
      value = word();
      value_at = place();
      ++next_;
    } else {
      value = "true";
      if (!is_long && whole.size() > 2) { // `-qf x`: what follows is one more flag
        --next_;
        line_.words[next_].text = "-" + whole.substr(2);
      }
    }
    take(*flag, value, value_at, at);
  }

  void take(const ClientFlag& flag, const std::string& value, const Place& value_at, const Place& flag_at) {
    using enum ClientFlag::Meaning;
    const std::string key(flag.key);
    switch (flag.meaning) {
    case nothing:
      ignored_.push_back("--" + std::string(flag.name));
      return;
    case refused:
      return report(codes::k_bad_command_line, flag_at, fmt::format("--{} {}", flag.name, flag.key), "");
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
        report(codes::k_bad_command_line, value_at, fmt::format("--{} takes NAME=VALUE", flag.name), "");
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
    if (!pair) return report(codes::k_bad_command_line, at, "--ulimit takes NAME=SOFT:HARD", "");
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
      return report(
          codes::k_bad_command_line, at, "--attest takes type=sbom or type=provenance, and their attributes", "");
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
      return report(codes::k_bad_command_line,
                    dockerfile_->second,
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
  ShellLine line_;
  Places places_;
  std::size_t next_ = 0;
  bool buildctl_ = false;
  bool flags_end_ = false;
  bool failed_ = false;
  Node keys_;
  std::optional<Placed> context_;
  std::optional<Placed> dockerfile_;
  std::map<std::string, Placed> folders_; ///< of buildctl
  std::map<std::string, Placed> options_;
  Names ignored_;
  NamesHere here_;
};

} // namespace

std::optional<CommandLine> read_command_line(Reader& reader, const Node& at) {
  return LineReader(reader, at).read();
}

} // namespace cacheproof::scenario
