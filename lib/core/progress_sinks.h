// The displays of progress: a bar, plain lines, JSON lines.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/console.h"
#include "core/progress.h"

namespace turbodiff::core {

enum class ProgressMode { automatic, bar, lines, json, none };

/// Reads "auto", "bar", "lines", "json", "none". Error bad_request otherwise.
ProgressMode parse_progress_mode(std::string_view text);

/// The sink of a mode. `automatic` is the bar on a terminal and lines elsewhere; a bar without a terminal is
/// lines too, so that control codes never reach a file. `console` and `clock` must outlive the sink.
std::unique_ptr<ProgressSink> make_progress_sink(ProgressMode mode, Console& console, const Clock& clock);

/// One status line, redrawn at most ten times a second: "denoise [#####.....]  2/4  31.2 s/step  ETA 1 min 02
/// s"; each stage leaves one finished line behind.
class BarProgress final : public ProgressSink {
 public:
  BarProgress(Console& console, const Clock& clock) : console_(console), clock_(clock) {}
  ~BarProgress() override { console_.status(""); }
  void report(const ProgressEvent& event) override;

 private:
  Console& console_;
  const Clock& clock_;
  double drawn_s_ = -1;
};

/// Plain lines without control codes: every begin and end, and in between at most one line in `interval_s`.
class LineProgress final : public ProgressSink {
 public:
  LineProgress(Console& console, const Clock& clock, double interval_s = 5)
      : console_(console), clock_(clock), interval_s_(interval_s) {}
  void report(const ProgressEvent& event) override;

 private:
  Console& console_;
  const Clock& clock_;
  double interval_s_;
  double written_s_ = 0;
};

/// {"event":"progress","phase","stage","step","steps","fraction","elapsed_s","seconds_per_step","eta_s",
/// "detail"}; unknown times are null.
nlohmann::ordered_json json_of(const ProgressEvent& event);

/// json_of() of every event, one per line.
class JsonProgress final : public ProgressSink {
 public:
  explicit JsonProgress(Console& console) : console_(console) {}
  void report(const ProgressEvent& event) override;

 private:
  Console& console_;
};

/// The bar's line for an event in `columns` columns; parts that do not fit are left out, the ETA last.
std::string progress_line(const ProgressEvent& event, int columns);

}  // namespace turbodiff::core
