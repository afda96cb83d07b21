#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::oci {

/// A document of others; discarded, as what is no JSON is, where it is nested so deep that a copy of it could overflow
/// the stack.
nlohmann::json parse_json(std::string_view text);
/// The text under a key of what should be an object, as documents of others may be anything; empty where it is not so.
std::string text_at(const nlohmann::json& object, const std::string& key);
/// Likewise a list, the texts of a list and an object.
nlohmann::json list_at(const nlohmann::json& object, const std::string& key);
std::vector<std::string> texts_at(const nlohmann::json& object, const std::string& key);
nlohmann::json object_at(const nlohmann::json& object, const std::string& key);

} // namespace cacheproof::oci
