#pragma once

#include "evidence/record.hpp"
#include "util/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace cacheproof::engine {

/// Why a build says nothing about the cache: no space left, a base image that could not be pulled, a runc that cannot
/// run containers, a registry that did not answer or failed itself. Nothing for every other build: any other failed
/// solve is an outcome, judged by `status` (design: "Rules that need no second opinion"). That the daemon and the
/// sandbox's registry lived is asked of them, not read from a log.
std::optional<util::Error>
broken_by(const evidence::BuildRecord& record, std::string_view client_log, std::string_view registry_log = {});

/// The words in which a request was refused before a build began, by the client that read it or by the daemon that it
/// asked, from the log of a client that failed. Empty where the log tells of steps or has no such words; an error where
/// they say that the two did not get to talk.
util::Result<std::string> refusal(std::string_view client_log);

/// Why there is not even a build: the last words of the client.
util::Error without_build(std::string_view client_log);

} // namespace cacheproof::engine
