#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "core/text/strings.h"
#include "report/records.h"

namespace turbodiff::report {

Shares parse_shares(std::string_view text, std::string_view where) {
  const auto wrong = [&] {
    return Error::bad_request(
        fmt::format("{}: '{}' is not a valid cost split", where, text),
        "write electricity/depreciation/cooling in percent that add up to 100, as 70/20/10");
  };
  const auto parts = core::split(text, '/');
  if (parts.size() != 3) throw wrong();
  Shares shares;
  int* const places[] = {&shares.electricity, &shares.depreciation, &shares.cooling};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto percent = core::parse_number(core::trim(parts[i]));
    if (!percent || *percent < 0 || *percent > 100) throw wrong();
    *places[i] = static_cast<int>(std::lround(*percent * 10));
    if (std::abs(*percent * 10 - *places[i]) > 1e-6) throw wrong();
  }
  if (shares.electricity <= 0 || shares.electricity + shares.depreciation + shares.cooling != 1000)
    throw wrong();
  return shares;
}

}  // namespace turbodiff::report
