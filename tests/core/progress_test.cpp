#include "core/progress.h"

#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "core/os/signals.h"
#include "core/progress_sinks.h"
#include "core/text/strings.h"
#include "core/text/text_width.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::core;
using testing::error_of;

namespace {

struct Screen {
  explicit Screen(TerminalTraits traits) : console(out, traits) {}
  std::ostringstream out;
  Console console;
  ManualClock clock;
};

/// Text encoding of one step, then four denoising steps of `step_s` seconds.
void run_stages(ProgressSink& sink, ManualClock& clock, double step_s) {
  ProgressTracker tracker(sink, clock);
  tracker.begin("text", 0);
  clock.advance(1.5);
  tracker.begin("denoise", 4);
  for (int step = 1; step <= 4; ++step) {
    clock.advance(step_s);
    tracker.update(step);
  }
  tracker.end();
}

}  // namespace

TEST_CASE("the tracker times stages, steps and what is left") {
  std::vector<ProgressEvent> events;
  CallbackProgress sink([&](const ProgressEvent& event) { events.push_back(event); });
  ManualClock clock;
  ProgressTracker tracker(sink, clock);
  tracker.begin("denoise", 4, "sample 1 of 2");
  clock.advance(10);
  tracker.update(1);
  clock.advance(20);
  tracker.update(2);
  tracker.update(1);
  tracker.update(9);
  tracker.end();
  tracker.end();
  REQUIRE(events.size() == 6);
  CHECK(events[0].phase == ProgressPhase::begin);
  CHECK(events[0].eta_s == -1);
  CHECK(events[0].detail == "sample 1 of 2");
  CHECK(events[1].seconds_per_step == doctest::Approx(10));
  CHECK(events[1].eta_s == doctest::Approx(30));
  CHECK(events[1].fraction == doctest::Approx(0.25));
  CHECK(events[2].seconds_per_step == doctest::Approx(15));
  CHECK(events[2].eta_s == doctest::Approx(30));
  CHECK(events[3].step == 2);
  CHECK(events[4].step == 4);
  CHECK(events[4].eta_s == doctest::Approx(0));
  CHECK(events[5].phase == ProgressPhase::end);
  CHECK(events[5].elapsed_s == doctest::Approx(30));
}

TEST_CASE("the tracker adds up the seconds of each stage") {
  SilentProgress sink;
  ManualClock clock;
  ProgressTracker tracker(sink, clock);
  {
    ProgressStage stage(tracker, "decode", 2);
    clock.advance(3);
    stage.update(1);
  }
  clock.advance(100);
  tracker.begin("decode", 2);
  clock.advance(4);
  CHECK(tracker.seconds("decode") == doctest::Approx(7));
  tracker.begin("encode", 0);
  clock.advance(1);
  tracker.end();
  CHECK(tracker.seconds("decode") == doctest::Approx(7));
  CHECK(tracker.seconds("encode") == doctest::Approx(1));
  CHECK(tracker.seconds("load") == 0);
}

TEST_CASE("a reported step is where an interrupt takes effect") {
  SilentProgress sink;
  ManualClock clock;
  ProgressTracker tracker(sink, clock);
  tracker.begin("denoise", 4);
  tracker.update(1);
  struct sigaction before {};
  ::sigaction(SIGINT, nullptr, &before);
  install_signal_handlers();
  std::raise(SIGINT);
  CHECK(error_of([&] { tracker.update(2); }).code() == ErrorCode::interrupted);
  clear_interrupt();
  ::sigaction(SIGINT, &before, nullptr);
}

TEST_CASE("lines: begin, end, and rarely in between") {
  Screen screen({});
  LineProgress sink(screen.console, screen.clock, 5);
  run_stages(sink, screen.clock, 3);
  CHECK(screen.out.str() ==
        "text...\n"
        "text  1.5 s\n"
        "denoise...\n"
        "denoise  2/4  3.00 s/step  ETA 6.0 s\n"
        "denoise  4/4  3.00 s/step  12.0 s\n");
}

TEST_CASE("the bar redraws one line and leaves one line a stage") {
  Screen screen({.tty = true, .columns = 60});
  {
    BarProgress sink(screen.console, screen.clock);
    run_stages(sink, screen.clock, 30);
  }
  const std::string out = screen.out.str();
  CHECK(out.find("denoise   [#####") != std::string::npos);
  CHECK(out.find("2/4  30.0 s/step  ETA 1 min 00 s") != std::string::npos);
  CHECK(out.ends_with("\r\x1b[Kdenoise  4/4  30.0 s/step  2 min 00 s\n"));
  CHECK(out.find("\x1b[?25") == std::string::npos);
}

TEST_CASE("the bar is not redrawn more than ten times a second") {
  Screen screen({.tty = true});
  BarProgress sink(screen.console, screen.clock);
  ProgressTracker tracker(sink, screen.clock);
  tracker.begin("decode", 1000);
  for (int step = 1; step < 1000; ++step) {
    screen.clock.advance(0.001);
    tracker.update(step);
  }
  const std::string out = screen.out.str();
  const auto draws = core::split(out, '\r').size();
  CHECK(draws >= 9);
  CHECK(draws <= 11);
}

TEST_CASE("a stage that was cut short leaves no finished line") {
  Screen screen({});
  LineProgress sink(screen.console, screen.clock);
  ProgressTracker tracker(sink, screen.clock);
  tracker.begin("denoise", 4);
  tracker.update(1);
  tracker.end();
  CHECK(screen.out.str() == "denoise...\n");
}

TEST_CASE("the bar's line fits any width") {
  ProgressEvent event{.stage = "denoise",
                      .step = 2,
                      .steps = 4,
                      .fraction = 0.5,
                      .elapsed_s = 20,
                      .seconds_per_step = 10,
                      .eta_s = 20,
                      .detail = "猫\x1b"};
  CHECK(progress_line(event, 80) ==
        "denoise   [##############..............]  2/4  10.0 s/step  ETA 20.0 s  (猫\\x1b)");
  for (int columns = 1; columns < 120; ++columns)
    CHECK(display_width(progress_line(event, columns)) <= static_cast<std::size_t>(columns));
}

TEST_CASE("JSON progress is one object a line, with null for what is unknown") {
  Screen screen({.tty = true});
  JsonProgress sink(screen.console);
  run_stages(sink, screen.clock, 2);
  std::vector<nlohmann::json> events;
  const std::string out = screen.out.str();
  for (const auto line : split(trim(out), '\n')) events.push_back(nlohmann::json::parse(line));
  REQUIRE(events.size() == 8);
  CHECK(events[0] ==
        nlohmann::json::parse(R"({"event":"progress","phase":"begin","stage":"text","step":0,"steps":0,
      "fraction":0.0,"elapsed_s":0.0,"seconds_per_step":null,"eta_s":null,"detail":""})"));
  CHECK(events[4] == nlohmann::json::parse(R"({"event":"progress","phase":"update","stage":"denoise","step":2,
      "steps":4,"fraction":0.5,"elapsed_s":4.0,"seconds_per_step":2.0,"eta_s":4.0,"detail":""})"));
  CHECK(out.find('\x1b') == std::string::npos);
}

TEST_CASE("modes are read, and a bar without a terminal is lines") {
  CHECK(parse_progress_mode("auto") == ProgressMode::automatic);
  CHECK(parse_progress_mode("none") == ProgressMode::none);
  CHECK(error_of([] { parse_progress_mode("fancy"); }).code() == ErrorCode::bad_request);
  Screen file({.tty = false});
  Screen terminal({.tty = true});
  const auto is = [](const auto& sink, auto* type) {
    return dynamic_cast<std::remove_pointer_t<decltype(type)>*>(sink.get()) != nullptr;
  };
  CHECK(is(make_progress_sink(ProgressMode::bar, file.console, file.clock), (LineProgress*)nullptr));
  CHECK(is(make_progress_sink(ProgressMode::automatic, file.console, file.clock), (LineProgress*)nullptr));
  CHECK(is(make_progress_sink(ProgressMode::automatic, terminal.console, terminal.clock),
           (BarProgress*)nullptr));
  CHECK(
      is(make_progress_sink(ProgressMode::lines, terminal.console, terminal.clock), (LineProgress*)nullptr));
  CHECK(is(make_progress_sink(ProgressMode::json, terminal.console, terminal.clock), (JsonProgress*)nullptr));
  CHECK(
      is(make_progress_sink(ProgressMode::none, terminal.console, terminal.clock), (SilentProgress*)nullptr));
}

TEST_CASE("the system clock goes forward") {
  const SystemClock clock;
  const double before_s = clock.monotonic_s();
  CHECK(clock.monotonic_s() >= before_s);
  CHECK(clock.now().time_since_epoch() > std::chrono::years(50));
}
