#pragma once

#include "toolchain/toolchain.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::toolchain {

/// What is known of a kind of toolchain: its programs, and how the public project publishes them. In patterns `{v}`
/// stands for the version (`v0.34.2`), `{number}` for it without the v, `{arch}` for the machine (`amd64`), `{machine}`
/// for it as the kernel says it (`x86_64`), `{channel}` for `test` where it is a prerelease, else `stable`.
struct Recipe {
  Kind kind = Kind::buildkit;
  std::string name;                           ///< `buildkit`: the folder in the store, the key in docker/versions.yaml
  std::string title;                          ///< `BuildKit`
  std::vector<std::string> programs;          ///< the first one is asked for the version
  std::vector<std::string> extras;            ///< that some sources bring along, and others not
  std::vector<std::string> version_arguments; ///< what makes it say its version, as one of the words

  std::string releases_url;   ///< the folder of all releases, a pattern. Empty: none has it
  std::string releases_api;   ///< the list of them: JSON objects with a `tag_name`
  std::string release_file;   ///< below it, a pattern; a tarball when it ends with gz, else the one program itself
  std::string release_folder; ///< of the programs inside the tarball: `bin/`, or empty

  /// Debian packages: that of the programs, then of what they need beside them. Empty: none has it.
  std::vector<std::string> deb;

  std::string module;                ///< the Go module
  std::string module_version;        ///< a pattern, of versions that docker/versions.yaml gives no `tag`
  std::string tagged_module;         ///< the module of those with a `tag`; empty: the same
  std::string tagged_ref;            ///< a pattern: what the repository of that one calls a version
  std::vector<std::string> packages; ///< of the programs, in their order, below the module
  std::string version_variable;      ///< what `-X` sets, with a `/` at its begin below the module, to
  std::string said_version = "{v}";  ///< a pattern

  std::string image;                     ///< the repository of the container image, on Docker Hub. Empty: none has it
  std::string image_tag;                 ///< a pattern. Empty: only images that somebody names are taken
  std::vector<std::string> image_places; ///< what stands before a program's name inside an image: `usr/bin/`
};
const Recipe& recipe(Kind kind);
/// Those of the wanted sources from which this can come at all.
Sources sources_of(const Recipe& recipe, const Sources& wanted);

/// A pattern of a recipe for one version on this machine.
std::string fill_in(std::string_view pattern, std::string_view version);

/// What docker/versions.yaml says of the contents of a version; empty: unknown.
struct Digests {
  std::string release; ///< `sha256:…` of the release file for this machine
  std::string module;  ///< `h1:…` of the Go module, as go sums it up
  std::string tag;     ///< its version, where that is another number
};

/// What a source is asked for.
struct Order {
  const Recipe& recipe;
  std::string version;  ///< `v0.34.2`
  Digests pinned;       ///< what comes must have them
  bool offline = false; ///< nothing answers where go would ask: only its own cache may be used
};

/// Where programs came from; kept beside them in toolchain.json.
struct Origin {
  std::string source; ///< a URL, or an image or a module and its version
  std::string digest; ///< `sha256:…` of what was downloaded, of an image what its tag named; of a module its `h1:…`
  std::string go_version; ///< of a module; else empty
};

/// The module and its version, as go takes them: `MODULE@VERSION`.
struct ModuleName {
  std::string path;
  std::string version;
};
ModuleName module_of(const Order& order);

/// Where the release file lies.
std::string release_url(const Order& order, const Options& options);

/// Downloads the release file and puts the programs, and nothing else, into `work/bin`.
util::Result<Origin> fetch_release(const Order& order, const std::filesystem::path& work, const Options& options);

/// Takes the programs out of the container image of that version into `work/bin`, over the registry's API. Docker Hub,
/// or what $CACHEPROOF_DOCKER_HUB_URL names, is asked with the user's login where there is one.
util::Result<Origin> pull_image(const Order& order, const std::filesystem::path& work, const Options& options);

/// `install` of an image that somebody names, `image:REF`. What its tag means now is noted for when nobody is asked.
util::Result<Kit> install_image(Kind kind, std::string_view word, const Options& options);
/// With the digest that it has or that was noted last, which the store may have no more:
/// `image:HOST/NAME:TAG@sha256:…`.
util::Result<std::string> noted_image(Kind kind, std::string_view word);

/// Takes the programs out of Debian's packages, which are downloaded and unpacked but not installed: their service
/// would start. Where apt has another version, or there is no apt, that is the error.
util::Result<Origin> fetch_deb(const Order& order, const std::filesystem::path& work, const Options& options);

/// What a package has of programs and extras, into `work/bin`; what is there already stays.
util::Status
unpack_deb(const std::string& package, const Recipe& recipe, const std::filesystem::path& work, std::stop_token stop);

/// Where go asks for modules first: URLs of which one has to answer; empty where there is no go, or it asks nobody.
std::vector<std::string>
module_doors(const Recipe& recipe, const std::filesystem::path& folder, const Options& options);

/// Builds the programs of the Go module into `work/bin`, as the calling user.
util::Result<Origin> build_module(const Order& order, const std::filesystem::path& work, const Options& options);

/// What can be said of a version before it is built.
struct ModuleFacts {
  std::string sum;      ///< `h1:…`, as go has it
  std::string tag;      ///< its version, where that is another number
  std::string buildkit; ///< the BuildKit that it is built with, `v0.25.2`; empty: none
};
/// Fetches the Go module of a version that is not pinned into go's cache and looks at it. Where it has none under the
/// version's own number, the one of the recipe's other module is looked for.
util::Result<ModuleFacts> look_at_module(const Order& order, const Options& options);

/// The versions of the Go module, as `go` lists them: not all that can be had are listed.
util::Result<std::vector<std::string>> list_module(const Recipe& recipe, const Options& options);

} // namespace cacheproof::toolchain
