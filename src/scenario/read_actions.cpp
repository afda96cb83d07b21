#include "scenario/reader.hpp"
#include "util/bytes.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

// `action`: what a round does to the world around its builds.
namespace cacheproof::scenario {
namespace {

using Kind = Action::Kind;
using ActionKey = Key<Action>;

void read_of(Reader& reader, const Node& at, Action& action) {
  if (auto of = reader.text(at, "a ref like app:cache")) action.of = std::move(*of);
}
void read_to(Reader& reader, const Node& at, Action& action) {
  if (auto to = reader.text(at, "a ref like app:cache")) action.to = std::move(*to);
}

/// `layer 2`, `config`, `manifest`.
void read_which(Reader& reader, const Node& at, Action& action) {
  const std::string_view text = at.is_scalar() ? std::string_view(at.text) : std::string_view();
  if (text == "config" || text == "manifest") {
    action.part = text == "config" ? Action::Part::config : Action::Part::manifest;
    return;
  }
  const auto number =
      text.starts_with("layer ") ? util::parse_number<std::size_t>(util::trim(text.substr(6))) : std::nullopt;
  if (!number || *number == 0) return reader.wrong_type(at, "'layer 2', 'config' or 'manifest'");
  action.part = Action::Part::layer;
  action.layer = *number;
}

/// `1500ms`, and what a timeout takes.
void read_wait(Reader& reader, const Node& at, Action& action) {
  if (at.is_scalar() && at.text.ends_with("ms")) {
    const auto count = util::parse_number<std::int64_t>(util::trim(at.text.substr(0, at.text.size() - 2)));
    if (!count || *count <= 0 || *count > 86'400'000)
      return reader.wrong_type(at, "a duration up to a day like '1500ms' or '2 s'");
    action.time = std::chrono::milliseconds(*count);
  } else if (const auto time = reader.duration(at)) {
    action.time = *time;
  }
}

/// Those of a part of the action; what is not said of it stays, so nothing holds otherwise.
template <class Part>
void add_keys(std::vector<ActionKey>& all, const std::vector<Key<Part>>& keys, Part Action::*member) {
  for (const auto& key : keys)
    all.push_back({key.name,
                   key.doc,
                   [read = key.read, member](Reader& reader, const Node& at, Action& action) {
                     read(reader, at, action.*member);
                   },
                   false,
                   {},
                   key.shape});
}

const std::vector<ActionKey>& push_image_keys() {
  static const auto keys = [] {
    std::vector<ActionKey> all{
        {"name",
         "an image that `setup.images` has, served by the sandbox",
         [](Reader& reader, const Node& at, Action& action) { action.image = reader.word(at).value_or(""); },
         true,
         {},
         shape::text()},
        {"from",
         "another one, whose content becomes this one's",
         [](Reader& reader, const Node& at, Action& action) { action.from = reader.word(at).value_or(""); },
         false,
         "content",
         shape::text()}};
    add_keys(all, image_content_keys(), &Action::content);
    return all;
  }();
  return keys;
}

const std::vector<ActionKey>& nothing() {
  static const std::vector<ActionKey> keys;
  return keys;
}

const std::vector<ActionKey>& prune_keys() {
  static const std::vector<ActionKey> keys{{"filter",
                                            "only records that this names, as `buildctl prune --filter` takes it",
                                            [](Reader& reader, const Node& at, Action& action) {
                                              if (at.is_sequence())
                                                action.filter =
                                                    reader.texts(at, "a list of filters").value_or(std::vector<Text>{});
                                              else if (auto filter = reader.text(at, "a filter or a list of them"))
                                                action.filter = {std::move(*filter)};
                                            },
                                            false,
                                            {},
                                            shape::one_of({shape::text(), shape::list(shape::text())})},
                                           {"keep_storage",
                                            "what may stay: `100MB`",
                                            [](Reader& reader, const Node& at, Action& action) {
                                              const auto bytes =
                                                  at.is_scalar() ? util::parse_bytes(at.text) : std::nullopt;
                                              if (!bytes) return reader.wrong_type(at, "a number of bytes like 100MB");
                                              action.keep_storage = *bytes;
                                            },
                                            false,
                                            {},
                                            shape::text("^[0-9.]+ ?[KMGTkmgt]?[Bb]?$")}};
  return keys;
}

const std::vector<ActionKey>& delete_tag_keys() {
  static const std::vector<ActionKey> keys{{"of", "the ref: `app:cache`", read_of, true, {}, shape::text()}};
  return keys;
}

const std::vector<ActionKey>& delete_blob_keys() {
  static const std::vector<ActionKey> keys{
      {"of",
       "the ref: `app:cache`; of a local cache its folder: `${local}/app`, or `${local}/app:TAG`",
       read_of,
       true,
       {},
       shape::text()},
      {"which",
       "`layer N` in the order of its manifest, from 1, `config` or `manifest`",
       read_which,
       true,
       {},
       shape::text("^(config|manifest|layer +[1-9][0-9]*)$")}};
  return keys;
}

const std::vector<ActionKey>& copy_cache_keys() {
  static const std::vector<ActionKey> keys{
      {"from", "a ref: `app:cache`", read_of, true, {}, shape::text()},
      {"to", "another one: `${registry2}/app:cache`", read_to, true, {}, shape::text()}};
  return keys;
}

const std::vector<ActionKey>& serve_keys() {
  static const auto keys = [] {
    std::vector<ActionKey> all{
        {"path",
         "a file of the server at `${http}`; what is not said of it stays",
         [](Reader& reader, const Node& at, Action& action) { action.file.path = reader.rooted_path(at).value_or(""); },
         true,
         {},
         shape::text()}};
    add_keys(all, served_file_keys(), &Action::file);
    return all;
  }();
  return keys;
}

ActionKey action_key(std::string_view name, std::string_view doc, Kind kind, const std::vector<ActionKey>& (*keys)()) {
  return {name,
          doc,
          [name, kind, keys](Reader& reader, const Node& at, Action& action) {
            action.kind = kind;
            read_keys(reader, at, fmt::format("a mapping for '{}'", name), keys(), action);
          },
          false,
          "action",
          shape::table(name, keys)};
}

const std::vector<ActionKey>& kinds() {
  static const std::vector<ActionKey> keys{
      action_key("push_image", "moves a base image; what it does not name stays", Kind::push_image, push_image_keys),
      action_key("restart_builder", "ends the daemon and starts it on what it keeps", Kind::restart_builder, nothing),
      action_key("new_builder", "a new, empty daemon in place of the kept one", Kind::new_builder, nothing),
      action_key("prune", "removes what the daemon keeps", Kind::prune, prune_keys),
      action_key("delete_tag", "takes a ref out of a registry", Kind::delete_tag, delete_tag_keys),
      action_key("delete_blob",
                 "takes a part of a cache or an image out of a registry, or of a local cache out of its folder",
                 Kind::delete_blob,
                 delete_blob_keys),
      action_key("copy_cache", "copies a cache with its blobs", Kind::copy_cache, copy_cache_keys),
      action_key("serve", "changes a file of the server", Kind::serve, serve_keys),
      {"wait",
       "passes time",
       [](Reader& reader, const Node& at, Action& action) {
         action.kind = Kind::wait;
         read_wait(reader, at, action);
       },
       false,
       "action",
       shape::one_of({shape::duration(), shape::text("^[0-9]+ *ms$")})},
      {"corrupt_blob", "spoils a part of a cache", {}, false, "action", shape::later()},
      {"registry_fault", "lets a registry answer wrongly", {}, false, "action", shape::later()},
  };
  return keys;
}

std::string nearest_of(const std::string& word, const std::vector<std::string>& known) {
  return did_you_mean(word, known, known.empty() ? std::string() : "there are: " + util::join(known, ", "));
}

class Checker {
public:
  Checker(Reader& reader, const Scenario& scenario)
      : reader_(reader),
        scenario_(scenario) {
    for (const auto& [name, image] : scenario.images)
      if (image.kind != BaseImage::Kind::upstream) images_.push_back(name);
    for (const auto& file : scenario.http) files_.push_back(file.path);
  }

  void check(const Action& action) {
    switch (action.kind) {
    case Kind::push_image:
      for (const auto& name : {action.image, action.from})
        if (!name.empty() && std::find(images_.begin(), images_.end(), name) == images_.end())
          say(action, fmt::format("the sandbox serves no image '{}'", name), nearest_of(name, images_));
      if (action.from.empty() && action.content == ImageContent())
        say(action, "this changes nothing of the image", "say 'files', 'env', 'labels', 'frontend' or 'from'");
      return;
    case Kind::restart_builder:
    case Kind::new_builder:
    case Kind::prune:
      if (scenario_.builders.kind == Builders::Kind::fresh)
        say(action, "this changes nothing: every round has a new, empty builder", "'setup: {builder: kept}' keeps it");
      return;
    case Kind::serve: {
      const auto& file = action.file;
      if (!file.text && !file.etag && !file.last_modified)
        say(action, "this changes nothing of the file", "say 'text', 'etag' or 'last_modified'");
      else if (scenario_.http.empty())
        say(action, "there is no server", "files under 'setup: {http: …}' start it");
      else if (!file.text && std::find(files_.begin(), files_.end(), file.path) == files_.end())
        say(action,
            fmt::format("nothing is served at '{}', and a new file needs 'text'", file.path),
            nearest_of(file.path, files_));
      else
        files_.push_back(file.path);
      return;
    }
    case Kind::delete_tag:
    case Kind::delete_blob:
    case Kind::copy_cache:
    case Kind::wait:
      return;
    }
  }

private:
  void say(const Action& action, std::string message, std::string hint) {
    reader_.report_at(codes::k_wrong_value, action.spot, std::move(message), std::move(hint));
  }

  Reader& reader_;
  const Scenario& scenario_;
  std::vector<std::string> images_;
  std::vector<std::string> files_;
};

} // namespace

Shape actions_shape() {
  return shape::list(shape::filled(shape::table("action", kinds)));
}

void read_actions(Reader& reader, const Node& at, std::vector<Action>& actions) {
  constexpr std::string_view expected = "an action like {restart_builder: {}}";
  if (!at.is_sequence()) return reader.wrong_type(at, "a list of actions");
  for (const auto& item : at.children) {
    Action action;
    action.spot = reader.spot(item);
    const auto before = reader.diagnostics().size();
    if (!read_keys(reader, item, expected, kinds(), action)) continue;
    if (item.entries() == 0) reader.wrong_type(item, expected);
    if (reader.diagnostics().size() == before) actions.push_back(std::move(action));
  }
}

void check_actions(Reader& reader, const Scenario& scenario) {
  Checker checker(reader, scenario);
  for (const auto& round : scenario.rounds)
    for (const auto& action : round.actions) checker.check(action);
}

} // namespace cacheproof::scenario
