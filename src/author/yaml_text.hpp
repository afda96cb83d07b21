#pragma once

#include "scenario/node.hpp"
#include "util/result.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cacheproof::author {

/// A word as a YAML scalar that is read back as the same text: plain where that is safe, else in quotes.
std::string yaml_word(std::string_view text);
/// `[a, b]` of words.
std::string yaml_list(const std::vector<std::string>& words);

/// A YAML text that is changed in some of its places; everything else stays as its writer wrote it, and no comment is
/// lost. The nodes are those of `scenario::parse_yaml` for the same text, without a byte order mark. What stands behind
/// an anchor, an alias or a tag is refused: it would change in other places too.
class YamlText {
public:
  explicit YamlText(std::string_view text);

  /// Another value for an entry of `map`, in flow form (`[a, b]`, `16`). Comments inside of the old value move above
  /// its key.
  util::Status replace(const scenario::Node& map, std::size_t entry, const std::string& value);
  /// The entry's comments stay, above its place.
  util::Status remove(const scenario::Node& map, std::size_t entry);
  /// A new last entry; several keep their order. `value` is in flow form.
  util::Status add(const scenario::Node& map, const std::string& key, const std::string& value);

  /// An error for a node that must not be changed.
  util::Status check(const scenario::Node& node) const;

  /// The text with all of these changes.
  std::string text() const;

private:
  struct Extent {
    std::size_t begin = 0;
    std::size_t end = 0; ///< exclusive
  };
  struct Change {
    Extent old;
    std::string text;
  };
  /// What becomes of the entries of a flow mapping, in which commas depend on the neighbours.
  struct Flow {
    std::vector<Extent> entries;
    std::set<std::size_t> removed;
    std::vector<std::string> added;
    std::size_t open = 0; ///< where its brace stands
  };

  std::size_t offset(const scenario::Node& node) const;
  std::size_t line_begin(std::size_t at) const;
  std::size_t line_end(std::size_t at) const;
  bool is_flow(const scenario::Node& map) const { return map.is_map() && text_[offset(map)] == '{'; }

  std::size_t after_colon(const scenario::Node& key) const;
  Extent value_of(const scenario::Node& map, std::size_t entry) const;
  std::size_t quote_end(std::size_t begin) const;
  std::size_t flow_end(std::size_t begin) const;
  std::size_t block_end(const scenario::Node& key, const scenario::Node& value) const;
  Flow& flow(const scenario::Node& map);
  void hoist_comments(Extent from, std::size_t above);
  static void change(std::vector<Change>& changes, const Flow& flow);

  std::string bom_;
  std::string text_;
  std::string line_break_;
  std::vector<std::size_t> lines_; ///< where each begins
  std::vector<Change> changes_;
  std::map<std::size_t, Flow> flows_; ///< by the offset of their brace
};

} // namespace cacheproof::author
