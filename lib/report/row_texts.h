// Values of a report as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "report/records.h"

namespace turbodiff::report {

/// Microseconds as seconds with 6 decimals.
std::string seconds_text(Micros duration);
/// Micro-units with 6 decimals, exactly.
std::string money_text(std::int64_t micro);
/// For people: 2 decimals from 1 unit up, below that enough for three significant digits, at most 6.
std::string short_money(std::int64_t micro);
/// Microjoules as kWh with 9 decimals.
std::string kwh_text(std::int64_t microjoules);
/// For people: "1.25", "0.0345", "0.000021": three significant digits, at most 6 decimals.
std::string short_kwh(std::int64_t microjoules);
/// 0.415 as "41.5 %".
std::string percent_text(double fraction);
/// The GPU of the last attempt that names one; empty without one.
std::string gpu_of(const Job& job);

}  // namespace turbodiff::report
