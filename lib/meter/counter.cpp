#include "meter/counter.h"

#include <algorithm>
#include <cmath>

namespace turbodiff::meter {
namespace {

/// A counter may be behind by so much: the energy of an interval may show up in the next.
constexpr double update_s = 0.25;
/// A counter that has not advanced for this time although power is drawn is not working.
constexpr double stuck_after_s = 2;
constexpr double stuck_counts = 50;
constexpr double far_apart_s = 1;
/// A wrap and a reset both go back; a wrap agrees with the power readings as well as this.
constexpr double wrap_tolerance = 0.5;

}  // namespace

CounterAccumulator::CounterAccumulator(CounterTraits traits)
    : traits_(std::move(traits)), known_watts_(traits_.usual_watts) {}

bool CounterAccumulator::is_plausible(std::uint64_t counts, double elapsed_s) const {
  const double joules = static_cast<double>(counts) * static_cast<double>(traits_.unit_uj) / 1e6;
  return joules <= traits_.max_watts * (elapsed_s + update_s);
}

/// Counts between the anchor and `raw`; nothing when the counter has begun anew or jumped.
std::optional<std::uint64_t> CounterAccumulator::counts_since_anchor(std::uint64_t raw, double elapsed_s) {
  if (raw >= *anchor_) {
    const std::uint64_t counts = raw - *anchor_;
    return is_plausible(counts, elapsed_s) ? std::optional(counts) : std::nullopt;
  }
  for (const std::uint64_t range : traits_.ranges) {
    if (range != 0 && *anchor_ > range) continue;
    const std::uint64_t counts = range - *anchor_ + raw;
    if (!is_plausible(counts, elapsed_s)) continue;
    const double joules = static_cast<double>(counts) * static_cast<double>(traits_.unit_uj) / 1e6;
    const double expected = pending_.sum() / 1e6;
    const double slack = known_watts_ * update_s + 1;
    if (power_known_ && last_milliwatts_ && std::abs(joules - expected) > wrap_tolerance * expected + slack)
      continue;
    facts_.wrapped = true;
    return counts;
  }
  return std::nullopt;
}

/// Energy since the last reading without help from the counter.
void CounterAccumulator::pass_without_counter(double dt_s, std::optional<std::int64_t> milliwatts) {
  if (milliwatts) {
    const double now_w = static_cast<double>(*milliwatts) / 1e3;
    const double then_w = last_milliwatts_ ? static_cast<double>(*last_milliwatts_) / 1e3 : now_w;
    // Far apart there was idle time between them, and one may be of the job beside it.
    const double mean_w = dt_s > far_apart_s ? std::min(then_w, now_w) : (then_w + now_w) / 2;
    pending_.power_uj += mean_w * dt_s * 1e6;
    known_watts_ = now_w;
    least_watts_ = std::min(least_watts_, now_w);
  } else {
    pending_.guess_uj += known_watts_ * dt_s * 1e6;
    power_known_ = false;
  }
  last_milliwatts_ = milliwatts;
}

/// What was filled in stays, for the counter will not tell any more.
void CounterAccumulator::settle() {
  settled_uj_ += pending_.sum();
  facts_.by_power_uj += std::llround(pending_.power_uj - reported_.power_uj);
  facts_.guessed_uj += std::llround(pending_.guess_uj - reported_.guess_uj);
  pending_ = reported_ = {};
}

void CounterAccumulator::anchor_at(double awake_s, std::uint64_t raw) {
  anchor_ = raw;
  anchor_s_ = awake_s;
  power_known_ = last_milliwatts_.has_value();
  pending_ = reported_ = {};
  stuck_ = false;
}

std::int64_t CounterAccumulator::emit() {
  // What was filled in too high is not taken back: later energy makes up for it.
  const std::int64_t total = std::llround(settled_uj_ + pending_.sum());
  const std::int64_t fresh = std::max<std::int64_t>(0, total - emitted_);
  emitted_ += fresh;
  return fresh;
}

std::int64_t CounterAccumulator::feed(double awake_s, std::optional<std::uint64_t> raw,
                                      std::optional<std::int64_t> milliwatts) {
  if (!last_s_) {
    last_s_ = awake_s;
    last_milliwatts_ = milliwatts;
    if (milliwatts) known_watts_ = least_watts_ = static_cast<double>(*milliwatts) / 1e3;
    if (raw) anchor_at(awake_s, *raw);
    return 0;
  }
  const double dt_s = std::max(0.0, awake_s - *last_s_);
  last_s_ = awake_s;
  // A counter that alone is there and stands still has simply not been updated.
  const bool silent = raw && !milliwatts && anchor_ && *raw == *anchor_;
  if (!silent) pass_without_counter(dt_s, milliwatts);
  if (!raw) {
    facts_.missing = true;
    facts_.lost = facts_.lost || !milliwatts;
    return emit();
  }
  if (!anchor_) {
    settle();
    anchor_at(awake_s, *raw);
    return emit();
  }
  const double elapsed_s = awake_s - anchor_s_;
  if (*raw == *anchor_) {
    const double counts = pending_.sum() / static_cast<double>(traits_.unit_uj);
    if (elapsed_s > stuck_after_s && counts > stuck_counts && pending_.power_uj > 0) stuck_ = true;
    facts_.missing = facts_.missing || stuck_;
    return emit();
  }
  const auto counts = stuck_ ? std::nullopt : counts_since_anchor(*raw, elapsed_s);
  if (!counts) {
    facts_.reset = facts_.reset || !stuck_;
    settle();
    anchor_at(awake_s, *raw);
    return emit();
  }
  const auto joules_uj = static_cast<std::int64_t>(*counts) * traits_.unit_uj;
  facts_.by_counter_uj += joules_uj;
  if (power_known_ && milliwatts) {
    facts_.compared_counter_uj += joules_uj;
    facts_.compared_power_uj += std::llround(pending_.power_uj);
  }
  if (!milliwatts && elapsed_s > 0)
    known_watts_ = elapsed_s > 1
                       ? static_cast<double>(joules_uj) / 1e6 / elapsed_s
                       : known_watts_ + (static_cast<double>(joules_uj) / 1e6 / elapsed_s - known_watts_) *
                                            std::min(1.0, elapsed_s);
  settled_uj_ += static_cast<double>(joules_uj);
  anchor_at(awake_s, *raw);
  return emit();
}

CounterFacts CounterAccumulator::facts() const {
  CounterFacts facts = facts_;
  facts.by_power_uj += std::llround(pending_.power_uj - reported_.power_uj);
  facts.guessed_uj += std::llround(pending_.guess_uj - reported_.guess_uj);
  return facts;
}

void CounterAccumulator::forget() {
  // What is pending at a border belongs to the stretch before it.
  reported_ = pending_;
  // A device that is lost draws no more of the job's power once that is over.
  if (facts_.lost && !last_milliwatts_) known_watts_ = std::min(known_watts_, least_watts_);
  facts_ = {};
}

}  // namespace turbodiff::meter
