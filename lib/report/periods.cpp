#include "report/periods.h"

#include <fmt/format.h>

#include <algorithm>

#include "tariff/local_time.h"

namespace turbodiff::report {
namespace {

Seconds floor_to(Seconds value, Seconds step) {
  return value - ((value % step) + step) % step;
}

}  // namespace

Periods::Periods(tariff::LocalZone zone, PeriodUnit unit) : zone_(std::move(zone)), unit_(unit) {}

const Period& Periods::at(Micros instant) {
  const Seconds second = floor_to(instant, 1'000'000) / 1'000'000;
  if (second < last_.start || second >= last_.end) last_ = find(second);
  return last_;
}

Period Periods::clock_step(Seconds instant, Seconds step) const {
  const tariff::OffsetSpan span = zone_.span_at(instant);
  const tariff::LocalSeconds local = floor_to(instant + span.offset_s, step);
  Period period;
  period.start = std::max(span.start, local - span.offset_s);
  period.end = std::min(span.end, local - span.offset_s + step);
  const tariff::LocalDay day = tariff::day_of_local(local);
  const Seconds clock = local - day * tariff::seconds_a_day;
  period.label = fmt::format("{} {:02}:{:02}", tariff::format_date(day), clock / 3600, clock / 60 % 60);
  if (zone_.instants_of(local).size() > 1) {
    const std::string whole = tariff::format_rfc3339(period.start, zone_);
    period.label += " " + whole.substr(whole.size() - (whole.ends_with("Z") ? 1 : 6));
  }
  return period;
}

Period Periods::find(Seconds instant) const {
  if (unit_ == PeriodUnit::minute) return clock_step(instant, 60);
  if (unit_ == PeriodUnit::ten_minutes) return clock_step(instant, 600);
  if (unit_ == PeriodUnit::hour) return clock_step(instant, 3600);
  const tariff::LocalDay day = zone_.day_at(instant);
  tariff::LocalDay first = day, after = day + 1;
  std::string label = tariff::format_date(day);
  if (unit_ == PeriodUnit::month) {
    const tariff::CivilDate date = tariff::civil_of(day);
    first = day - (date.day - 1);
    after = tariff::day_of({date.month == 12 ? date.year + 1 : date.year, date.month % 12 + 1, 1})
                .value_or(day + 1);
    label.resize(7);
  }
  // A clock that goes back over midnight shows a day twice: never an end that is not after the instant.
  Period period{std::min(instant, zone_.day_start(first)), zone_.day_start(after), label};
  if (period.end <= instant) period.end = zone_.span_at(instant).end;
  return period;
}

}  // namespace turbodiff::report
