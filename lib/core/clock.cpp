#include "core/clock.h"

#include <fmt/format.h>

#include <ctime>
#include <vector>

#include "core/error.h"
#include "core/text/strings.h"

namespace turbodiff::core {

double SystemClock::monotonic_s() const {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

WallTime SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

CompressedClock::CompressedClock(WallTime start, WallTime anchor, double rate)
    : start_(start), anchor_(anchor), rate_(rate) {}

double CompressedClock::monotonic_s() const {
  return machine_.monotonic_s() * rate_;
}

WallTime CompressedClock::now() const {
  const std::chrono::duration<double> passed = machine_.now() - anchor_;
  return start_ + std::chrono::round<std::chrono::microseconds>(passed * rate_);
}

WallTime CompressedClock::machine_time(WallTime time) const {
  const std::chrono::duration<double> ahead = time - start_;
  // Rounded up: a timer must not end before its time.
  return anchor_ + std::chrono::ceil<std::chrono::microseconds>(ahead / rate_);
}

double CompressedClock::machine_monotonic_s(double monotonic_s) const {
  return monotonic_s / rate_;
}

std::unique_ptr<Clock> make_clock(const std::optional<std::string>& compressed) {
  if (!compressed) return std::make_unique<SystemClock>();
  std::vector<double> numbers;
  for (const std::string_view part : split(*compressed, ','))
    if (const auto number = parse_number(part)) numbers.push_back(*number);
  constexpr double latest = 32'503'680'000;
  if (numbers.size() != 3 || !(numbers[0] >= 0 && numbers[0] < latest) ||
      !(numbers[1] >= 0 && numbers[1] < latest) || !(numbers[2] > 0 && numbers[2] <= 1e6))
    throw Error::bad_request(fmt::format("TURBODIFF_TEST_CLOCK: '{}' is not START,ANCHOR,RATE", *compressed),
                             "unset it; only tests need it");
  const auto instant = [](double seconds) {
    return WallTime(std::chrono::round<std::chrono::microseconds>(std::chrono::duration<double>(seconds)));
  };
  return std::make_unique<CompressedClock>(instant(numbers[0]), instant(numbers[1]), numbers[2]);
}

}  // namespace turbodiff::core
