#include "tariff/local_time.h"

#include <array>

#include "core/duration.h"
#include "fuzz_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  constexpr std::array<const char*, 6> zones = {"UTC",          "Europe/Berlin",    "Australia/Lord_Howe",
                                                "Africa/Cairo", "America/St_Johns", "America/Havana"};
  fuzz::Input input(data, size);
  const auto zone = tariff::LocalZone::find(zones[input.byte() % zones.size()]).value();
  // Any hour of 2025 and 2026, and odd seconds.
  tariff::Seconds now = 1'735'689'600 + static_cast<tariff::Seconds>(input.byte()) * 68 * 3600;
  now += static_cast<tariff::Seconds>(input.byte()) * 961;
  const std::string text = input.rest();
  constexpr tariff::Seconds farthest = 7'400'000'000;
  if (const auto duration = core::parse_duration(text))
    fuzz::require(*duration > 0 && *duration <= 3653 * tariff::seconds_a_day, "up to ten years");
  if (const auto instant = tariff::parse_rfc3339(text)) {
    fuzz::require(tariff::parse_rfc3339(tariff::format_rfc3339(*instant, zone)) == instant || *instant < 0 ||
                      *instant > farthest - 500'000'000,
                  "a time survives being written");
  }
  fuzz::expect_error_only([&] { core::require_duration(text, "--horizon"); });
  return fuzz::expect_error_only([&] {
    const tariff::Seconds instant = tariff::parse_time(text, zone, now, "--from");
    fuzz::require(instant > -200'000 && instant < farthest, "times are within 1970 and 2199");
    if (text.size() == 5 && text[2] == ':')
      fuzz::require(instant > now && instant <= now + 2 * tariff::seconds_a_day, "the next such time");
    tariff::format_local(instant, zone);
  });
}
