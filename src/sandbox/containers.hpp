#pragma once

#include "util/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace cacheproof::sandbox {

/// By which a container says to which sandbox's folder it belongs: `cacheproof.sandbox=FOLDER`.
constexpr const char* k_label = "cacheproof.sandbox";

struct Container {
  std::string id;
  std::filesystem::path folder;
  bool operator==(const Container&) const = default;
};

/// All of them, the stopped ones too, of the engine that the `docker` in PATH reaches. None where there is no such
/// program, or no engine that answers it within three seconds: a machine need not have one.
std::vector<Container> labelled_containers();

/// Ends and removes it, by its id or its name, with the volumes that it alone has. One that is not there is none.
/// `engine` is `docker`'s option for another engine than the caller's.
util::Status remove_container(const std::string& id, const std::vector<std::string>& engine = {});

} // namespace cacheproof::sandbox
