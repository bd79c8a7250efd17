#include "report/html/chart_data.h"

#include <algorithm>

#include "tariff/local_zone.h"

namespace turbodiff::report {
namespace {

/// So much of the end of a long span is drawn to scale.
constexpr Seconds line_length = 36 * 3600;
constexpr Seconds longest_line = 3 * tariff::seconds_a_day;

PeriodUnit unit_for(Seconds span) {
  if (span <= 45 * 60) return PeriodUnit::minute;
  if (span <= 4 * 3600) return PeriodUnit::ten_minutes;
  if (span <= 3 * tariff::seconds_a_day) return PeriodUnit::hour;
  return span <= 120 * tariff::seconds_a_day ? PeriodUnit::day : PeriodUnit::month;
}

/// Palette entries of n rates from cheap to expensive: blue is always cheap and vermilion expensive.
std::vector<int> colours_for(std::size_t rates) {
  switch (rates) {
    case 1:
      return {0};
    case 2:
      return {0, 1};
    case 3:
      return {0, 4, 1};
    case 4:
      return {0, 2, 4, 1};
    case 5:
      return {0, 5, 2, 4, 1};
    default:
      break;
  }
  std::vector<int> colours;
  for (std::size_t i = 0; i < rates; ++i) colours.push_back(static_cast<int>(i) % 8);
  return colours;
}

class Collector {
 public:
  explicit Collector(const PageInput& input)
      : input_(input),
        options_(input.report.options),
        window_(options_.from, options_.to),
        periods_(options_.zone, unit_for(input.report.last.value_or(0) - input.report.first.value_or(0))) {}

  Charts collect() {
    charts_.unit = periods_.unit();
    frame_line();
    for (const Job& job : input_.records.jobs)
      for (const Attempt& attempt : job.attempts) add(job, attempt);
    for (const Idle& idle : input_.records.idle) add(idle);
    finish_currencies();
    finish_line();
    return std::move(charts_);
  }

 private:
  struct Rate {
    double price = 0, weight = 0;
    bool off_peak = false;
  };
  struct Found {
    std::int64_t attempts = 0;
    std::map<std::string, Rate> rates;
    struct Cell {
      std::map<std::string, std::int64_t> gross;
      std::int64_t idle = 0;
      Sums jobs;
    };
    std::map<Seconds, std::pair<Period, Cell>> cells;
    bool idle = false;
  };

  void frame_line() {
    TimeLine& line = charts_.line;
    line.end = input_.report.last.value_or(0) * a_second;
    line.start = input_.report.first.value_or(0) * a_second;
    if (line.end - line.start > longest_line * a_second) {
      // The newest night: up to the last attempt's end.
      Micros last = line.start;
      for (const Job& job : input_.records.jobs)
        for (const Attempt& attempt : job.attempts)
          if (window_.touches(attempt.start, attempt.start + attempt.duration))
            last = std::max(last, attempt.start + attempt.duration);
      line.end = std::min(line.end, last + 1800 * a_second);
      line.start = (line.end / a_second - line_length) / 60 * 60 * a_second;
      line.cut = true;
    }
    line.end = std::max(line.end, line.start + 60 * a_second);
  }

  Micros border(Micros at) { return std::min(window_.next_border(at), periods_.at(at).end * a_second); }

  Found::Cell& cell(Found& found, Micros at) {
    const Period& period = periods_.at(at);
    auto& place = found.cells[period.start];
    place.first = period;
    return place.second;
  }

  void add(const Job& job, const Attempt& attempt) {
    if (attempt.outcome == Outcome::running) return;
    const Micros end = attempt.start + attempt.duration;
    if (!window_.touches(attempt.start, end)) return;
    const bool wasted = is_waste(job, attempt);
    Found& found = found_[attempt.currency];
    ++found.attempts;
    const Attempt* counted = nullptr;
    split(
        attempt, {}, [&](Micros at) { return border(at); },
        [&](const Slice& slice) {
          if (!window_.holds(slice.start, slice.end)) return;
          Found::Cell& here = cell(found, slice.start);
          here.gross[note_rate(found, slice)] += slice.cost.gross.micro();
          here.jobs.add(attempt, slice, wasted, counted == &attempt);
          counted = &attempt;
        });
    const TimeLine& line = charts_.line;
    if (end <= line.start || attempt.start >= line.end) return;
    charts_.line.bars.push_back({&job, &attempt, wasted});
    add_power(attempt);
    for (const tariff::Segment& price : attempt.prices) add_price(attempt.currency, price);
  }

  const std::string& note_rate(Found& found, const Slice& slice) {
    label_ = rate_label(slice.price);
    Rate& rate = found.rates[label_];
    if (slice.price != nullptr && slice.price->price) {
      const auto weight = static_cast<double>(slice.end - slice.start) + 1;
      rate.price += static_cast<double>(slice.price->price->gross) * weight;
      rate.weight += weight;
      rate.off_peak = slice.price->off_peak;
    }
    return label_;
  }

  void add(const Idle& idle) {
    if (!window_.touches(idle.start, idle.end)) return;
    Found& found = found_[idle.currency];
    found.idle = true;
    split(
        idle, {}, [&](Micros at) { return border(at); },
        [&](const Slice& slice) {
          if (window_.holds(slice.start, slice.end))
            cell(found, slice.start).idle += slice.cost.gross.micro();
        });
    if (idle.end <= charts_.line.start || idle.start >= charts_.line.end) return;
    push_power(idle.start, idle.end, idle.energy, idle.has_parts, true);
    add_price(idle.currency, idle.price);
  }

  void add_power(const Attempt& attempt) {
    if (attempt.samples.empty())
      push_power(attempt.start, attempt.start + attempt.duration, attempt.energy, attempt.has_parts, false);
    for (const energy::Sample& sample : attempt.samples)
      push_power(sample.start, sample.end, sample.energy, attempt.has_parts, false);
  }

  void push_power(Micros start, Micros end, const energy::EnergyParts& energy, bool has_parts, bool idle) {
    if (end <= start || end <= charts_.line.start || start >= charts_.line.end) return;
    const auto watts = [&](std::int64_t microjoules) {
      return static_cast<double>(microjoules) / static_cast<double>(end - start);
    };
    charts_.line.power.push_back({start, end, watts(energy.wall), watts(energy.gpu), watts(energy.cpu),
                                  watts(energy.rest), has_parts, idle});
  }

  void add_price(const std::string& currency, const tariff::Segment& price) {
    if (price.price)
      line_prices_[currency].push_back({price.start, price.end, rate_label(&price),
                                        static_cast<double>(price.price->gross) / 1e9, price.off_peak, true});
  }

  void finish_currencies() {
    for (auto& [currency, found] : found_) {
      CurrencyCharts& one = charts_.currencies.emplace_back();
      one.currency = currency;
      one.has_idle = found.idle;
      if (currency == input_.curve_currency) add_curve_rates(found);
      for (const auto& [label, rate] : found.rates)
        one.rates.push_back({label, rate.weight > 0 ? rate.price / rate.weight / 1e9 : 0, rate.off_peak, 0});
      std::sort(one.rates.begin(), one.rates.end(), [](const RateColour& a, const RateColour& b) {
        return a.price != b.price ? a.price < b.price : a.label < b.label;
      });
      const auto colours = colours_for(one.rates.size());
      for (std::size_t i = 0; i < one.rates.size(); ++i) one.rates[i].colour = colours[i];
      fill_buckets(one, found);
    }
    std::stable_sort(charts_.currencies.begin(), charts_.currencies.end(), [&](const auto& a, const auto& b) {
      return found_.at(a.currency).attempts > found_.at(b.currency).attempts;
    });
  }

  void add_curve_rates(Found& found) const {
    for (const tariff::Segment& segment : input_.curve.segments()) {
      if (!segment.price || segment.end * a_second <= charts_.line.start ||
          segment.start * a_second >= charts_.line.end)
        continue;
      Rate& rate = found.rates[rate_label(&segment)];
      if (rate.weight > 0) continue;
      rate.price = static_cast<double>(segment.price->gross);
      rate.weight = 1;
      rate.off_peak = segment.off_peak;
    }
  }

  void fill_buckets(CurrencyCharts& one, const Found& found) {
    if (found.cells.empty()) return;
    const Seconds last = found.cells.rbegin()->first;
    for (Seconds at = found.cells.begin()->first; at <= last;) {
      Bucket bucket;
      bucket.gross.resize(one.rates.size());
      const auto cell = found.cells.find(at);
      bucket.period = cell != found.cells.end() ? cell->second.first : periods_.at(at * a_second);
      if (cell != found.cells.end()) {
        for (std::size_t i = 0; i < one.rates.size(); ++i) {
          const auto gross = cell->second.second.gross.find(one.rates[i].label);
          if (gross != cell->second.second.gross.end()) bucket.gross[i] = gross->second;
        }
        bucket.idle_gross = cell->second.second.idle;
        bucket.jobs = cell->second.second.jobs;
      }
      at = bucket.period.end;
      one.buckets.push_back(std::move(bucket));
    }
  }

  void finish_line() {
    TimeLine& line = charts_.line;
    line.currency = charts_.currencies.front().currency;
    std::vector<PriceStep> frozen = std::move(line_prices_[line.currency]);
    const auto by_start = [](const PriceStep& a, const PriceStep& b) { return a.start < b.start; };
    std::stable_sort(frozen.begin(), frozen.end(), by_start);
    Seconds covered = line.start / a_second;
    const Seconds until = line.end / a_second;
    for (PriceStep& step : frozen) {
      step.start = std::max(step.start, covered);
      step.end = std::min(step.end, until);
      if (step.end <= step.start) continue;
      fill_from_curve(covered, step.start);
      covered = step.end;
      push_step(step);
    }
    fill_from_curve(covered, until);
    std::sort(line.power.begin(), line.power.end(),
              [](const PowerStep& a, const PowerStep& b) { return a.start < b.start; });
    std::sort(line.bars.begin(), line.bars.end(),
              [](const AttemptBar& a, const AttemptBar& b) { return a.attempt->start < b.attempt->start; });
  }

  void push_step(const PriceStep& step) {
    auto& steps = charts_.line.prices;
    if (!steps.empty() && steps.back().end == step.start && steps.back().label == step.label &&
        steps.back().price == step.price && steps.back().frozen == step.frozen)
      steps.back().end = step.end;
    else
      steps.push_back(step);
  }

  void fill_from_curve(Seconds from, Seconds to) {
    if (from >= to || charts_.line.currency != input_.curve_currency) return;
    for (const tariff::Segment& segment : input_.curve.segments()) {
      const Seconds start = std::max(from, segment.start), end = std::min(to, segment.end);
      if (start < end && segment.price)
        push_step({start, end, rate_label(&segment), static_cast<double>(segment.price->gross) / 1e9,
                   segment.off_peak, false});
    }
  }

  const PageInput& input_;
  const ReportOptions& options_;
  Window window_;
  Periods periods_;
  Charts charts_;
  std::map<std::string, Found> found_;
  std::map<std::string, std::vector<PriceStep>> line_prices_;
  std::string label_;
};

}  // namespace

Charts make_charts(const PageInput& input) {
  return Collector(input).collect();
}

}  // namespace turbodiff::report
