#include "scenario/reader.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cacheproof::scenario {
namespace {

template <class T> using Member = std::optional<T> ExpectedConfig::*;
using FileKey = Key<ExpectedFile>;
using ConfigKey = Key<ExpectedConfig>;

std::optional<std::uint32_t> id_of(Reader& reader, const Node& at) {
  const auto id = at.is_scalar() ? util::parse_number<std::uint32_t>(at.text) : std::nullopt;
  if (!id) reader.wrong_type(at, "a number of a user or a group");
  return id;
}

const std::vector<FileKey>& file_keys() {
  static const std::vector<FileKey> keys{
      {"text",
       "the whole content",
       [](Reader& reader, const Node& at, ExpectedFile& file) { file.text = reader.literal(at); },
       false,
       "content",
       shape::text()},
      {"contains",
       "a part of the content",
       [](Reader& reader, const Node& at, ExpectedFile& file) { file.contains = reader.literal(at); },
       false,
       "content",
       shape::text()},
      {"sha256",
       "of the content, 64 hex digits",
       [](Reader& reader, const Node& at, ExpectedFile& file) {
         if (at.is_scalar() && at.text.size() == 64 && at.text.find_first_not_of("0123456789abcdef") == at.text.npos)
           file.sha256 = at.text;
         else
           reader.wrong_type(at, "64 hex digits");
       },
       false,
       "content",
       shape::text("^[0-9a-f]{64}$")},
      {"mode",
       "its permissions in octal digits",
       [](Reader& reader, const Node& at, ExpectedFile& file) { file.mode = reader.mode(at); },
       false,
       {},
       shape::mode()},
      {"uid",
       "its owner",
       [](Reader& reader, const Node& at, ExpectedFile& file) { file.uid = id_of(reader, at); },
       false,
       {},
       shape::number()},
      {"gid",
       "its group",
       [](Reader& reader, const Node& at, ExpectedFile& file) { file.gid = id_of(reader, at); },
       false,
       {},
       shape::number()},
      {"mtime",
       "when its content was written",
       [](Reader& reader, const Node& at, ExpectedFile& file) { file.mtime = reader.time(at); },
       false,
       {},
       shape::time()},
      {"link",
       "the target of a symlink",
       [](Reader& reader, const Node& at, ExpectedFile& file) { file.link = reader.literal(at); },
       false,
       "content",
       shape::text()},
      {"absent",
       "there is nothing at that path",
       [](Reader& reader, const Node& at, ExpectedFile& file) {
         file.absent = reader.boolean(at).value_or(false);
         if (!file.absent) reader.report(codes::k_wrong_value, at, "only `absent: true` says something");
       },
       false,
       "content",
       shape::boolean()},
  };
  return keys;
}

void read_files(Reader& reader, const Node& at, ExpectedResult& result) {
  if (!at.is_map()) return reader.wrong_type(at, "a mapping from paths to texts or mappings");
  if (at.entries() == 0) reader.report(codes::k_empty_claim, at, "'files' claims nothing");
  check_duplicates(reader, at);
  for (std::size_t i = 0; i < at.entries(); ++i) {
    const auto path = reader.rooted_path(at.key(i));
    ExpectedFile file;
    file.spot = reader.spot(at.key(i));
    if (at.value(i).is_map()) {
      read_keys(reader, at.value(i), "a mapping for a path of the result", file_keys(), file);
      if (at.value(i).entries() == 0)
        reader.report(codes::k_empty_claim, at.value(i), "it claims nothing of that path");
      if (file.absent && at.value(i).entries() > 1)
        reader.report(codes::k_exclusive_keys, at.value(i), "what is absent has nothing else");
    } else {
      file.text = reader.literal(at.value(i));
    }
    if (!path) continue;
    file.path = *path;
    result.files.push_back(std::move(file));
  }
}

ConfigKey config_text(std::string_view name, std::string_view doc, Member<std::string> member) {
  return {name,
          doc,
          [member](Reader& reader, const Node& at, ExpectedConfig& config) { config.*member = reader.word(at); },
          false,
          {},
          shape::text()};
}
ConfigKey config_list(std::string_view name, std::string_view doc, Member<std::vector<std::string>> member) {
  return {name,
          doc,
          [member](Reader& reader, const Node& at, ExpectedConfig& config) {
            config.*member = reader.words(at, "a list of texts");
          },
          false,
          {},
          shape::list(shape::text())};
}
ConfigKey
config_names(std::string_view name, std::string_view doc, std::map<std::string, std::string> ExpectedConfig::*member) {
  return {name,
          doc,
          [name, member](Reader& reader, const Node& at, ExpectedConfig& config) {
            if (!at.is_map()) return reader.wrong_type(at, "a mapping from names to texts");
            if (at.entries() == 0) reader.report(codes::k_empty_claim, at, fmt::format("'{}' claims nothing", name));
            check_duplicates(reader, at);
            for (std::size_t i = 0; i < at.entries(); ++i)
              if (auto value = reader.word(at.value(i))) (config.*member)[at.key(i).text] = std::move(*value);
          },
          false,
          {},
          shape::filled(shape::names(shape::text()))};
}

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> keys{
      config_names("env", "variables that it has, among others", &ExpectedConfig::env),
      config_names("labels", "labels that it has, among others", &ExpectedConfig::labels),
      config_text("user", "who runs it", &ExpectedConfig::user),
      config_text("working_dir", "where it runs", &ExpectedConfig::working_dir),
      config_text("stop_signal", "what ends it", &ExpectedConfig::stop_signal),
      config_list("cmd", "the default command or its arguments", &ExpectedConfig::cmd),
      config_list("entrypoint", "the program", &ExpectedConfig::entrypoint),
      config_list("volumes", "all of its volumes, sorted", &ExpectedConfig::volumes),
      config_list("ports", "all of its exposed ports, sorted: `80/tcp`", &ExpectedConfig::ports),
  };
  return keys;
}

const std::vector<Key<ExpectedResult>>& result_keys() {
  static const std::vector<Key<ExpectedResult>> keys{
      {"same_as_clean_build",
       "it equals a build without any cache on another fresh daemon of the same version, path by path: type, mode, "
       "owner, "
       "size, link, extended attributes and content, but not times",
       [](Reader& reader, const Node& at, ExpectedResult& result) {
         result.same_as_clean_build = reader.boolean(at).value_or(false);
         if (!result.same_as_clean_build)
           reader.report(codes::k_wrong_value, at, "only `same_as_clean_build: true` says something");
       },
       false,
       {},
       shape::boolean()},
      {"ignore",
       "globs for paths in which a clean build may differ",
       [](Reader& reader, const Node& at, ExpectedResult& result) {
         result.ignore = reader.words(at, "a list of globs").value_or(std::vector<std::string>());
         for (auto& glob : result.ignore)
           if (glob.starts_with('/')) glob.erase(0, 1);
       },
       false,
       {},
       shape::list(shape::text())},
      {"files",
       "path → its content, or what else is claimed of it",
       read_files,
       false,
       {},
       shape::filled(shape::names(shape::one_of({shape::text(), shape::table("result file", file_keys)})))},
      {"config",
       "of the image",
       [](Reader& reader, const Node& at, ExpectedResult& result) {
         ExpectedConfig config;
         result.config_spot = reader.spot(at);
         if (!read_keys(reader, at, "a mapping for 'config'", config_keys(), config)) return;
         if (at.entries() == 0) reader.report(codes::k_empty_claim, at, "'config' claims nothing");
         result.config = std::move(config);
       },
       false,
       {},
       shape::filled(shape::table("result config", config_keys))},
      {"digest",
       "`same_as ROUND`: the image of that earlier round, bit by bit",
       [](Reader& reader, const Node& at, ExpectedResult& result) {
         constexpr std::string_view k_same_as = "same_as ";
         result.digest_spot = reader.spot(at);
         const auto written = at.is_scalar() ? std::string_view(at.text) : std::string_view();
         if (!written.starts_with(k_same_as))
           return reader.wrong_type(at, "'same_as' and the name of an earlier round");
         result.digest_of = std::string(util::trim(written.substr(k_same_as.size())));
       },
       false,
       {},
       shape::text("^same_as .")},
  };
  return keys;
}

} // namespace

std::optional<ExpectedResult> read_result(Reader& reader, const Node& at) {
  ExpectedResult result;
  const auto before = reader.diagnostics().size();
  if (!read_keys(reader, at, "a mapping like {same_as_clean_build: true}", result_keys(), result)) return std::nullopt;
  if (result.same_as_clean_build || !result.files.empty() || result.config || result.digest_of) {
    if (!result.ignore.empty() && !result.same_as_clean_build)
      reader.report(codes::k_missing_key, *at.find("ignore"), "'ignore' needs the key 'same_as_clean_build'");
    return result;
  }
  if (reader.diagnostics().size() == before) reader.report(codes::k_empty_claim, at, "'result' claims nothing");
  return std::nullopt;
}

Shape result_shape() {
  return shape::filled(shape::table("result", result_keys));
}

void check_rounds_named(Reader& reader, const Scenario& scenario) {
  std::vector<std::string> earlier;
  std::vector<std::string> without_image; // nobody reads one after them
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const auto check = [&](const Expectations& expect) {
    if (!expect.result) return;
    for (const auto& alternative : expect.result->alternatives) {
      const auto& [of, spot] = std::pair(alternative.value.digest_of, alternative.value.digest_spot);
      if (!of || has(earlier, *of)) continue;
      if (has(without_image, *of)) {
        reader.report_at(codes::k_wrong_value,
                         spot,
                         fmt::format("the round '{}' has no image of its own", *of),
                         "it has several builds, or a command line that starts them");
        continue;
      }
      reader.report_at(
          codes::k_wrong_value, spot, fmt::format("no earlier round is named '{}'", *of), did_you_mean(*of, earlier));
    }
  };
  for (const auto& round : scenario.rounds) {
    for (const auto& build : builds_of(round)) {
      check(build.expect);
      if (build.known_issue) check(build.known_issue->expect);
    }
    (round.run || !round.parallel.empty() ? without_image : earlier).push_back(round.name);
  }
}

} // namespace cacheproof::scenario
