// The price of every second of a time span.
#pragma once

#include "tariff/price_curve.h"
#include "tariff/tariff.h"

namespace turbodiff::tariff {

/// The curve of [from, to). A price is (price + adders per kWh) * (1 + VAT), rounded once, half to even, to
/// 1e-9. Neighbours differ in at least one field.
PriceCurve make_curve(const Tariff& tariff, Seconds from, Seconds to);

}  // namespace turbodiff::tariff
