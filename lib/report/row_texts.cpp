#include "report/row_texts.h"

#include <fmt/format.h>

#include <cmath>

#include "core/units.h"

namespace turbodiff::report {
namespace {

/// As few decimals as show three digits, between 2 and 6.
std::string three_digits(double value) {
  int decimals = 2;
  for (double scale = std::abs(value); scale > 0 && scale < 1 && decimals < 6; scale *= 10) ++decimals;
  return fmt::format("{:.{}f}", value, decimals);
}

}  // namespace

std::string seconds_text(Micros duration) {
  return core::Money::from_micro(duration).to_string();
}

std::string money_text(std::int64_t micro) {
  return core::Money::from_micro(micro).to_string();
}

std::string short_money(std::int64_t micro) {
  return three_digits(static_cast<double>(micro) / 1e6);
}

std::string kwh_text(std::int64_t microjoules) {
  return core::Kwh::from_microjoules(microjoules).to_string();
}

std::string short_kwh(std::int64_t microjoules) {
  return three_digits(core::Kwh::from_microjoules(microjoules).kwh());
}

std::string percent_text(double fraction) {
  return fmt::format("{:.1f} %", fraction * 100);
}

std::string gpu_of(const Job& job) {
  for (auto attempt = job.attempts.rbegin(); attempt != job.attempts.rend(); ++attempt)
    if (!attempt->gpu.empty()) return attempt->gpu;
  return {};
}

}  // namespace turbodiff::report
