#include "scenario/reader.hpp"
#include "util/base64.hpp"
#include "util/pattern.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <regex>
#include <string>

// The values of the language that are more than text.
namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t k_second = 1'000'000'000;
constexpr std::size_t k_path_size = 4095; ///< PATH_MAX of Linux without its NUL

/// `.25` as nanoseconds; nothing for what has no digit or more than nine.
std::optional<std::int64_t> fraction(std::string_view text) {
  if (text.empty()) return 0;
  if (text.front() != '.' || text.size() < 2 || text.size() > 10) return std::nullopt;
  std::string digits(text.substr(1));
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  digits.resize(9, '0');
  return util::parse_number<std::int64_t>(digits);
}

/// RFC 3339, section 5.6, with up to nine digits of a second and no leap seconds.
std::optional<std::int64_t> rfc3339(const std::string& text) {
  static const std::regex form(
      R"((\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?([Zz]|([+-])(\d{2}):(\d{2})))");
  std::smatch part;
  if (text.size() > 40 || !std::regex_match(text, part, form)) return std::nullopt;
  const auto field = [&](std::size_t i) { return util::parse_number<int>(part[i].str()).value_or(0); };
  const std::chrono::year_month_day day{std::chrono::year(field(1)),
                                        std::chrono::month(static_cast<unsigned>(field(2))),
                                        std::chrono::day(static_cast<unsigned>(field(3)))};
  if (!day.ok() || field(4) > 23 || field(5) > 59 || field(6) > 59 || field(10) > 23 || field(11) > 59)
    return std::nullopt;
  std::int64_t seconds = std::chrono::sys_days(day).time_since_epoch().count() * std::int64_t{86400} + field(4) * 3600
                         + field(5) * 60 + field(6);
  const int offset = field(10) * 3600 + field(11) * 60;
  seconds -= part[9].str() == "-" ? -offset : offset;
  // What 64 bits of nanoseconds can hold: the years 1678 to 2262.
  if (seconds < -9'223'372'036 || seconds > 9'223'372'035) return std::nullopt;
  return seconds * k_second + fraction(part[7].str()).value_or(0);
}

/// Takes the sign of a comparison and the blanks behind it off the front of `text`.
template <class Text> Comparison::Op take_sign(Text& text) {
  using Op = Comparison::Op;
  // The longer signs first: `<=` begins with `<`.
  constexpr std::array<std::pair<std::string_view, Op>, 5> signs{
      {{"<=", Op::less_equal}, {">=", Op::greater_equal}, {"<", Op::less}, {">", Op::greater}, {"", Op::equal}}};
  const auto* sign =
      std::find_if(signs.begin(), signs.end(), [&](const auto& each) { return text.starts_with(each.first); });
  text = util::trim(text.substr(sign->first.size()));
  return sign->second;
}

} // namespace

bool is_plain_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool leads_out(const fs::path& path) {
  const auto normal = path.lexically_normal();
  return path.is_absolute() || (!normal.empty() && *normal.begin() == "..");
}

std::optional<bool> Reader::boolean(const Node& at) {
  if (at.plain && (at.text == "true" || at.text == "false")) return at.text == "true";
  wrong_type(at, "'true' or 'false'");
  return std::nullopt;
}

std::optional<Comparison> Reader::comparison(const Node& at) {
  constexpr std::string_view expected = "a number or a comparison like \"<= 3\"";
  if (!at.is_scalar()) {
    wrong_type(at, expected);
    return std::nullopt;
  }
  using Op = Comparison::Op;
  auto rest = util::trim(at.text);
  const auto op = take_sign(rest);
  const auto value = util::parse_number<std::uint64_t>(rest);
  if (!value) {
    wrong_type(at, expected);
    return std::nullopt;
  }
  if ((op == Op::less && *value == 0)) {
    report(codes::k_wrong_value, at, "nothing is less than 0");
    return std::nullopt;
  }
  if (op == Op::greater_equal && *value == 0) {
    report(codes::k_empty_claim, at, "every number is at least 0: this claims nothing");
    return std::nullopt;
  }
  return Comparison{op, *value};
}

std::optional<Share> Reader::share(const Node& at) {
  using Op = Comparison::Op;
  constexpr std::string_view expected = "a share from 0 to 1 like \"<= 0.2\"";
  if (at.is_scalar()) {
    auto rest = util::trim(at.text);
    const auto op = take_sign(rest);
    double bound = -1;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), bound, std::chars_format::fixed);
    if (error == std::errc() && end == rest.data() + rest.size() && bound >= 0 && bound <= 1) {
      const bool never = (op == Op::less && bound == 0) || (op == Op::greater && bound == 1);
      const bool always = (op == Op::greater_equal && bound == 0) || (op == Op::less_equal && bound == 1);
      if (never) report(codes::k_wrong_value, at, "no share is so");
      if (always) report(codes::k_empty_claim, at, "every share is so: this claims nothing");
      if (never || always) return std::nullopt;
      return Share{op, bound};
    }
  }
  wrong_type(at, expected);
  return std::nullopt;
}

std::optional<std::chrono::seconds> Reader::duration(const Node& at) {
  if (at.is_scalar()) {
    const std::string_view all = util::trim(at.text);
    const auto end = std::min(all.find_first_not_of("0123456789"), all.size());
    const auto count = util::parse_number<std::int64_t>(all.substr(0, end));
    const auto unit = util::trim(all.substr(end));
    const std::int64_t factor = unit.empty() || unit == "s"    ? 1
                                : unit == "m" || unit == "min" ? 60
                                : unit == "h"                  ? 3600
                                                               : 0;
    if (count && factor > 0 && *count > 0 && *count <= 86400 / factor) return std::chrono::seconds(*count * factor);
  }
  wrong_type(at, "a duration up to a day like '120 s', '2m' or a number of seconds");
  return std::nullopt;
}

std::optional<std::int64_t> Reader::time(const Node& at) {
  if (at.is_scalar()) {
    const auto point = std::min(at.text.find('.'), at.text.size());
    const auto seconds = util::parse_number<std::int64_t>(std::string_view(at.text).substr(0, point));
    const auto rest = fraction(std::string_view(at.text).substr(point));
    if (seconds && rest && *seconds >= 0 && *seconds <= 9'223'372'035) return *seconds * k_second + *rest;
    if (const auto text = rfc3339(at.text)) return text;
  }
  wrong_type(at, "a time like 2020-01-01T00:00:00.5Z or a number of seconds since 1970");
  return std::nullopt;
}

std::optional<std::uint32_t> Reader::mode(const Node& at) {
  auto digits = at.is_scalar() ? std::string_view(at.text) : std::string_view();
  if (digits.starts_with("0o")) digits.remove_prefix(2);
  const auto mode = util::parse_number<std::uint32_t>(digits, 8);
  if (mode && *mode <= 07777) return mode;
  wrong_type(at, "permissions in octal digits like 0644");
  return std::nullopt;
}

std::optional<std::string> Reader::base64(const Node& at) {
  auto encoded = literal(at);
  if (!encoded) return std::nullopt;
  std::erase_if(*encoded, [](char c) { return c == '\n' || c == ' '; });
  auto bytes = util::from_base64(*encoded);
  if (!bytes) report(codes::k_wrong_value, at, "it is no base64 (RFC 4648, with padding)");
  return bytes;
}

std::optional<Text> Reader::regex(const Node& at) {
  // Not `text`: variables are not expanded in regexes, and `${` is none.
  auto written = word(at, "a regular expression");
  if (!written) return std::nullopt;
  if (written->size() > 1000) {
    report(codes::k_bad_regex, at, "a regular expression of more than 1000 bytes");
    return std::nullopt;
  }
  if (const auto compiled = util::Pattern::compile(*written); !compiled) {
    report(codes::k_bad_regex, at, fmt::format("not a regular expression (RE2): {}", compiled.error()));
    return std::nullopt;
  }
  return Text{std::move(*written), spot(at)};
}

std::optional<std::string> Reader::inner_path(const Node& at) {
  auto written = word(at, "a path");
  if (!written) return std::nullopt;
  if (written->size() > k_path_size) {
    report(codes::k_bad_path, at, fmt::format("a path has at most {} bytes", k_path_size));
    return std::nullopt;
  }
  const fs::path path(*written);
  if (written->empty() || path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end()) {
    report(codes::k_bad_path,
           at,
           written->empty() ? "an empty path" : fmt::format("the path '{}' leads out of the context", *written),
           "paths are relative to the context and have no '..'");
    return std::nullopt;
  }
  auto normal = path.lexically_normal().string();
  while (normal.ends_with('/')) normal.pop_back();
  if (normal == "." || normal.empty()) {
    report(codes::k_bad_path, at, "the path is the context itself", "name a file or folder in it");
    return std::nullopt;
  }
  return normal;
}

std::optional<std::string> Reader::rooted_path(const Node& at) {
  if (!at.is_scalar() || !at.text.starts_with('/')) return inner_path(at);
  auto below = at;
  below.text.erase(0, 1);
  return inner_path(below);
}

std::optional<std::string> Reader::link_target(const Node& at, const std::string& link) {
  auto target = literal(at);
  if (!target) return std::nullopt;
  // A link that leads out of the context would lead edits and copies out too.
  if (!leads_out(fs::path(link).parent_path() / *target) && !target->empty() && target->find('\0') == std::string::npos)
    return target;
  report(codes::k_bad_path, at, "a link has a target inside the context, written from where the link is");
  return std::nullopt;
}

std::optional<StepReference> Reader::step(const Node& at) {
  auto written = word(at, "a step reference like 'app 4'");
  if (!written) return std::nullopt;
  auto reference = StepReference::parse(*written, spot(at));
  if (reference) return reference;
  report(codes::k_bad_step_reference,
         at,
         fmt::format("'{}' is no step reference", *written),
         "write 'stage', 'stage 4', 'stage 4-8' or 'stage RUN npm*'");
  return std::nullopt;
}

} // namespace cacheproof::scenario
