#pragma once

#include "toolchain/record.hpp"
#include "toolchain/sources.hpp"
#include "util/files.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cacheproof::toolchain {

/// `find`, of what was read in full first where the options ask for it.
util::Result<Kit> look(Kind kind, std::string_view name, const Options& options);

/// Makes the store's folder of a kind. One that cannot be written is an error with the remedy.
util::Status make_store(Kind kind);

/// Waits until nobody else installs or uses what lies under that name (a version) in the store, and keeps them away as
/// long as it is held. That it waits is said once, of `title`: `BuildKit v0.34.2`.
util::Result<util::Fd> hold_place(Kind kind, const std::string& name, const std::string& title, const Options& options);

/// Fills that place, whose lock must be held: `fill` puts the programs into the folder `bin` of the one that it is
/// given, and tells what they are; then that is where everybody looks. After an error nothing is left of it.
util::Status fill_place(Kind kind,
                        const std::string& name,
                        const std::function<util::Result<Record>(const std::filesystem::path& work)>& fill);

/// Prunes the store to its limit, where it has one, and says what left it. What was installed has to be held.
void keep_limit(const std::optional<std::uintmax_t>& limit, const Options& options);

/// The whole of an error, where it is a part of another text.
std::string one_line(const util::Error& error);

} // namespace cacheproof::toolchain
