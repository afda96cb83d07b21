#include "judge/result.hpp"

#include "judge/finding.hpp"
#include "judge/image_difference.hpp"
#include "judge/makers.hpp"
#include "util/hash.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

namespace cacheproof::judge {
namespace {

using evidence::Finding;
using evidence::Image;
using evidence::ImageFile;
using Strings = std::vector<std::string>;

/// Over a tree: which side is which.
constexpr const char* k_head = "  a clean build → this build";

/// Judges what was read.
class ResultJudge {
public:
  ResultJudge(const scenario::ExpectedResult& claim, const util::SourceSpot& spot, const evidence::RoundEvidence& seen)
      : claim_(claim),
        spot_(spot),
        context_(seen.context),
        record_(seen.record),
        result_(*seen.result) {}

  std::vector<Finding> judge() && {
    if (claim_.same_as_clean_build) clean_build();
    for (const auto& file : claim_.files) this->file(file);
    if (claim_.config) config(*claim_.config);
    if (claim_.digest_of) digest(*claim_.digest_of);
    return std::move(findings_);
  }

private:
  void add(std::string key, const util::SourceSpot& spot, std::string summary, Strings expected, Strings observed) {
    findings_.push_back(finding("result." + key, spot, std::move(summary), std::move(expected), std::move(observed)));
  }

  void clean_build() {
    constexpr const char* k_key = "same_as_clean_build";
    if (!result_.clean_error.empty())
      return add(k_key,
                 spot_,
                 "the build succeeded, but without any cache it fails",
                 {"it fails: " + result_.clean_error},
                 {"ok"});
    if (!result_.clean) return add(k_key, spot_, "there is no clean build to compare it with", {}, {});
    const auto all = differences(*result_.clean, result_.image, claim_.ignore);
    if (all.empty()) return;
    const auto false_hits = static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& each) { return makers(each).cached; }));
    const auto copies = stale_copies(all);
    const auto stale = static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& each) {
      const auto& by = makers(each);
      return !by.cached && stand_on(by, copies, record_);
    }));
    const bool one = all.size() == 1;
    auto summary = fmt::format("{} {} not as a clean build makes {}",
                               util::plural(all.size(), "path"),
                               one ? "is" : "are",
                               one ? "it" : "them");
    if (false_hits == all.size())
      summary = "false hit: every step involved was cached, and " + summary;
    else if (false_hits > 0)
      summary = fmt::format("false hit: {}, and of {} every step involved was cached", summary, false_hits);
    else if (stale > 0)
      summary = "false hit: " + summary;
    if (stale > 0)
      summary +=
          fmt::format(", and {} made by steps that ran on old content of the context: BuildKit does not read a file "
                      "anew whose size and time are the same",
                      stale < all.size() ? fmt::format("{} of them were", stale)
                      : one              ? "it was"
                                         : "they were");
    else if (false_hits == 0)
      summary += ", although steps ran: what they read was stale, or they do not give the same twice";
    add(k_key, spot_, std::move(summary), {}, {});
    findings_.back().tree = tree_of(all, [&](const auto& each) {
      Strings labels;
      for (const auto* step : makers(each).steps)
        labels.push_back(fmt::format("{}: {}", label(*step), to_text(step->outcome)));
      return util::join(labels, "; ");
    });
    auto& tree = findings_.back().tree;
    tree.insert(tree.begin(), k_head);
  }

  /// The steps that ran and copied content which is in no file of the context, where a clean build copies what is in
  /// one: what they read is the context of an earlier build.
  std::set<const evidence::Step*> stale_copies(const std::vector<PathDifference>& all) {
    std::set<std::string_view> contents;
    for (const auto& [path, file] : context_.files)
      if (file.type == "file") contents.insert(file.sha256);
    std::set<const evidence::Step*> copies;
    for (const auto& each : all) {
      if (!each.expected || !each.observed || each.expected->type != "file" || each.observed->type != "file") continue;
      if (!contents.contains(each.expected->sha256) || contents.contains(each.observed->sha256)) continue;
      const auto& by = makers(each).steps;
      if (std::all_of(by.begin(), by.end(), [](const auto* step) { return copied_context(*step); }))
        copies.insert(by.begin(), by.end());
    }
    return copies;
  }

  /// By the history of the image that has the path; of the round's own where both do.
  const Makers& makers(const PathDifference& each) {
    const auto& image = each.observed ? result_.image : *result_.clean;
    const auto layer = (each.observed ? each.observed : each.expected)->layer;
    const auto created_by = layer < image.layers.size() ? image.layers[layer] : "";
    auto known = makers_.find(created_by);
    if (known == makers_.end()) known = makers_.emplace(created_by, makers_of(created_by, record_)).first;
    return known->second;
  }

  void file(const scenario::ExpectedFile& claim) {
    const auto& configs = result_.image.configs;
    if (configs.size() > 1 && std::none_of(configs.begin(), configs.end(), [&](const auto& config) {
          return claim.path.starts_with(config.platform + "/");
        })) {
      Strings platforms;
      for (const auto& config : configs) platforms.push_back(config.platform + "/" + claim.path);
      return add("files", claim.spot, claim.path + " begins with none of the image's platforms", platforms, {});
    }
    const auto* found = find(result_.image, claim.path);
    if (claim.absent) {
      if (found) add("files", claim.spot, "there should be no " + claim.path, {"absent"}, {found->type});
      return;
    }
    if (!found) return add("files", claim.spot, "there is no " + claim.path, {"it is there"}, {"absent"});
    Strings expected;
    Strings observed;
    const auto compare = [&](const char* what, const auto& wanted, const std::string& seen, const auto& words) {
      if (!wanted || words(*wanted) == seen) return;
      expected.push_back(fmt::format("{} {}", what, words(*wanted)));
      observed.push_back(fmt::format("{} {}", what, seen));
    };
    const auto number = [](auto value) { return fmt::format("{}", value); };
    const auto octal = [](auto value) { return fmt::format("{:04o}", value); };
    const auto plain = [](const std::string& text) { return text; };
    content(claim, *found, expected, observed);
    compare("mode", claim.mode, octal(found->mode), octal);
    compare("uid", claim.uid, number(found->uid), number);
    compare("gid", claim.gid, number(found->gid), number);
    compare("mtime in ns", claim.mtime, number(found->mtime), number);
    compare("link", claim.link, found->type == "link" ? found->link : "none: a " + found->type, plain);
    if (!expected.empty())
      add("files", claim.spot, claim.path + " is not as claimed", std::move(expected), std::move(observed));
  }

  static void
  content(const scenario::ExpectedFile& claim, const ImageFile& found, Strings& expected, Strings& observed) {
    const auto differ = [&](std::string wanted, std::string seen) {
      expected.push_back(std::move(wanted));
      observed.push_back(std::move(seen));
    };
    if (!claim.text && !claim.sha256 && !claim.contains) return;
    const auto seen = found.type == "file" ? "content " + content_in_words(found) : "no file: a " + found.type;
    if (claim.text && found.sha256 != util::sha256_hex(*claim.text)) {
      ImageFile wanted;
      wanted.size = claim.text->size();
      wanted.sha256 = util::sha256_hex(*claim.text);
      wanted.content = claim.text;
      differ("content " + content_in_words(wanted), seen);
    }
    if (claim.sha256 && found.sha256 != *claim.sha256)
      differ("sha256 " + *claim.sha256, found.type == "file" ? "sha256 " + found.sha256 : seen);
    if (!claim.contains) return;
    if (found.type == "file" && !found.content)
      differ("it contains " + *claim.contains, fmt::format("not looked into: it has {} bytes", found.size));
    else if (!found.content || found.content->find(*claim.contains) == std::string::npos)
      differ("it contains " + *claim.contains, seen);
  }

  void config(const scenario::ExpectedConfig& claim) {
    for (const auto& seen : result_.image.configs) {
      const std::string of = result_.image.configs.size() > 1 ? " of " + seen.platform : "";
      const auto compare = [&](const std::string& what, const auto& wanted, const auto& observed) {
        if (wanted && *wanted != observed)
          add("config." + what,
              claim_.config_spot,
              "the config" + of + " has another " + what,
              {words(*wanted)},
              {words(observed)});
      };
      for (const auto& [name, value] : claim.env) {
        const auto entry = std::find_if(seen.env.begin(), seen.env.end(), [&name = name](const auto& each) {
          return each.starts_with(name + "=");
        });
        const auto observed = entry == seen.env.end() ? std::nullopt : std::optional(entry->substr(name.size() + 1));
        named("env", of, name, value, observed);
      }
      for (const auto& [name, value] : claim.labels) {
        const auto entry = seen.labels.find(name);
        named("labels", of, name, value, entry == seen.labels.end() ? std::nullopt : std::optional(entry->second));
      }
      compare("user", claim.user, seen.user);
      compare("working_dir", claim.working_dir, seen.working_dir);
      compare("stop_signal", claim.stop_signal, seen.stop_signal);
      compare("cmd", claim.cmd, seen.cmd);
      compare("entrypoint", claim.entrypoint, seen.entrypoint);
      compare("volumes", claim.volumes, seen.volumes);
      compare("ports", claim.ports, seen.ports);
    }
  }

  void named(const std::string& key,
             const std::string& of,
             const std::string& name,
             const std::string& wanted,
             const std::optional<std::string>& seen) {
    if (seen == wanted) return;
    add("config." + key,
        claim_.config_spot,
        fmt::format("the config{} has {} {}", of, seen ? "another" : "no", name),
        {name + "=" + wanted},
        {seen ? name + "=" + *seen : "absent"});
  }

  static std::string words(const std::string& text) { return text.empty() ? "none" : text; }
  static std::string words(const Strings& texts) {
    return texts.empty() ? "none" : "[" + util::join(texts, ", ") + "]";
  }

  void digest(const std::string& round) {
    const auto earlier = result_.earlier.find(round);
    if (earlier == result_.earlier.end())
      return add("digest", claim_.digest_spot, "there is no result of round '" + round + "'", {}, {});
    if (earlier->second != result_.image.digest)
      add("digest",
          claim_.digest_spot,
          "it is another image than that of round '" + round + "'",
          {earlier->second},
          {result_.image.digest});
  }

  const scenario::ExpectedResult& claim_;
  const util::SourceSpot& spot_;
  const evidence::Fingerprint& context_;
  const evidence::BuildRecord& record_;
  const evidence::Result& result_;
  std::map<std::string, Makers> makers_; ///< by what the history says of a layer: many paths are of one
  std::vector<Finding> findings_;
};

} // namespace

std::vector<Finding>
judge_result(const scenario::ExpectedResult& claim, const util::SourceSpot& spot, const evidence::RoundEvidence& seen) {
  if (!seen.record.succeeded) return {finding("result", spot, "the build failed: nothing came out", {"a result"}, {})};
  if (!seen.result) return {finding("result", spot, "what came out was not read", {"a result"}, {})};
  if (!seen.result->error.empty())
    return {finding("result", spot, "what came out of this build cannot be had", {"a result"}, {seen.result->error})};
  if (!seen.result->rerun.empty())
    return {finding("result",
                    spot,
                    "what came out of this build is not known: steps ran again when it was exported",
                    {},
                    seen.result->rerun)};
  return ResultJudge(claim, spot, seen).judge();
}

} // namespace cacheproof::judge
