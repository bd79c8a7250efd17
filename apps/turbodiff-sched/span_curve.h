// The prices of a time span that is given as text.
#pragma once

#include <optional>
#include <string>

#include "queue.h"
#include "tariff/price_curve.h"

namespace turbodiff::app {

/// From the start of today and for 7 days where not given. Error bad_request for invalid times, or a span of
/// more than ten years.
tariff::PriceCurve span_curve(Queue& queue, const tariff::Tariff& tariff,
                              const std::optional<std::string>& from, const std::optional<std::string>& to);

}  // namespace turbodiff::app
