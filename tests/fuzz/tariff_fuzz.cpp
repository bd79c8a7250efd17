#include "tariff/tariff_yaml.h"

#include "curve_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  const std::string text(reinterpret_cast<const char*>(data), size);
  core::Problems problems;
  const tariff::Tariff tariff = tariff::parse_tariff(text, "fuzz", "/nonexistent", problems);
  fuzz::check_problems(problems, "fuzz");
  if (!problems.empty()) return 0;
  // Odd seconds of three weeks; where in 2024 to 2030 depends on the text.
  constexpr tariff::Seconds first = 1'704'153'601, weeks = 343;
  const tariff::Seconds from = first + static_cast<tariff::Seconds>(size % weeks) * 7 * 86'400;
  fuzz::check_curve(tariff, from, from + 21 * 86'400 + 7);
  return 0;
}
