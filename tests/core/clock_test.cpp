#include "core/clock.h"

#include <thread>

#include "core/error.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::core;

namespace {

WallTime at(double seconds) {
  return WallTime(std::chrono::round<std::chrono::microseconds>(std::chrono::duration<double>(seconds)));
}

}  // namespace

TEST_CASE("a compressed clock runs faster, and tells timers when the machine's gets there") {
  const SystemClock machine;
  const WallTime anchor = machine.now();
  const CompressedClock clock(at(2'000'000'000), anchor, 3600);
  const WallTime before = machine.now();
  const WallTime shown = clock.now();
  const WallTime after = machine.now();
  CHECK(shown - at(2'000'000'000) >= (before - anchor) * 3600);
  CHECK(shown - at(2'000'000'000) <= (after - anchor) * 3600 + std::chrono::microseconds(1));
  // An hour is a second; a timer does not end early.
  CHECK(clock.machine_time(at(2'000'003'600)) == anchor + std::chrono::seconds(1));
  CHECK(clock.machine_time(at(2'000'000'000.0001)) == anchor + std::chrono::microseconds(1));
  CHECK(clock.machine_time(at(1'999'996'400)) == anchor - std::chrono::seconds(1));
  CHECK(clock.machine_monotonic_s(7200) == 2);
  // The machine's is read first and last: time may pass between any two readings.
  const double began_machine = machine.monotonic_s(), began = clock.monotonic_s();
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const double ended = clock.monotonic_s(), ended_machine = machine.monotonic_s();
  CHECK(ended - began >= 7.2);
  CHECK(ended - began <= (ended_machine - began_machine) * 3600 + 1e-3);
}

TEST_CASE("the clock of a text, and of none") {
  CHECK(dynamic_cast<const SystemClock*>(make_clock(std::nullopt).get()) != nullptr);
  const auto clock = make_clock("2000000000,1000000000.5,60");
  CHECK(clock->machine_time(at(2'000'000'060)) == at(1'000'000'001.5));
  for (const char* text :
       {"", "1", "1,2", "1,2,0", "1,2,-1", "1,2,3,4", "a,2,3", "1,2,nan", "1e300,2,3", "1,2,1e9"})
    CHECK_THROWS_AS(make_clock(text), Error);
}
