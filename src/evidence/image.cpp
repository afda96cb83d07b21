#include "evidence/image.hpp"

#include "evidence/json.hpp"
#include "util/text.hpp"

#include <algorithm>

namespace cacheproof::evidence {
namespace {

nlohmann::json to_json_value(const ImageFile& file) {
  auto json = nlohmann::json{{"type", file.type},
                             {"mode", file.mode},
                             {"uid", file.uid},
                             {"gid", file.gid},
                             {"size", file.size},
                             {"mtime", file.mtime},
                             {"link", text(file.link)},
                             {"sha256", file.sha256},
                             {"layer", file.layer}};
  for (const auto& [name, value] : file.xattrs) json["xattrs"][text(name)] = text(value);
  return json;
}

nlohmann::json to_json_value(const ImageConfig& config) {
  auto labels = nlohmann::json::object();
  for (const auto& [name, value] : config.labels) labels[text(name)] = text(value);
  return {{"platform", text(config.platform)},
          {"env", texts(config.env)},
          {"labels", std::move(labels)},
          {"user", text(config.user)},
          {"working_dir", text(config.working_dir)},
          {"stop_signal", text(config.stop_signal)},
          {"cmd", texts(config.cmd)},
          {"entrypoint", texts(config.entrypoint)},
          {"volumes", texts(config.volumes)},
          {"ports", texts(config.ports)}};
}

} // namespace

const ImageFile* find(const Image& image, std::string_view path) {
  constexpr int k_most_links = 40; // as the kernel's
  std::string root;                // of several platforms each has a file system of its own
  if (image.configs.size() > 1)
    for (const auto& config : image.configs)
      if (path.starts_with(config.platform + "/")) root = config.platform + "/";
  std::vector<std::string> done;
  auto left = util::split(path.substr(root.size()), '/');
  std::reverse(left.begin(), left.end()); // the next one is the last
  for (int links = 0; !left.empty();) {
    const auto part = std::move(left.back());
    left.pop_back();
    if (part.empty() || part == ".") continue;
    if (part == "..") { // the root is its own parent
      if (!done.empty()) done.pop_back();
      continue;
    }
    done.push_back(part);
    const auto here = image.files.find(root + util::join(done, "/"));
    if (left.empty()) return here == image.files.end() ? nullptr : &here->second;
    if (here == image.files.end() || here->second.type != "link") continue;
    if (++links > k_most_links) return nullptr;
    done.pop_back();
    if (here->second.link.starts_with('/')) done.clear();
    const auto more = util::split(here->second.link, '/');
    left.insert(left.end(), more.rbegin(), more.rend());
  }
  return nullptr;
}

std::string to_json_text(const Image& image) {
  auto configs = nlohmann::json::array();
  for (const auto& config : image.configs) configs.push_back(to_json_value(config));
  auto json = "{\n  \"schema\": \"cacheproof/image/1\",\n  \"digest\": " + nlohmann::json(text(image.digest)).dump();
  json += ",\n  \"configs\": " + configs.dump();
  json += ",\n  \"layers\": " + texts(image.layers).dump();
  json += ",\n  \"files\": ";
  append_lines(json, image.files, [](const ImageFile& file) { return to_json_value(file); });
  return json + "\n}\n";
}

} // namespace cacheproof::evidence
