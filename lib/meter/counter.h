// An energy counter whose readings are checked for plausibility, as energy that never decreases.
//
// Hardware counters do not advance between updates, wrap, restart at zero and disappear. Between two
// plausible readings their difference counts; in between, energy is estimated from power readings, or from
// the last known power, and corrected by the next plausible reading.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace turbodiff::meter {

struct CounterTraits {
  std::int64_t unit_uj = 1;           ///< microjoules a count
  std::vector<std::uint64_t> ranges;  ///< counts after which it may restart at 0; 0 means 2^64
  double max_watts = 2000;            ///< a larger increase is a jump of the counter, not energy
  double usual_watts = 0;             ///< assumed before the first reading
};

/// What happened to a counter; sums since the last forget().
struct CounterFacts {
  std::int64_t by_counter_uj = 0;
  std::int64_t by_power_uj = 0;  ///< integral of power readings, where the counter gave no energy
  std::int64_t guessed_uj = 0;   ///< from the last known power, without readings
  bool missing = false;          ///< the counter could not be read, or did not advance under load
  bool reset = false;
  bool wrapped = false;
  bool lost = false;  ///< neither counter nor power could be read
  // The same spans measured both ways, to compare them.
  std::int64_t compared_counter_uj = 0, compared_power_uj = 0;
};

class CounterAccumulator {
 public:
  explicit CounterAccumulator(CounterTraits traits);

  /// A reading at `awake_s` (a clock that stops while the machine is suspended). Returns the microjoules
  /// since the last one, never below 0.
  std::int64_t feed(double awake_s, std::optional<std::uint64_t> raw, std::optional<std::int64_t> milliwatts);
  CounterFacts facts() const;
  /// Begins a new span; energy continues to be counted.
  void forget();

 private:
  struct Pending {
    double power_uj = 0, guess_uj = 0;
    double sum() const { return power_uj + guess_uj; }
  };
  std::optional<std::uint64_t> counts_since_anchor(std::uint64_t raw, double elapsed_s);
  bool is_plausible(std::uint64_t counts, double elapsed_s) const;
  void pass_without_counter(double dt_s, std::optional<std::int64_t> milliwatts);
  void settle();
  void anchor_at(double awake_s, std::uint64_t raw);
  std::int64_t emit();

  CounterTraits traits_;
  CounterFacts facts_;
  std::optional<double> last_s_;
  std::optional<std::int64_t> last_milliwatts_;  ///< newest power reading
  double known_watts_ = 0;                       ///< of power readings or, without them, of the counter
  double least_watts_ = 1e9;                     ///< of all power readings
  bool power_known_ = true;                      ///< all the time since the anchor
  std::optional<std::uint64_t> anchor_;          ///< newest plausible reading
  double anchor_s_ = 0;
  Pending pending_;        ///< since the anchor
  Pending reported_;       ///< the part of pending_ before the last forget()
  double settled_uj_ = 0;  ///< all up to the anchor
  std::int64_t emitted_ = 0;
  bool stuck_ = false;
};

}  // namespace turbodiff::meter
