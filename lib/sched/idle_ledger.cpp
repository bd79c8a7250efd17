#include "sched/idle_ledger.h"

#include <algorithm>

#include "core/error.h"
#include "sched/energy_rows.h"

namespace turbodiff::sched {
namespace {

constexpr std::int64_t an_hour = 3600;

bool is_same_price(const store::PriceSnapshot& a, const store::PriceSnapshot& b) {
  return a.rate == b.rate && a.gross == b.gross && a.net == b.net && a.levies == b.levies && a.vat == b.vat &&
         a.off_peak == b.off_peak && a.fallback == b.fallback && a.milligram_co2 == b.milligram_co2;
}

/// Whether `next` goes on where `row` ends, in the same hour and by the same means.
bool goes_on(const store::IdleEnergy& row, const store::IdleEnergy& next) {
  return row.energy.end == next.energy.start &&
         first_second(row.energy.start) / an_hour == first_second(next.energy.start) / an_hour &&
         row.source == next.source && row.method == next.method && row.flags == next.flags &&
         row.tariff == next.tariff && is_same_price(row.price, next.price);
}

}  // namespace

energy::EnergyCost idle_again(const store::IdleEnergy& row) {
  store::PriceSnapshot price = row.price;
  price.start = first_second(row.energy.start);
  price.end = std::max(price.start + 1, past_second(row.energy.end));
  return energy::cost_of(samples_of(std::span(&row.energy, 1)), frozen(std::span(&price, 1)));
}

void IdleLedger::book(const energy::Span& span) {
  if (span.end <= span.start && span.energy.wall == 0) return;
  const std::int64_t start = first_second(span.start), end = past_second(span.end);
  const auto prices = snapshots_of(tariff_.curve(start, end - start + 1), start, std::max(end, start + 1));
  std::vector<std::int64_t> borders = borders_of(prices);
  for (std::int64_t hour = start / an_hour + 1; hour * an_hour < end; ++hour)
    borders.push_back(hour * an_hour);
  std::sort(borders.begin(), borders.end());
  const std::vector<energy::Sample> whole = {{span.start, span.end, span.energy}};
  for (const energy::Sample& piece : energy::cut_at(whole, borders)) {
    store::IdleEnergy row;
    row.energy = rows_of(std::span(&piece, 1)).front();
    row.source = span.facts.measured ? "measured" : "estimate";
    row.method = span.facts.method;
    row.flags = span.facts.flags;
    row.tariff = tariff_.tariff().name;
    row.currency = tariff_.tariff().currency;
    for (const store::PriceSnapshot& price : prices)
      if (price.start <= first_second(piece.start) && first_second(piece.start) < price.end)
        row.price = price;
    if (!rows_.empty() && goes_on(rows_.back(), row)) {
      store::EnergySample& grown = rows_.back().energy;
      grown.end = piece.end;
      grown.gpu += piece.energy.gpu;
      grown.cpu += piece.energy.cpu;
      grown.rest += piece.energy.rest;
      grown.wall += piece.energy.wall;
    } else {
      rows_.push_back(std::move(row));
    }
    const energy::EnergyCost cost = idle_again(rows_.back());
    rows_.back().gross = cost.money.gross;
    rows_.back().net = cost.money.net;
    rows_.back().levies = cost.money.levies;
    rows_.back().vat = cost.money.vat;
    rows_.back().co2_milligrams = cost.co2_milligrams;
  }
}

void IdleLedger::write(bool all) {
  const std::size_t count = all || rows_.empty() ? rows_.size() : rows_.size() - 1;
  if (count == 0) return;
  try {
    store_.add_idle_energy(epoch_, std::span(rows_).first(count));
    rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(count));
  } catch (const Error& error) {
    log_.warn("{}", error.message());
  }
}

}  // namespace turbodiff::sched
