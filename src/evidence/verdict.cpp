#include "evidence/verdict.hpp"

#include "evidence/json.hpp"

namespace cacheproof::evidence {

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
  case Verdict::passed:
    return "passed";
  case Verdict::failed:
    return "failed";
  case Verdict::known:
    return "known";
  case Verdict::stale:
    return "stale";
  case Verdict::skipped:
    return "skipped";
  case Verdict::broken:
    return "broken";
  }
  return "?";
}

void to_json(nlohmann::json& json, const Finding& finding) {
  json = {{"expectation", finding.expectation},
          {"spot", to_json_value(finding.spot)},
          {"source_line", text(finding.source_line)},
          {"summary", text(finding.summary)},
          {"expected", texts(finding.expected)},
          {"observed", texts(finding.observed)},
          {"unexpected", texts(finding.unexpected)},
          {"missing", texts(finding.missing)},
          {"tree", texts(finding.tree)}};
}

void from_json(const nlohmann::json& json, Finding& finding) {
  finding = {};
  json.at("expectation").get_to(finding.expectation);
  finding.spot = spot_of(json.at("spot"));
  json.at("source_line").get_to(finding.source_line);
  json.at("summary").get_to(finding.summary);
  json.at("expected").get_to(finding.expected);
  json.at("observed").get_to(finding.observed);
  json.at("unexpected").get_to(finding.unexpected);
  json.at("missing").get_to(finding.missing);
  finding.tree = json.value("tree", std::vector<std::string>()); // not in evidence of earlier programs
}

} // namespace cacheproof::evidence
