#pragma once

#include "engine/observer.hpp"
#include "evidence/case.hpp"
#include "report/text.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::report {

struct ConsoleOptions {
  bool color = false;
  bool verbose = false;    ///< also edits, the client's command line and every step
  bool live = false;       ///< a terminal: the running round's line is rewritten at its end, long lines are cut
  std::size_t width = 120; ///< columns
};

/// For standard output as it is now; no colours under NO_COLOR (no-color.org: set and not empty), a `dumb` terminal or
/// none.
ConsoleOptions console_options(bool verbose);

/// Tells a person what happens while it happens, and at a failure all that is needed to understand it.
class Console : public engine::Observer {
public:
  Console(std::ostream& out, ConsoleOptions options)
      : out_(out),
        options_(options) {}

  void run_started(std::size_t cases) override;
  void said(std::string_view line) override;
  void case_started(const evidence::CaseEvidence& played) override;
  void round_started(const evidence::CaseEvidence& played, const evidence::RoundEvidence& round) override;
  void round_judged(const evidence::CaseEvidence& played, const evidence::RoundEvidence& round) override;
  void case_judged(const evidence::CaseEvidence& played, const std::filesystem::path& folder) override;
  void run_finished(const std::vector<evidence::CaseEvidence>& all) override;

private:
  std::string paint(std::string_view text, const char* style) const;
  std::string sign(evidence::Verdict verdict) const;
  void show_running();
  void hide_running();
  void steps(const evidence::RoundEvidence& round);
  void broken(const util::Error& error);
  void finding(const evidence::Finding& finding);
  void difference(const std::vector<Row>& rows, std::string_view outcome);
  void values(const std::vector<Row>& rows);

  std::ostream& out_;
  ConsoleOptions options_;
  std::string running_; ///< the line of the round that runs now, on a terminal
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now(); ///< of the run
};

/// Prints a loaded case exactly as its run did.
void print_case(std::ostream& out,
                const evidence::CaseEvidence& played,
                const std::filesystem::path& folder,
                const ConsoleOptions& options);

} // namespace cacheproof::report
