#pragma once

#include "engine/observer.hpp"
#include "evidence/case.hpp"
#include "report/text.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
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
      : screen_(out),
        options_(options) {}

  void run_started(std::size_t cases, std::size_t jobs) override;
  void said(std::string_view line) override;
  void case_started(const evidence::CaseEvidence& played) override;
  void round_started(const evidence::CaseEvidence& played, const evidence::RoundEvidence& round) override;
  void round_judged(const evidence::CaseEvidence& played, const evidence::RoundEvidence& round) override;
  void case_slow(const std::string& id, evidence::Nanoseconds so_far, evidence::Nanoseconds last_time) override;
  void case_judged(const evidence::CaseEvidence& played, const std::filesystem::path& folder) override;
  void run_finished(const std::vector<evidence::CaseEvidence>& all) override;

private:
  std::string paint(std::string_view text, const char* style) const;
  std::string paint(std::string_view text, evidence::Verdict verdict) const;
  std::string sign(evidence::Verdict verdict) const;
  /// The cases side by side, where there is something to compare.
  void compare(const std::vector<evidence::CaseEvidence>& all);
  void show_running();
  void hide_running();
  void runs(const std::string& id, const std::string& line);
  /// From here on `out_` is where this case is told: the screen, or its own text until its end when several run at
  /// once.
  void tell(const std::string& id);
  void steps(const evidence::RoundEvidence& round);
  void broken(const util::Error& error);
  void finding(const evidence::Finding& finding);
  void plays(const evidence::RepeatEvidence& repeat);
  void difference(const std::vector<Row>& rows, std::string_view outcome);
  void values(const std::vector<Row>& rows);

  std::ostream& screen_;
  ConsoleOptions options_;
  bool several_ = false; ///< cases run at once
  std::ostream* out_ = &screen_;
  std::map<std::string, std::ostringstream> told_;                    ///< by case, when several run at once
  std::vector<std::pair<std::string, std::string>> running_;          ///< case and line of what runs now, oldest first
  std::set<std::tuple<std::string, int, std::string>> failed_before_; ///< case, round and build, of several plays
  std::size_t shown_ = 0;                                             ///< how many of these lines are on the terminal
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now(); ///< of the run
};

/// Prints a loaded case exactly as its run did.
void print_case(std::ostream& out,
                const evidence::CaseEvidence& played,
                const std::filesystem::path& folder,
                const ConsoleOptions& options);

} // namespace cacheproof::report
