// A tariff as text and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tariff/price_curve.h"
#include "tariff/tariff.h"

namespace turbodiff::tariff {

/// {"name", "currency", "timezone", "segments": [{"start", "end", "rate", "price", "off_peak"}]} of a curve;
/// "rate" is null in a series, "price" where there is none. Prices have up to 9 decimals, exactly.
nlohmann::ordered_json json_of(const Tariff& tariff, const PriceCurve& curve);

/// 1e-9 units as decimal text without needless zeros: "0.45", "-0.0125".
std::string format_price(NanoPrice price);

/// One bar per local day under a scale of hours, at most `columns` wide (at least 40): height and colour show
/// the price, a line below shows off-peak time. Days longer or shorter than 24 h have bars of their own
/// length.
std::string draw_days(const Tariff& tariff, const PriceCurve& curve, int columns, bool colour);

}  // namespace turbodiff::tariff
