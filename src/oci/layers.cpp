#include "oci/layers.hpp"

#include "util/text.hpp"

#include <deque>
#include <limits>
#include <vector>

namespace cacheproof::oci {
namespace {

constexpr std::string_view k_whiteout = ".wh.";
constexpr std::string_view k_opaque = ".wh..wh..opq";
constexpr int k_most_links = 40; // as the kernel's

std::string joined(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : folder + '/' + std::string(name);
}

} // namespace

std::optional<std::string> Layers::resolve(std::string_view path, bool last) const {
  std::vector<std::string> done;
  auto parts = util::split(path, '/');
  std::deque<std::string> left(parts.begin(), parts.end());
  int links = 0;
  while (!left.empty()) {
    const auto part = left.front();
    left.pop_front();
    if (part.empty() || part == ".") continue;
    if (part == "..") { // the root is its own parent
      if (!done.empty()) done.pop_back();
      continue;
    }
    const auto here = nodes_.find(joined(util::join(done, "/"), part));
    if (here == nodes_.end() || here->second.type != TarType::symlink || (left.empty() && !last)) {
      done.push_back(part);
      continue;
    }
    if (++links > k_most_links) return {};
    const auto& target = here->second.text;
    if (target.starts_with('/')) done.clear();
    const auto more = util::split(target, '/');
    left.insert(left.begin(), more.begin(), more.end());
  }
  return util::join(done, "/");
}

void Layers::remove(const std::string& path, std::size_t below_layer, bool children_only) {
  if (!children_only)
    if (const auto found = nodes_.find(path); found != nodes_.end() && found->second.layer < below_layer)
      nodes_.erase(found);
  const auto prefix = path.empty() ? "" : path + '/';
  for (auto node = nodes_.lower_bound(prefix); node != nodes_.end() && node->first.starts_with(prefix);)
    node = node->second.layer < below_layer ? nodes_.erase(node) : std::next(node);
}

void Layers::add(std::size_t layer, const TarEntry& entry, std::size_t id) {
  if (entry.path.empty()) return; // the root itself, or a path that would leave it
  const auto slash = entry.path.rfind('/');
  const auto name = slash == entry.path.npos ? entry.path : entry.path.substr(slash + 1);
  const auto folder = resolve(slash == entry.path.npos ? "" : entry.path.substr(0, slash), true);
  if (!folder) return;
  if (name == k_opaque) return remove(*folder, layer, true);
  if (name.starts_with(k_whiteout)) return remove(joined(*folder, name.substr(k_whiteout.size())), layer, false);

  const auto path = joined(*folder, name);
  Node node{layer, entry.type, entry.type == TarType::file ? entry.path : entry.link, id};
  if (entry.type == TarType::hard_link) { // another name for what is there by now
    const auto target = resolve(entry.link, false);
    const auto found = target ? nodes_.find(*target) : nodes_.end();
    if (found == nodes_.end()) return;
    node = found->second;
  }
  if (node.type != TarType::folder) remove(path, std::numeric_limits<std::size_t>::max(), true);
  nodes_.insert_or_assign(path, std::move(node));
}

void Layers::each(const std::function<void(const std::string&, std::size_t)>& visit) const {
  for (const auto& [path, node] : nodes_) visit(path, node.id);
}

std::optional<LayerPlace> Layers::find(std::string_view path) const {
  const auto real = resolve(path, true);
  const auto found = real ? nodes_.find(*real) : nodes_.end();
  if (found == nodes_.end() || found->second.type != TarType::file) return {};
  return LayerPlace{found->second.layer, found->second.text};
}

} // namespace cacheproof::oci
