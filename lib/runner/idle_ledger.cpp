#include "runner/idle_ledger.h"

#include <algorithm>

#include "core/error.h"
#include "runner/frozen_prices.h"

namespace turbodiff::runner {
namespace {

constexpr std::int64_t an_hour = 3600;

bool is_same_price(tariff::Segment a, const tariff::Segment& b) {
  a.start = b.start;
  a.end = b.end;
  return a == b;
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
  tariff::Segment price = row.price;
  price.start = first_second(row.energy.start);
  price.end = std::max(price.start + 1, past_second(row.energy.end));
  return energy::cost_of(std::span(&row.energy, 1), std::span(&price, 1));
}

void IdleLedger::book(const meter::Span& span) {
  if (span.end <= span.start && span.energy.wall == 0) return;
  const std::int64_t start = first_second(span.start), end = past_second(span.end);
  const auto prices = prices_in(tariff_.curve(start, end - start + 1), start, std::max(end, start + 1));
  std::vector<std::int64_t> borders = borders_of(prices);
  for (std::int64_t hour = start / an_hour + 1; hour * an_hour < end; ++hour)
    borders.push_back(hour * an_hour);
  std::sort(borders.begin(), borders.end());
  const std::vector<energy::Sample> whole = {{span.start, span.end, span.energy}};
  for (const energy::Sample& piece : energy::cut_at(whole, borders)) {
    store::IdleEnergy row;
    row.energy = piece;
    row.source = span.facts.measured ? "measured" : "estimate";
    row.method = span.facts.method;
    row.flags = span.facts.flags;
    row.tariff = tariff_.tariff().name;
    row.currency = tariff_.tariff().currency;
    for (const tariff::Segment& price : prices)
      if (price.start <= first_second(piece.start) && first_second(piece.start) < price.end)
        row.price = price;
    if (!rows_.empty() && goes_on(rows_.back(), row)) {
      rows_.back().energy.end = piece.end;
      rows_.back().energy.energy += piece.energy;
    } else {
      rows_.push_back(std::move(row));
    }
    const energy::EnergyCost again = idle_again(rows_.back());
    rows_.back().cost = again.money;
    rows_.back().co2_milligrams = again.co2_milligrams;
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

}  // namespace turbodiff::runner
