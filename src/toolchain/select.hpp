#pragma once

#include "toolchain/toolchain.hpp"
#include "util/result.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cacheproof::toolchain {

struct Selected {
  Kind kind;
  std::string version; ///< as it was written, or of the candidates
  bool operator==(const Selected&) const = default;
};

inline constexpr std::string_view k_path = "path:"; ///< before a folder of programs, where a version could stand
/// Whether it names programs of the user's, by their folder or image.
inline bool is_own(std::string_view word) {
  return word.starts_with(k_path) || is_image(word);
}

/// What versions of a kind are played, from words like `v0.34.2`, `>=0.24` (the pinned ones in it), `nightly` (a group
/// of docker/versions.yaml), `latest` (what the sources list as released, asked with `online`), `path:DIR` and
/// `image:REF`; each once, in their order. A word that is none of it, and a range that has none, is an error of usage.
util::Result<std::vector<std::string>>
choose(Kind kind, const std::vector<std::string>& words, const std::optional<Options>& online);

/// Programs of the user's, by their kind and the version that they say.
using OwnKits = std::map<std::pair<Kind, std::string>, Kit>;
/// Puts that version in the place of every `path:DIR` and `image:REF`, and its kit into `own`; without `online` only an
/// image that the store has. Two of one version cannot be told apart, which is an error of usage.
util::Status
find_own(Kind kind, std::vector<std::string>& versions, OwnKits& own, const std::optional<Options>& online);
/// Means these very programs wherever it is written: `path:/DIR`, `image:REF@sha256:…`.
std::string to_word(const Kit& own);

/// `[KIND] [VERSION|RANGE|GROUP]…`, e.g. `v0.34.2 '>=0.11 <0.18' buildx smoke registry`. A kind (at first buildkit)
/// holds for what follows; with nothing after it all its candidates are meant. A range and a group stand for the
/// candidates in them: a range that has none is an error that names them.
util::Result<std::vector<Selected>> select(const std::vector<std::string>& words,
                                           const std::function<std::vector<std::string>(Kind)>& candidates);

} // namespace cacheproof::toolchain
