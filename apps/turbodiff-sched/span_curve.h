// The prices of a stretch of time that is given as text.
#pragma once

#include <optional>
#include <string>

#include "queue.h"
#include "tariff/price_curve.h"

namespace turbodiff::app {

/// From today's start and for 7 days where not said otherwise. Error bad_request for times that are none, or
/// more than ten years.
tariff::PriceCurve span_curve(Queue& queue, const tariff::Tariff& tariff,
                              const std::optional<std::string>& from, const std::optional<std::string>& to);

}  // namespace turbodiff::app
