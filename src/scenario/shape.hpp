#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cacheproof::scenario {

struct KeyFacts;

/// How the value of a key is written. With names, sentences and groups of keys it is the declarative description of the
/// language, from which the JSON Schema and the tables of scenarios/README.md are made. The functions below make one.
struct Shape {
  enum class Kind {
    none,         ///< not said: a test refuses it
    later,        ///< not described until it is played
    text,         ///< any scalar; `pattern` where it says something
    path,         ///< inside the context
    boolean,      ///< true or false
    number,       ///< from `least` to `most`
    comparison,   ///< a number or `"<= 3"`
    duration,     ///< of time: `90 s`
    time,         ///< a point of time
    mode,         ///< permissions in octal digits
    regex,        ///< RE2
    step,         ///< a step reference
    version,      ///< a version or a range of them
    choice,       ///< one of `words`
    list,         ///< of `of[0]`
    table,        ///< a mapping with the keys of the language that `keys` has
    names,        ///< a mapping from free names (`pattern`) to `of[0]`
    one_of,       ///< any of `of`
    conditions,   ///< a mapping from dimensions, or the keys of the table `of[0]`, to a value or a list of them
    alternatives, ///< `of[0]`, or a list of it, each under a key of `words` and with a `when` of the facts `of[1]`
  };
  Kind kind = Kind::none;
  std::string_view name = {}; ///< of a table, in the schema and over its columns
  std::string_view pattern = {};
  bool filled = false; ///< a list or mapping has something in it
  std::uint64_t least = 0;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  std::vector<std::string_view> words = {};
  std::vector<Shape> of = {};
  std::function<std::vector<KeyFacts>()> keys = {}; ///< asked for late: tables may stand in one another
};

/// What is known of a key, whatever it fills.
struct KeyFacts {
  std::string_view name;
  std::string_view doc;
  bool built = false; ///< it is played
  bool required = false;
  std::string_view group;
  const Shape* shape = nullptr;
  std::string_view otherwise; ///< what holds without it
  bool had = true;            ///< a fact: some case has it, else whoever asks for it asks in vain
};

/// Makers of shapes; `table` stands beside `Key`.
namespace shape {
Shape later();
Shape text(std::string_view pattern = {});
Shape path();
Shape boolean();
Shape number(std::uint64_t least = 0, std::uint64_t most = std::numeric_limits<std::uint64_t>::max());
Shape comparison();
Shape share();
Shape duration();
Shape time();
Shape mode();
Shape regex();
Shape step();
Shape version();
Shape choice(std::vector<std::string_view> words);
Shape list(Shape item);
Shape names(Shape value, std::string_view pattern = {});
Shape one_of(std::vector<Shape> shapes);
Shape conditions(Shape facts);
/// The keys of a table may stand beside `when` too.
Shape alternatives(Shape value, std::vector<std::string_view> value_keys, Shape facts);
/// The same list or mapping, but never empty.
Shape filled(Shape shape);
} // namespace shape

/// The whole language: the table of a scenario's keys.
const Shape& language();
/// Every table of it once, by its name, in the order in which the language names them.
std::vector<std::pair<std::string, std::vector<KeyFacts>>> tables();

} // namespace cacheproof::scenario
