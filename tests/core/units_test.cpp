#include "core/units.h"

#include <cmath>
#include <limits>

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::core;
using testing::error_of;

TEST_CASE("division rounds half to even on both sides of zero") {
  CHECK(divide_half_even(5, 2) == 2);
  CHECK(divide_half_even(7, 2) == 4);
  CHECK(divide_half_even(-5, 2) == -2);
  CHECK(divide_half_even(-7, 2) == -4);
  CHECK(divide_half_even(8, 3) == 3);
  CHECK(divide_half_even(-8, 3) == -3);
  CHECK(divide_half_even(1, 3) == 0);
  CHECK(divide_half_even(0, 7) == 0);
  for (int n = -50; n <= 50; ++n) {
    const double exact = n / 4.0;
    CHECK(divide_half_even(n, 4) == static_cast<std::int64_t>(std::nearbyint(exact)));
  }
  CHECK(error_of([] { divide_half_even(static_cast<__int128>(1) << 100, 1); }).code() ==
        ErrorCode::work_failed);
}

TEST_CASE("money reads and prints exactly") {
  CHECK(Money::parse("0.280123")->micro() == 280123);
  CHECK(Money::parse("-12")->micro() == -12'000'000);
  CHECK(Money::parse("+.5")->micro() == 500'000);
  CHECK(Money::parse("3.")->micro() == 3'000'000);
  CHECK(Money::parse("0.0000005")->micro() == 0);
  CHECK(Money::parse("0.0000015")->micro() == 2);
  CHECK(Money::parse("0.00000050001")->micro() == 1);
  CHECK(Money::parse("999999999999.999999")->micro() == 999'999'999'999'999'999);
  CHECK(Money::parse("0.123456789012345678901234")->micro() == 123457);
  for (const char* text : {"", "-", ".", "1e3", "1,5", "0x1", " 1", "1 ", "1.2.3", "--1", "1234567890123"})
    CHECK_MESSAGE(!Money::parse(text), text);
  CHECK(Money::from_micro(280123).to_string() == "0.280123");
  CHECK(Money::from_micro(-5).to_string() == "-0.000005");
  CHECK(Money::from_micro(12'000'000).to_string() == "12.000000");
  CHECK(Money::from_micro(std::numeric_limits<std::int64_t>::min()).to_string() == "-9223372036854.775808");
  CHECK(Money::from_units(0.1).micro() == 100'000);
  CHECK(Money::from_micro(2'500'000).units() == 2.5);
  CHECK(error_of([] { Money::from_units(std::numeric_limits<double>::quiet_NaN()); }).code() ==
        ErrorCode::bad_request);
  CHECK(error_of([] { Money::from_units(1e13); }).code() == ErrorCode::bad_request);
}

TEST_CASE("money adds up and overflows loudly") {
  const Money a = Money::from_micro(1'500'000);
  CHECK((a + Money::from_micro(1)).micro() == 1'500'001);
  CHECK((a - Money::from_micro(2'000'000)).micro() == -500'000);
  CHECK(a.scaled(19, 100).micro() == 285'000);
  CHECK(Money::from_micro(50).scaled(1, 100).micro() == 0);
  CHECK(Money::from_micro(150).scaled(1, 100).micro() == 2);
  CHECK(a > Money());
  const Money largest = Money::from_micro(std::numeric_limits<std::int64_t>::max());
  CHECK(error_of([&] { largest + Money::from_micro(1); }).code() == ErrorCode::work_failed);
}

TEST_CASE("energy is counted in microjoules and priced once") {
  const Kwh energy = Kwh::from_kwh(2.5);
  CHECK(energy.microjoules() == 9'000'000'000'000);
  CHECK(energy.kwh() == 2.5);
  CHECK(energy.to_string() == "2.500000000");
  CHECK(Kwh::from_joules(3600).to_string() == "0.001000000");
  CHECK(Kwh::from_microjoules(1800).to_string() == "0.000000000");
  CHECK(Kwh::from_microjoules(5400).to_string() == "0.000000002");
  CHECK((energy + energy).kwh() == 5);
  CHECK((energy - energy - energy).kwh() == -2.5);
  CHECK(Money::of(energy, *Money::parse("0.28")).to_string() == "0.700000");
  CHECK(Money::of(Kwh::from_joules(1800), *Money::parse("0.000001")).micro() == 0);
  CHECK(Money::of(energy, *Money::parse("-0.05")).to_string() == "-0.125000");
  CHECK(error_of([] { Kwh::from_kwh(1e10); }).code() == ErrorCode::bad_request);
}

TEST_CASE("durations read like speech") {
  CHECK(format_duration(0) == "0.00 s");
  CHECK(format_duration(0.421) == "0.42 s");
  CHECK(format_duration(0.999) == "1.0 s");
  CHECK(format_duration(12.34) == "12.3 s");
  CHECK(format_duration(59.96) == "1 min 00 s");
  CHECK(format_duration(65) == "1 min 05 s");
  CHECK(format_duration(3599.6) == "1 h 00 min");
  CHECK(format_duration(7380) == "2 h 03 min");
  CHECK(format_duration(86400) == "1 d 00 h");
  CHECK(format_duration(3 * 86400 + 4 * 3600) == "3 d 04 h");
  CHECK(format_duration(-65) == "-1 min 05 s");
  CHECK(format_duration(std::numeric_limits<double>::infinity()) == "unknown");
}

TEST_CASE("sizes are written and read") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(1023) == "1023 B");
  CHECK(format_bytes(1024) == "1.0 KiB");
  CHECK(format_bytes(3006477107) == "2.8 GiB");
  CHECK(format_bytes((std::uint64_t{1} << 30) - 1) == "1.0 GiB");
  CHECK(format_bytes(std::numeric_limits<std::uint64_t>::max()) == "16.0 EiB");
  CHECK(parse_bytes("1048576") == 1048576);
  CHECK(parse_bytes("512M") == 512u << 20);
  CHECK(parse_bytes(" 512 MiB ") == 512u << 20);
  CHECK(parse_bytes("2.5GB") == 2'500'000'000);
  CHECK(parse_bytes("1kb") == 1000);
  CHECK(parse_bytes("1k") == 1024);
  CHECK(parse_bytes("7 B") == 7);
  for (const char* text : {"", "M", "-1", "1X", "1 MM", "1.2.3", "1e3", "99999999T", "12 GiBs"})
    CHECK_MESSAGE(error_of([&] { parse_bytes(text); }).code() == ErrorCode::bad_request, text);
}
