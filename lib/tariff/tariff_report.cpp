#include "tariff/tariff_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "core/text/text_width.h"
#include "tariff/local_time.h"

namespace turbodiff::tariff {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, 8> blocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
// From green over yellow to red, of the 256 colours of terminals.
constexpr std::array<int, 8> colours = {34, 70, 106, 142, 178, 208, 202, 160};

struct Range {
  NanoPrice low = 0, high = 0;
  bool any = false;
};

Range range_of(const PriceCurve& curve) {
  Range range;
  for (const Segment& segment : curve.segments()) {
    if (!segment.price) continue;
    const NanoPrice price = segment.price->gross;
    range.low = range.any ? std::min(range.low, price) : price;
    range.high = range.any ? std::max(range.high, price) : price;
    range.any = true;
  }
  return range;
}

std::size_t level_of(NanoPrice price, const Range& range) {
  if (range.high == range.low) return 3;
  const double share = static_cast<double>(price - range.low) / static_cast<double>(range.high - range.low);
  return std::min<std::size_t>(7, static_cast<std::size_t>(share * 8));
}

std::string painted(const std::string& text, int colour_number, bool colour) {
  return colour ? fmt::format("\x1b[38;5;{}m{}\x1b[0m", colour_number, text) : text;
}

/// The bar of one day in cells of `cell_s` seconds, and the marks of its off-peak cells.
std::pair<std::string, std::string> bar_of(const PriceCurve& curve, Seconds start, Seconds end,
                                           Seconds cell_s, const Range& range, bool colour) {
  std::string bar, marks;
  for (Seconds at = start; at < end; at += cell_s) {
    const Segment* segment = curve.at(at);
    if (segment == nullptr) {
      bar += ' ';
      marks += ' ';
      continue;
    }
    if (!segment->price) {
      bar += '?';
    } else {
      const std::size_t level = level_of(segment->price->gross, range);
      bar += painted(blocks[level], colours[level], colour);
    }
    marks += segment->off_peak ? "─" : " ";
  }
  return {bar, marks};
}

std::string legend(const Tariff& tariff, const PriceCurve& curve) {
  std::string text;
  if (tariff.calendar) {
    std::set<std::pair<NanoPrice, std::string>> rates;
    for (const Segment& segment : curve.segments())
      if (segment.price && segment.rate)
        rates.insert({segment.price->gross,
                      fmt::format("  {} {} {}/kWh{}\n", *segment.rate, format_price(segment.price->gross),
                                  tariff.currency, segment.off_peak ? ", off-peak" : "")});
    for (const auto& [price, line] : rates) text += line;
    return text;
  }
  const Range range = range_of(curve);
  return range.any ? fmt::format("  {} to {} {}/kWh\n", format_price(range.low), format_price(range.high),
                                 tariff.currency)
                   : std::string("  no price is known\n");
}

}  // namespace

std::string format_price(NanoPrice price) {
  const bool minus = price < 0;
  const auto value = minus ? 0 - static_cast<std::uint64_t>(price) : static_cast<std::uint64_t>(price);
  std::string text =
      fmt::format("{}{}.{:09}", minus ? "-" : "", value / 1'000'000'000, value % 1'000'000'000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

Json json_of(const Tariff& tariff, const PriceCurve& curve) {
  Json segments = Json::array();
  const Segment* last = nullptr;
  for (const Segment& segment : curve.segments()) {
    const bool merges = last != nullptr && last->rate == segment.rate && last->off_peak == segment.off_peak &&
                        last->price.has_value() == segment.price.has_value() &&
                        (!last->price || last->price->gross == segment.price->gross);
    last = &segment;
    if (merges) {
      segments.back()["end"] = format_utc(segment.end);
      continue;
    }
    segments.push_back({{"start", format_utc(segment.start)},
                        {"end", format_utc(segment.end)},
                        {"rate", segment.rate ? Json(*segment.rate) : Json()},
                        {"price", segment.price ? Json::parse(format_price(segment.price->gross)) : Json()},
                        {"off_peak", segment.off_peak}});
  }
  return {{"name", tariff.name},
          {"currency", tariff.currency},
          {"timezone", tariff.zone.name()},
          {"segments", std::move(segments)}};
}

std::string draw_days(const Tariff& tariff, const PriceCurve& curve, int columns, bool colour) {
  constexpr int margin = 17;  // "Sun 2026-10-25  "
  constexpr int note = 8;     // "  24.5 h"
  // 25 h must fit as well; cells of a quarter, a half or a whole hour.
  Seconds cell_s = 3600;
  for (const Seconds finer : {Seconds{1800}, Seconds{900}})
    if (25 * 3600 / finer <= std::max(columns, 40) - margin - note) cell_s = finer;
  const Seconds cells_an_hour = 3600 / cell_s;
  std::string axis(margin, ' ');
  for (int hour = 0; hour <= 24; hour += 3) {
    axis.resize(static_cast<std::size_t>(margin + hour * cells_an_hour), ' ');
    axis += fmt::format("{:02}", hour);
  }
  constexpr std::array<const char*, 7> days = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  const Range range = range_of(curve);
  std::string text = fmt::format("{}, {}\n{}\n", tariff.name, tariff.zone.name(), axis);
  if (curve.empty()) return text;
  for (LocalDay day = tariff.zone.day_at(curve.start()); day <= tariff.zone.day_at(curve.end() - 1); ++day) {
    const Seconds start = tariff.zone.day_start(day);
    const Seconds end = tariff.zone.day_start(day + 1);
    const auto [bar, marks] = bar_of(curve, start, end, cell_s, range, colour);
    text += fmt::format("{} {}   {}", days[static_cast<std::size_t>(weekday_of(day))], format_date(day), bar);
    // From the change of the clock on the bar is beside the hours above it.
    if (end - start != seconds_a_day) text += fmt::format("  {} h", static_cast<double>(end - start) / 3600);
    text += '\n';
    if (marks.find_first_not_of(' ') != std::string::npos)
      text +=
          fmt::format("{:>{}}{}\n", "off-peak ", margin, marks.substr(0, marks.find_last_not_of(' ') + 1));
  }
  return text + legend(tariff, curve);
}

}  // namespace turbodiff::tariff
