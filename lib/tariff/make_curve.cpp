#include "tariff/make_curve.h"

#include <algorithm>
#include <map>
#include <utility>

#include "tariff/calendar.h"

namespace turbodiff::tariff {
namespace {

/// A stretch with one net price; `row` where it comes from a series.
struct Piece {
  Seconds start = 0;
  Seconds end = 0;
  std::optional<Decimal> net;
  std::optional<std::string> rate;
  bool off_peak = false;
  bool fallback = false;
  bool row = false;
};

/// A constant or a calendar of prices, asked in order of time.
class Levies {
 public:
  Levies(const Tariff& tariff, Seconds from, Seconds to) : adders_(tariff.adders) {
    if (adders_.per_kwh_calendar)
      pieces_ = CalendarReader(*adders_.per_kwh_calendar, tariff.special, tariff.zone).pieces(from, to);
  }
  /// Calls visit(start, end, levy) for the parts of [start, end).
  template <typename Visit>
  void parts(Seconds start, Seconds end, Visit&& visit) const {
    if (pieces_.empty()) return visit(start, end, adders_.per_kwh);
    auto piece = std::upper_bound(pieces_.begin(), pieces_.end(), start,
                                  [](Seconds value, const CalendarPiece& p) { return value < p.end; });
    for (; piece != pieces_.end() && piece->start < end; ++piece)
      visit(std::max(start, piece->start), std::min(end, piece->end),
            piece->rate ? adders_.per_kwh_calendar->rates[*piece->rate].price : Decimal{});
  }

 private:
  const Adders& adders_;
  std::vector<CalendarPiece> pieces_;
};

std::vector<Piece> calendar_pieces(const Tariff& tariff, Seconds from, Seconds to) {
  std::vector<Piece> pieces;
  for (const CalendarPiece& piece :
       CalendarReader(*tariff.calendar, tariff.special, tariff.zone).pieces(from, to)) {
    Piece made{piece.start, piece.end, {}, {}, false, false, false};
    if (piece.rate) {
      const Rate& rate = tariff.calendar->rates[*piece.rate];
      made.net = rate.price;
      made.rate = rate.name;
      made.off_peak = rate.off_peak;
    }
    pieces.push_back(std::move(made));
  }
  return pieces;
}

std::vector<Piece> series_pieces(const SpotPrices& prices, Seconds from, Seconds to) {
  std::vector<Piece> pieces;
  Seconds at = from;
  const auto gap = [&](Seconds end) {
    if (at < end) pieces.push_back({at, end, prices.fallback, {}, false, prices.fallback.has_value(), false});
    at = std::max(at, end);
  };
  const auto& rows = prices.series.rows;
  auto row = std::lower_bound(rows.begin(), rows.end(), from - prices.series.interval_s + 1,
                              [](const SeriesRow& r, Seconds value) { return r.start < value; });
  for (; row != rows.end() && row->start < to; ++row) {
    gap(std::min(to, row->start));
    const Seconds end = std::min(to, row->start + prices.series.interval_s);
    if (at < end) pieces.push_back({at, end, row->value, {}, false, false, true});
    at = std::max(at, end);
  }
  gap(to);
  return pieces;
}

Price price_of(const Decimal& net, const Decimal& levy, const Decimal& factor) {
  Price price;
  price.gross = round_product(net + levy, factor, 9);
  price.net = round_scaled(net, 9);
  price.levies = round_scaled(levy, 9);
  price.vat = price.gross - price.net - price.levies;
  return price;
}

struct Priced {
  Segment segment;
  bool row = false;
};

/// The cheapest `wanted_s` of each local day: whole rows by price, earlier first on ties, the last one cut.
void mark_cheapest(std::vector<Priced>& all, Seconds wanted_s, const LocalZone& zone) {
  std::vector<Priced> cut;
  std::map<LocalDay, std::vector<std::size_t>> rows_of_day;
  for (const Priced& priced : all) {
    if (!priced.row) {
      cut.push_back(priced);
      continue;
    }
    for (const DayPart& part : zone.day_parts(priced.segment.start, priced.segment.end)) {
      Priced piece = priced;
      piece.segment.start = part.start;
      piece.segment.end = part.end;
      rows_of_day[part.day].push_back(cut.size());
      cut.push_back(std::move(piece));
    }
  }
  std::map<std::size_t, Seconds> chosen_until;
  for (auto& [day, rows] : rows_of_day) {
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
      return cut[a].segment.price->gross < cut[b].segment.price->gross;
    });
    Seconds left = wanted_s;
    for (const std::size_t row : rows) {
      if (left <= 0) break;
      const Segment& segment = cut[row].segment;
      const Seconds taken = std::min(left, segment.end - segment.start);
      chosen_until[row] = segment.start + taken;
      left -= taken;
    }
  }
  all.clear();
  for (std::size_t i = 0; i < cut.size(); ++i) {
    const auto chosen = chosen_until.find(i);
    if (chosen == chosen_until.end()) {
      all.push_back(std::move(cut[i]));
      continue;
    }
    Priced rest = cut[i];
    cut[i].segment.off_peak = true;
    rest.segment.start = cut[i].segment.end = chosen->second;
    const Seconds end = rest.segment.end;
    all.push_back(std::move(cut[i]));
    if (rest.segment.start < end) all.push_back(std::move(rest));
  }
}

/// [from, to) widened to every local day of which it has a part.
std::pair<Seconds, Seconds> whole_days(const LocalZone& zone, Seconds from, Seconds to) {
  const std::vector<DayPart> parts = zone.day_parts(from, to);
  const auto [first, last] = std::ranges::minmax(parts, {}, &DayPart::day);
  return {zone.day_start(first.day), zone.day_end(last.day)};
}

/// Splits at the rows of the carbon series and fills the grams in.
void add_carbon(std::vector<Priced>& all, const Carbon& carbon) {
  if (!carbon.source) {
    for (Priced& priced : all) priced.segment.milligram_co2 = carbon.milligram_per_kwh;
    return;
  }
  std::vector<Priced> cut;
  const auto& rows = carbon.series.rows;
  for (const Priced& priced : all) {
    Seconds at = priced.segment.start;
    const auto add = [&](Seconds end, std::optional<std::int64_t> milligram) {
      if (at >= end) return;
      Priced piece = priced;
      piece.segment.start = at;
      piece.segment.end = at = end;
      piece.segment.milligram_co2 = milligram;
      cut.push_back(std::move(piece));
    };
    auto row = std::lower_bound(rows.begin(), rows.end(), at - carbon.series.interval_s + 1,
                                [](const SeriesRow& r, Seconds value) { return r.start < value; });
    for (; row != rows.end() && row->start < priced.segment.end; ++row) {
      add(std::min(priced.segment.end, row->start), std::nullopt);
      add(std::min(priced.segment.end, row->start + carbon.series.interval_s), round_scaled(row->value, 3));
    }
    add(priced.segment.end, std::nullopt);
  }
  all = std::move(cut);
}

bool same_but_time(const Segment& a, const Segment& b) {
  return a.rate == b.rate && a.price == b.price && a.off_peak == b.off_peak && a.fallback == b.fallback &&
         a.milligram_co2 == b.milligram_co2;
}

}  // namespace

PriceCurve make_curve(const Tariff& tariff, Seconds from, Seconds to) {
  if (to <= from) return PriceCurve();
  // What is off-peak is decided a whole local day at a time.
  const bool by_day = tariff.prices && tariff.prices->off_peak_cheapest_s;
  const auto [wide_from, wide_to] = by_day ? whole_days(tariff.zone, from, to) : std::pair(from, to);
  const std::vector<Piece> pieces = tariff.prices ? series_pieces(*tariff.prices, wide_from, wide_to)
                                                  : calendar_pieces(tariff, wide_from, wide_to);
  const Levies levies(tariff, wide_from, wide_to);
  const Decimal factor = Decimal{1, 0} + tariff.adders.vat;
  std::vector<Priced> all;
  for (const Piece& piece : pieces)
    levies.parts(piece.start, piece.end, [&](Seconds start, Seconds end, const Decimal& levy) {
      Priced priced{{start, end, piece.rate, {}, piece.off_peak, piece.fallback, {}}, piece.row};
      if (piece.net) priced.segment.price = price_of(*piece.net, levy, factor);
      if (piece.row && tariff.prices->off_peak_below)
        priced.segment.off_peak = is_below(priced.segment.price->gross, 9, *tariff.prices->off_peak_below);
      all.push_back(std::move(priced));
    });
  if (by_day) mark_cheapest(all, *tariff.prices->off_peak_cheapest_s, tariff.zone);
  add_carbon(all, tariff.carbon);
  std::vector<Segment> segments;
  for (Priced& priced : all) {
    Segment& segment = priced.segment;
    segment.start = std::max(segment.start, from);
    segment.end = std::min(segment.end, to);
    if (segment.start >= segment.end) continue;
    if (!segments.empty() && same_but_time(segments.back(), segment))
      segments.back().end = segment.end;
    else
      segments.push_back(std::move(segment));
  }
  return PriceCurve(std::move(segments));
}

}  // namespace turbodiff::tariff
