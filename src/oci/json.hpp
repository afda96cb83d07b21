#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace cacheproof::oci {

/// The text under a key of what should be an object, as documents of others may be anything; empty where it is not so.
std::string text_at(const nlohmann::json& object, const std::string& key);
/// Likewise a list, the texts of a list and an object.
nlohmann::json list_at(const nlohmann::json& object, const std::string& key);
std::vector<std::string> texts_at(const nlohmann::json& object, const std::string& key);
nlohmann::json object_at(const nlohmann::json& object, const std::string& key);

} // namespace cacheproof::oci
