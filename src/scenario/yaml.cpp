#include "scenario/yaml.hpp"

#include "util/text.hpp"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

namespace cacheproof::scenario {
namespace {

constexpr std::size_t k_alias_nodes = 10'000;
constexpr std::size_t k_depth = 64;
constexpr std::size_t k_nodes = 20'000;

/// Thrown through yaml-cpp's parser, which has no other way to be stopped; caught in `parse_yaml`.
struct Stop {
  YamlError error;
};

/// Builds the tree from yaml-cpp's events. Its own `YAML::Node` drops double keys and forgets the place of what is
/// missing.
class TreeBuilder final : public YAML::EventHandler {
public:
  explicit TreeBuilder(std::string_view text)
      : lines_(util::split(text, '\n')) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node = node_at(mark);
    place_absent(node);
    close(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) stop(mark, YamlError::Kind::syntax, "an anchor cannot stand inside itself");
    expanded_ += found->second.size;
    if (expanded_ > k_alias_nodes)
      stop(mark, YamlError::Kind::too_large, fmt::format("aliases expand to more than {} nodes", k_alias_nodes));
    Node copy = found->second;
    copy.line = mark.line + 1;
    copy.column = mark.column + 1;
    close(std::move(copy), YAML::NullAnchor);
  }

  void
  OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    Node node = node_at(mark);
    node.kind = Node::Kind::scalar;
    node.text = value;
    node.plain = tag == "?";
    refuse_tag(mark, tag, "tag:yaml.org,2002:str");
    close(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark,
                       const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag, "tag:yaml.org,2002:seq");
    open(mark, Node::Kind::sequence, anchor);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark,
                  const std::string& tag,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag, "tag:yaml.org,2002:map");
    open(mark, Node::Kind::map, anchor);
  }
  void OnMapEnd() override { end(); }

  std::optional<Node> take() { return std::move(root_); }

private:
  struct Open {
    Node node;
    YAML::anchor_t anchor;
  };

  [[noreturn]] static void stop(const YAML::Mark& mark, YamlError::Kind kind, std::string message) {
    throw Stop{{kind, std::move(message), mark.line + 1, mark.column + 1}};
  }

  static Node node_at(const YAML::Mark& mark) {
    Node node;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }

  static void refuse_tag(const YAML::Mark& mark, const std::string& tag, std::string_view natural) {
    if (tag.empty() || tag == "?" || tag == "!" || tag == natural) return;
    stop(mark, YamlError::Kind::syntax, fmt::format("a scenario has no use for the tag '{}'", tag));
  }

  /// yaml-cpp marks a value that is not there at whatever comes next, perhaps lines below: it belongs to the last sign
  /// before, the `:` or `-` that announced it.
  void place_absent(Node& node) const {
    const auto line = static_cast<std::size_t>(node.line) - 1;
    const auto column = static_cast<std::size_t>(node.column) - 1;
    if (line < lines_.size()) {
      const auto rest = std::string_view(lines_[line]).substr(std::min(column, lines_[line].size()));
      if (rest.starts_with('~') || util::lower(rest).starts_with("null")) return;
    }
    for (std::size_t at = std::min(line + 1, lines_.size()); at-- > 0;) {
      auto before = std::string_view(lines_[at]);
      if (at == line) before = before.substr(0, column);
      const auto last = before.find_last_not_of(" \t\r");
      if (last == std::string_view::npos || util::trim(before).starts_with('#')) continue;
      node.line = static_cast<int>(at) + 1;
      node.column = static_cast<int>(last) + 1;
      return;
    }
  }

  void open(const YAML::Mark& mark, Node::Kind kind, YAML::anchor_t anchor) {
    if (open_.size() >= k_depth)
      stop(mark, YamlError::Kind::too_large, fmt::format("nested deeper than {} levels", k_depth));
    Node node = node_at(mark);
    node.kind = kind;
    open_.push_back({std::move(node), anchor});
  }

  void end() {
    Open last = std::move(open_.back());
    open_.pop_back();
    close(std::move(last.node), last.anchor);
  }

  void close(Node node, YAML::anchor_t anchor) {
    nodes_ += open_.empty() ? 0 : 1;
    if (nodes_ > k_nodes)
      throw Stop{
          {YamlError::Kind::too_large, fmt::format("more than {} keys and values", k_nodes), node.line, node.column}};
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    open_.back().node.size += node.size;
    open_.back().node.children.push_back(std::move(node));
  }

  std::vector<std::string> lines_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::size_t expanded_ = 0;
  std::size_t nodes_ = 0; ///< written ones; those of aliases are counted apart
  std::optional<Node> root_;
};

} // namespace

tl::expected<Node, YamlError> parse_yaml(std::string_view text) {
  try {
    std::string whole(text);
    // yaml-cpp 0.7 takes a quoted text for closed when the file ends behind a line end in it. A comment there makes it
    // look again, and nothing else of it.
    if (text.ends_with('\n')) whole += '#';
    std::istringstream stream{whole};
    YAML::Parser parser(stream);
    TreeBuilder builder(text);
    if (!parser.HandleNextDocument(builder)) return Node{};
    auto root = builder.take();
    TreeBuilder second(text);
    if (parser.HandleNextDocument(second)) {
      const auto other = second.take();
      return tl::unexpected(YamlError{YamlError::Kind::syntax,
                                      "a second document begins here, but a file is one scenario",
                                      other ? other->line : 0,
                                      other ? other->column : 0});
    }
    return root ? std::move(*root) : Node{};
  } catch (const Stop& stop) {
    return tl::unexpected(stop.error);
  } catch (const YAML::DeepRecursion& error) {
    return tl::unexpected(YamlError{YamlError::Kind::too_large,
                                    fmt::format("nested deeper than {} levels", k_depth),
                                    error.mark.line + 1,
                                    error.mark.column + 1});
  } catch (const YAML::Exception& error) {
    return tl::unexpected(
        YamlError{YamlError::Kind::syntax, "not YAML: " + error.msg, error.mark.line + 1, error.mark.column + 1});
  }
}

} // namespace cacheproof::scenario
