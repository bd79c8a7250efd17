#include "report/split.h"

#include <algorithm>

#include "core/units.h"

namespace turbodiff::report {
namespace {

/// microjoules x 1e-9 units a kWh -> millionths of a unit: 3.6e12 microjoules a kWh, times 1e9, over 1e6.
constexpr __int128 per_micro_unit = static_cast<__int128>(3'600'000'000'000'000);

/// part / whole of `value`.
std::int64_t portion(std::int64_t value, __int128 part, __int128 whole) {
  if (value == 0 || whole == 0) return 0;
  return core::divide_half_even(static_cast<__int128>(value) * part, whole);
}

/// Energy that has come together between the start of an attempt and an instant.
class EnergyCurve {
 public:
  explicit EnergyCurve(const Attempt& attempt) : attempt_(attempt) {
    for (const Sample& sample : attempt.samples) add(sampled_, sample.energy);
  }

  /// Instants must not fall from call to call.
  Energy at(Micros instant) {
    while (next_ < attempt_.samples.size() && attempt_.samples[next_].end <= instant)
      add(before_, attempt_.samples[next_++].energy);
    Energy here = before_;
    if (next_ < attempt_.samples.size() && attempt_.samples[next_].start < instant) {
      const Sample& sample = attempt_.samples[next_];
      const Micros length = sample.end - sample.start, part = instant - sample.start;
      add(here, {portion(sample.energy.wall, part, length), portion(sample.energy.gpu, part, length),
                 portion(sample.energy.cpu, part, length), portion(sample.energy.rest, part, length)});
    }
    const Micros elapsed = instant - attempt_.start;
    const Energy& total = attempt_.energy;
    return {scaled(total.wall, here.wall, sampled_.wall, elapsed),
            scaled(total.gpu, here.gpu, sampled_.gpu, elapsed),
            scaled(total.cpu, here.cpu, sampled_.cpu, elapsed),
            scaled(total.rest, here.rest, sampled_.rest, elapsed)};
  }

 private:
  static void add(Energy& sum, const Energy& more) {
    sum.wall += more.wall;
    sum.gpu += more.gpu;
    sum.cpu += more.cpu;
    sum.rest += more.rest;
  }
  /// Samples give the course; the bill gives the total.
  std::int64_t scaled(std::int64_t total, std::int64_t here, std::int64_t sampled, Micros elapsed) const {
    if (sampled > 0) return portion(total, here, sampled);
    return attempt_.duration > 0 ? portion(total, elapsed, attempt_.duration) : total;
  }

  const Attempt& attempt_;
  Energy sampled_, before_;
  std::size_t next_ = 0;
};

/// Running sums of an attempt.
struct RunningSums {
  Energy energy;
  Cost cost;
  std::int64_t asap = 0, co2 = 0, depreciation = 0, cooling = 0;
};

/// Energy times price up to an instant, not yet rounded.
struct Exact {
  __int128 gross = 0, net = 0, levies = 0;
  void add(std::int64_t microjoules, const PriceSpan* price) {
    if (price == nullptr || !price->gross) return;
    gross += static_cast<__int128>(microjoules) * *price->gross;
    net += static_cast<__int128>(microjoules) * price->net;
    levies += static_cast<__int128>(microjoules) * price->levies;
  }
};

class AttemptSplit {
 public:
  AttemptSplit(const Attempt& attempt, const Shares& shares) : attempt_(attempt), shares_(shares) {
    end_ = attempt.start + std::max<Micros>(0, attempt.duration);
    EnergyCurve energy(attempt);
    std::int64_t before = 0;
    Micros at = attempt.start;
    for (const PriceSpan& span : attempt.prices) {
      at = std::max(at, std::min(end_, span.start * a_second));
      before = energy.at(at).wall;
      at = std::max(at, std::min(end_, span.end * a_second));
      const std::int64_t after = energy.at(at).wall;
      whole_.add(after - before, &span);
    }
    rest_ = {attempt.cost.gross - rounded(whole_.gross), attempt.cost.net - rounded(whole_.net),
             attempt.cost.levies - rounded(whole_.levies), 0};
  }

  void run(const NextBorder& borders, const std::function<void(const Slice&)>& visit) {
    EnergyCurve curve(attempt_);
    Exact exact;
    RunningSums before;
    Micros at = attempt_.start;
    std::size_t next = 0;
    const auto& prices = attempt_.prices;
    do {
      while (next < prices.size() && prices[next].end * a_second <= at) ++next;
      const PriceSpan* price = nullptr;
      Micros until = std::min(end_, borders(at));
      if (next < prices.size()) {
        const bool inside = prices[next].start * a_second <= at;
        if (inside) price = &prices[next];
        until = std::min(until, (inside ? prices[next].end : prices[next].start) * a_second);
      }
      RunningSums after;
      after.energy = until < end_ ? curve.at(until) : attempt_.energy;
      exact.add(after.energy.wall - before.energy.wall, price);
      money(after, exact, until >= end_);
      visit(slice(at, until, price, before, after));
      before = after;
      at = until;
    } while (at < end_);
  }

 private:
  static std::int64_t rounded(__int128 exact) { return core::divide_half_even(exact, per_micro_unit); }

  void money(RunningSums& sums, const Exact& exact, bool last) const {
    const std::int64_t all = attempt_.energy.wall, some = sums.energy.wall;
    // Without energy nothing says where money goes: to the end.
    const auto follow = [&](std::int64_t value) { return last ? value : portion(value, some, all); };
    if (last) {
      sums.cost = attempt_.cost;
    } else {
      sums.cost.gross = rounded(exact.gross) + follow(rest_.gross);
      sums.cost.net = rounded(exact.net) + follow(rest_.net);
      sums.cost.levies = rounded(exact.levies) + follow(rest_.levies);
      sums.cost.vat = sums.cost.gross - sums.cost.net - sums.cost.levies;
    }
    sums.asap = follow(attempt_.asap_gross.value_or(0));
    sums.co2 = follow(attempt_.co2_milligrams.value_or(0));
    if (shares_.electricity > 0) {
      sums.depreciation = portion(sums.cost.gross, shares_.depreciation, shares_.electricity);
      sums.cooling = portion(sums.cost.gross, shares_.cooling, shares_.electricity);
    }
  }

  static Slice slice(Micros from, Micros to, const PriceSpan* price, const RunningSums& before,
                     const RunningSums& after) {
    return {from,
            to,
            price,
            {after.energy.wall - before.energy.wall, after.energy.gpu - before.energy.gpu,
             after.energy.cpu - before.energy.cpu, after.energy.rest - before.energy.rest},
            {after.cost.gross - before.cost.gross, after.cost.net - before.cost.net,
             after.cost.levies - before.cost.levies, after.cost.vat - before.cost.vat},
            after.asap - before.asap,
            after.co2 - before.co2,
            after.depreciation - before.depreciation,
            after.cooling - before.cooling};
  }

  const Attempt& attempt_;
  Shares shares_;
  Micros end_ = 0;
  Exact whole_;
  Cost rest_;
};

}  // namespace

void split(const Attempt& attempt, const Shares& shares, const NextBorder& borders,
           const std::function<void(const Slice&)>& visit) {
  AttemptSplit(attempt, shares).run(borders, visit);
}

void split(const Idle& idle, const Shares& shares, const NextBorder& borders,
           const std::function<void(const Slice&)>& visit) {
  Attempt attempt;
  attempt.start = idle.start;
  attempt.duration = idle.end - idle.start;
  attempt.energy = idle.energy;
  attempt.cost = idle.cost;
  attempt.co2_milligrams = idle.co2_milligrams;
  split(attempt, shares, borders, visit);
}

}  // namespace turbodiff::report
