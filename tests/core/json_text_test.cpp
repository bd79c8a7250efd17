#include "core/text/json_text.h"

#include <limits>

#include "testing.h"

using turbodiff::core::json_text;
using turbodiff::core::number_text;
using Json = nlohmann::ordered_json;

TEST_CASE("numbers have the decimals of what they tell, and no more digits") {
  CHECK(json_text(Json{{"price", 0.19648090000000001}}) == R"({"price":0.1964809})");
  CHECK(json_text(Json{{"kwh", 0.1 + 0.2}, {"gpu_kwh", 1.23456789012e-7}}) ==
        R"({"kwh":0.3,"gpu_kwh":0.000000123})");
  CHECK(json_text(Json{{"cost", 1.0 / 3}, {"cost_detail", {{"net", 2.0 / 3}, {"vat", 0.0}}}}) ==
        R"({"cost":0.333333,"cost_detail":{"net":0.666667,"vat":0.0}})");
  CHECK(json_text(Json{{"seconds", {{"load", 0.12345678}, {"text", 3}}}}) ==
        R"({"seconds":{"load":0.123457,"text":3}})");
  CHECK(json_text(Json{{"share", 1.0 / 3}, {"error", 1.23456789e-12}}) ==
        R"({"share":0.333333333,"error":1.23457e-12})");
  CHECK(json_text(Json{{"n", 5.0}, {"m", -0.0}, {"i", 18446744073709551615ULL}, {"big", 1e300}}) ==
        R"({"n":5.0,"m":0.0,"i":18446744073709551615,"big":1e+300})");
  CHECK(json_text(Json{{"a", std::numeric_limits<double>::quiet_NaN()}}) == R"({"a":null})");
  CHECK(json_text(Json{{"recipe", {{"sigma_max", 0.1234567890123}, {"cost", 7.0}}}}) ==
        R"({"recipe":{"sigma_max":0.1234567890123,"cost":7.0}})");
  CHECK(number_text(0.0000000016, 9, false) == "0.000000002");
  CHECK(number_text(-12.5, 6, true) == "-12.5");
}

TEST_CASE("the rest is as the library writes it") {
  const Json json = {{"a", {1, 2, {{"b", nullptr}}}},
                     {"t", "ü\n\xff"},
                     {"e", Json::array()},
                     {"o", Json::object()},
                     {"y", true}};
  for (const int indent : {-1, 2})
    for (const bool ascii : {false, true})
      CHECK(json_text(json, {indent, ascii}) ==
            json.dump(indent, ' ', ascii, Json::error_handler_t::replace));
  CHECK(json_text(nlohmann::json{{"z", 0.1}, {"a", 1}}) == R"({"a":1,"z":0.1})");
}
