#include "report/split.h"

#include <algorithm>

#include "core/units.h"

namespace turbodiff::report {
namespace {

/// part / whole of `value`.
std::int64_t portion(std::int64_t value, __int128 part, __int128 whole) {
  if (value == 0 || whole == 0) return 0;
  return core::divide_half_even(static_cast<__int128>(value) * part, whole);
}

/// Energy that has come together between the start of an attempt and an instant.
class EnergyCurve {
 public:
  explicit EnergyCurve(const Attempt& attempt) : attempt_(attempt) {
    for (const energy::Sample& sample : attempt.samples) sampled_ += sample.energy;
  }

  /// Instants must not fall from call to call.
  energy::EnergyParts at(Micros instant) {
    while (next_ < attempt_.samples.size() && attempt_.samples[next_].end <= instant)
      before_ += attempt_.samples[next_++].energy;
    energy::EnergyParts here = before_;
    if (next_ < attempt_.samples.size() && attempt_.samples[next_].start < instant) {
      const energy::Sample& sample = attempt_.samples[next_];
      const Micros length = sample.end - sample.start, part = instant - sample.start;
      here += {portion(sample.energy.gpu, part, length), portion(sample.energy.cpu, part, length),
               portion(sample.energy.rest, part, length), portion(sample.energy.wall, part, length)};
    }
    const Micros elapsed = instant - attempt_.start;
    const energy::EnergyParts& total = attempt_.energy;
    return {scaled(total.gpu, here.gpu, sampled_.gpu, elapsed),
            scaled(total.cpu, here.cpu, sampled_.cpu, elapsed),
            scaled(total.rest, here.rest, sampled_.rest, elapsed),
            scaled(total.wall, here.wall, sampled_.wall, elapsed)};
  }

 private:
  /// Samples give the course; the bill gives the total.
  std::int64_t scaled(std::int64_t total, std::int64_t here, std::int64_t sampled, Micros elapsed) const {
    if (sampled > 0) return portion(total, here, sampled);
    return attempt_.duration > 0 ? portion(total, elapsed, attempt_.duration) : total;
  }

  const Attempt& attempt_;
  energy::EnergyParts sampled_, before_;
  std::size_t next_ = 0;
};

/// Running sums of an attempt.
struct RunningSums {
  energy::EnergyParts energy;
  energy::Cost cost;
  std::int64_t asap = 0, co2 = 0, depreciation = 0, cooling = 0;
};

class AttemptSplit {
 public:
  AttemptSplit(const Attempt& attempt, const Shares& shares) : attempt_(attempt), shares_(shares) {
    end_ = attempt.start + std::max<Micros>(0, attempt.duration);
    EnergyCurve energy(attempt);
    std::int64_t before = 0;
    Micros at = attempt.start;
    for (const tariff::Segment& span : attempt.prices) {
      at = std::max(at, std::min(end_, span.start * a_second));
      before = energy.at(at).wall;
      at = std::max(at, std::min(end_, span.end * a_second));
      const std::int64_t after = energy.at(at).wall;
      if (span.price) whole_.add(after - before, *span.price);
    }
    rest_ = attempt.cost - whole_.rounded(energy::microjoules_per_kwh);
  }

  void run(const NextBorder& borders, const std::function<void(const Slice&)>& visit) {
    EnergyCurve curve(attempt_);
    energy::ExactCost exact;
    RunningSums before;
    Micros at = attempt_.start;
    std::size_t next = 0;
    const auto& prices = attempt_.prices;
    do {
      while (next < prices.size() && prices[next].end * a_second <= at) ++next;
      const tariff::Segment* price = nullptr;
      Micros until = std::min(end_, borders(at));
      if (next < prices.size()) {
        const bool inside = prices[next].start * a_second <= at;
        if (inside) price = &prices[next];
        until = std::min(until, (inside ? prices[next].end : prices[next].start) * a_second);
      }
      RunningSums after;
      after.energy = until < end_ ? curve.at(until) : attempt_.energy;
      if (price != nullptr && price->price) exact.add(after.energy.wall - before.energy.wall, *price->price);
      money(after, exact, until >= end_);
      visit(slice(at, until, price, before, after));
      before = after;
      at = until;
    } while (at < end_);
  }

 private:
  void money(RunningSums& sums, const energy::ExactCost& exact, bool last) const {
    const std::int64_t all = attempt_.energy.wall, some = sums.energy.wall;
    // Without energy nothing says where money goes: to the end.
    const auto follow = [&](std::int64_t value) { return last ? value : portion(value, some, all); };
    if (last) {
      sums.cost = attempt_.cost;
    } else {
      const auto following = [&](core::Money amount) {
        return core::Money::from_micro(follow(amount.micro()));
      };
      sums.cost = exact.rounded(energy::microjoules_per_kwh);
      sums.cost += {following(rest_.gross), following(rest_.net), following(rest_.levies), {}};
      sums.cost.vat = sums.cost.gross - sums.cost.net - sums.cost.levies;
    }
    sums.asap = follow(attempt_.asap_gross.value_or(0));
    sums.co2 = follow(attempt_.co2_milligrams.value_or(0));
    if (shares_.electricity > 0) {
      sums.depreciation = portion(sums.cost.gross.micro(), shares_.depreciation, shares_.electricity);
      sums.cooling = portion(sums.cost.gross.micro(), shares_.cooling, shares_.electricity);
    }
  }

  static Slice slice(Micros from, Micros to, const tariff::Segment* price, const RunningSums& before,
                     const RunningSums& after) {
    return {from,
            to,
            price,
            after.energy - before.energy,
            after.cost - before.cost,
            after.asap - before.asap,
            after.co2 - before.co2,
            after.depreciation - before.depreciation,
            after.cooling - before.cooling};
  }

  const Attempt& attempt_;
  Shares shares_;
  Micros end_ = 0;
  energy::ExactCost whole_;
  energy::Cost rest_;  ///< of the bill beyond energy times price
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
