// In which hours a job may run.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace turbodiff::spec {

/// Only where the tariff says off-peak, wherever there is a price, or before all others at its earliest
/// feasible second.
enum class When : std::uint8_t { off_peak, cheapest, now };

std::string_view name_of(When when);  ///< "off-peak", "cheapest", "now"
std::optional<When> when_named(std::string_view name);

}  // namespace turbodiff::spec
