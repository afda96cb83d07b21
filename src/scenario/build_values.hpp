#pragma once

#include "scenario/reader.hpp"

#include <optional>
#include <string_view>
#include <vector>

// The values of `build` that are more than text. As elsewhere: nothing after having said what is wrong.
namespace cacheproof::scenario {

/// `NAME: VALUE` as a mapping, or as a list of `NAME=VALUE`, as Compose takes both; `what` names one of them.
void read_named(Reader& reader, const Node& at, std::string_view what, Named& into);

/// A folder of the scenario's context; `.` is all of it.
std::optional<Text> read_subfolder(Reader& reader, const Node& at);
/// Relative; that it stays in the scenario's context is checked with the folder, by `check_dockerfile_path`.
std::optional<Text> read_dockerfile_path(Reader& reader, const Node& at);
void check_dockerfile_path(Reader& reader, const Node& at, BuildSpec& build);

std::optional<std::vector<Text>> read_platforms(Reader& reader, const Node& at);
std::optional<std::vector<Credential>> read_credentials(Reader& reader, const Node& at);
Shape credentials_shape();
void read_additional_contexts(Reader& reader, const Node& at, BuildSpec& build);
std::optional<Text> read_network(Reader& reader, const Node& at);
/// `64m` as a number of bytes (units of 1024, as Docker's).
std::optional<Text> read_size(Reader& reader, const Node& at);
/// Each as `soft:hard`.
void read_ulimits(Reader& reader, const Node& at, BuildSpec& build);
Shape ulimits_shape();
/// Each as `name=address`.
std::optional<std::vector<Text>> read_extra_hosts(Reader& reader, const Node& at);
std::optional<std::vector<Text>> read_entitlements(Reader& reader, const Node& at);
/// One output or a list of them. What would write elsewhere than into the folder of the case is refused.
std::optional<std::vector<Text>> read_output(Reader& reader, const Node& at);

} // namespace cacheproof::scenario
