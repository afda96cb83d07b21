#pragma once

#include "scenario/text.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

// The clean state of a case, and what a round may do to it: everything around the context and the builds.
namespace cacheproof::scenario {

/// A builder that rounds choose by its name. It is kept through the case.
struct NamedBuilder {
  std::string name;
  std::optional<Text> buildkit; ///< its version; without one that of the case
  util::SourceSpot spot;
};

/// `fresh`: a new, empty daemon for every round; `kept`: one for the case; `named`: several, each kept.
struct Builders {
  enum class Kind { fresh, kept, named };
  Kind kind = Kind::fresh;
  std::vector<NamedBuilder> named; ///< in the order of the file
  const NamedBuilder* find(const std::string& name) const {
    for (const auto& each : named)
      if (each.name == name) return &each;
    return nullptr;
  }
};

/// What an image has beside the built-in base; texts of files are never interpolated.
struct ImageContent {
  std::map<std::string, std::string> files; ///< path in the image, without the first `/`
  std::map<std::string, Text> env;
  std::map<std::string, Text> labels;
  std::optional<std::vector<Text>> entrypoint;
  std::optional<Text> frontend; ///< BuildKit's version whose Dockerfile frontend it is; empty: the default one
  bool operator==(const ImageContent&) const = default;
};

/// A base image, by the name that the Dockerfile uses.
struct BaseImage {
  enum class Kind {
    busybox,  ///< the built-in static base
    inlined,  ///< that with some content of its own
    upstream, ///< pulled through a mirror, as every name that is not listed
  };
  Kind kind = Kind::busybox;
  ImageContent content;
  util::SourceSpot spot;
};

/// What the sandbox's file server has under a path. In an action: what changes of it.
struct ServedFile {
  std::string path; ///< without the first `/`
  std::optional<std::string> text;
  std::optional<std::string> etag;           ///< with its quotes
  std::optional<std::int64_t> last_modified; ///< seconds since 1970
  util::SourceSpot spot;
};

/// Beside what a sandbox gives every daemon of its own.
struct DaemonExtras {
  std::string config; ///< of buildkitd.toml
  std::map<std::string, Text> env;
  std::vector<Text> flags;
  util::SourceSpot spot;
};

/// A change of the world between the edits and the build of a round.
struct Action {
  enum class Kind { push_image, restart_builder, new_builder, prune, delete_tag, delete_blob, copy_cache, serve, wait };
  Kind kind = Kind::wait;
  util::SourceSpot spot;
  Text of; ///< a cache or an image in a registry: `app:cache`, `${registry2}/app:cache`; `from` of copy_cache
  Text to; ///< of copy_cache
  enum class Part { layer, config, manifest };
  Part part = Part::layer;           ///< of delete_blob
  std::size_t layer = 0;             ///< which one, from 1
  std::string image;                 ///< of push_image: as under `setup.images`
  std::string from;                  ///< of push_image: another name there, whose content becomes this one's
  ImageContent content;              ///< of push_image: what changes
  ServedFile file;                   ///< of serve
  std::vector<Text> filter;          ///< of prune
  std::uint64_t keep_storage = 0;    ///< of prune: bytes
  std::chrono::milliseconds time{0}; ///< of wait
};

} // namespace cacheproof::scenario
