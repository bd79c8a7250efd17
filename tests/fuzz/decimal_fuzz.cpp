#include "tariff/decimal.h"

#include "fuzz_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  using tariff::Decimal;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = std::min(text.find(' '), text.size());
  std::string reason;
  const auto a = Decimal::parse(text.substr(0, middle), &reason);
  fuzz::require(a.has_value() || !reason.empty(), "a refusal has a reason");
  const auto b = Decimal::parse(text.substr(std::min(middle + 1, text.size())));
  if (!a) return 0;
  const std::string shown = to_string(*a);
  const auto again = Decimal::parse(shown);
  fuzz::require(again && *again == *a && to_string(*again) == shown, "a number survives being written");
  fuzz::require(a->scale >= 0 && a->scale <= Decimal::max_scale, "at most 20 decimals");
  const std::int64_t nano = round_scaled(*a, 9);
  fuzz::require((nano <= 0 || !a->negative()) && (nano >= 0 || a->negative()), "rounding keeps the sign");
  // Within half a unit of the last digit.
  fuzz::require(is_below(2 * nano - 2, 9, *a + *a) && !is_below(2 * nano + 2, 9, *a + *a),
                "rounding is near");
  if (!b) return 0;
  fuzz::require(*a + *b == *b + *a, "a sum has no order");
  std::int64_t one = 0, other = 0;
  fuzz::expect_error_only([&] {
    one = round_product(*a, *b, 9);
    other = round_product(*b, *a, 9);
  });
  fuzz::require(one == other, "a product has no order");
  return 0;
}
