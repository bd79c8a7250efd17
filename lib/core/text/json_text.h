// JSON as text: the one place that decides how a number is written.
//
// nlohmann's own text of a double is not always the shortest (0.1964809 becomes 0.19648090000000001), and a
// computed value has more digits than its precision. Here a number is written with a number of decimals that
// depends on its quantity: 9 for kWh and prices, 6 for money and seconds. Recipes and requests, from which a
// video is made again, keep every bit.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace turbodiff::core {

struct JsonStyle {
  int indent = -1;     ///< blanks a level; -1: all on one line
  bool ascii = false;  ///< other characters as \uXXXX
};

/// Invalid UTF-8 is replaced. A number that is none (NaN, infinity) is null.
std::string json_text(const nlohmann::ordered_json& json, JsonStyle style = {});
std::string json_text(const nlohmann::json& json, JsonStyle style = {});

/// Decimal text without needless zeros, rounded half to even: 0.1964809, 12.0, 1.5e-12. With `keep_small`,
/// small numbers keep six digits instead.
std::string number_text(double value, int decimals, bool keep_small);

}  // namespace turbodiff::core
