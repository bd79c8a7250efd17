#include "plan/dual_bound.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "plan/step_envelope.h"

namespace turbodiff::plan {
namespace {

/// Looks at a job in a step, which bound the work without a clock.
constexpr double most_work = 1.2e7;
constexpr int most_iterations = 400;
/// Long steps are cut into parts, so that charges can differ before and after a deadline.
constexpr Time most_parts = 384;
constexpr Time shortest_part = 900;
/// How much of the last direction a subgradient step keeps.
constexpr double inertia = 0.7;
constexpr int patience = 8;

/// A job with one duration.
struct Piece {
  Time length = 0;
  bool possible = false;
  bool is_short = false;           ///< at most about one step long: its cheapest step stands for its place
  std::size_t begin = 0, end = 0;  ///< the steps it can touch
};

struct Item {
  int task = -1;
  Cost weight = 0;
  std::size_t when = 0;
  std::optional<Time> at;  ///< of a fixed job
  Piece cold, warm;
  bool may_be_warm = false;

  const Piece& usual() const { return may_be_warm && warm.possible ? warm : cold; }
};

class DualBound {
 public:
  DualBound(const Problem& problem, const std::vector<Placement>& placements, Cost total,
            const std::vector<Placement>& fixed)
      : problem_(problem), total_(total) {
    set_steps();
    std::map<int, int> of_group;
    for (std::size_t i = 0; i < placements.size(); ++i)
      if (placements[i].placed() && problem.tasks[i].group >= 0) ++of_group[problem.tasks[i].group];
    for (std::size_t i = 0; i < placements.size(); ++i) {
      if (!placements[i].placed()) continue;
      const Task& task = problem.tasks[i];
      Item item;
      item.task = static_cast<int>(i);
      item.weight = task.milliwatts;
      item.when = static_cast<std::size_t>(task.when);
      if (fixed[i].placed()) item.at = fixed[i].start;
      item.may_be_warm = task.group >= 0 && task.setup > 0 && of_group[task.group] > 1;
      item.cold = piece_of(item, task.seconds + task.setup);
      if (item.may_be_warm) item.warm = piece_of(item, task.seconds);
      items_.push_back(item);
    }
    std::stable_sort(items_.begin(), items_.end(),
                     [](const Item& a, const Item& b) { return a.weight > b.weight; });
  }

  Cost compute() {
    std::vector<double> lambda = first_charges(), best_lambda = lambda, direction(steps_, 0);
    double best = -1e300, factor = 1;
    int idle = 0;
    const double target = static_cast<double>(total_);
    const int iterations = std::clamp(static_cast<int>(most_work / work()), 4, most_iterations);
    std::vector<StepEnvelope<double>> envelopes = envelopes_of<double>();
    std::vector<double> usage(steps_);
    for (int i = 0; i < iterations; ++i) {
      const double value = relax(lambda, envelopes, usage);
      if (value > best) {
        best = value;
        best_lambda = lambda;
        idle = 0;
      } else if (++idle >= patience) {
        factor /= 2;
        idle = 0;
        lambda = best_lambda;
      }
      if (best >= target) break;
      double norm = 0;
      for (std::size_t k = 0; k < steps_; ++k) {
        usage[k] -= static_cast<double>(problem_.workers) * static_cast<double>(length(k));
        direction[k] = inertia * direction[k] + (1 - inertia) * usage[k];
        if (lambda[k] <= 0 && direction[k] < 0) direction[k] = 0;
        norm += direction[k] * direction[k];
      }
      if (norm <= 0) break;
      const double step = factor * std::max(target - value, std::abs(target) * 1e-6) / norm;
      for (std::size_t k = 0; k < steps_; ++k) lambda[k] = std::max(0.0, lambda[k] + step * direction[k]);
    }
    std::vector<std::int64_t> rounded;
    for (const double value : best_lambda)
      rounded.push_back(value < 9e18 ? static_cast<std::int64_t>(std::floor(value)) : 0);
    return std::max(exact(rounded), exact(std::vector<std::int64_t>(steps_, 0)));
  }

 private:
  Time length(std::size_t k) const { return edges_[k + 1] - edges_[k]; }

  /// More edges than prices need: where windows begin and end, and parts of long steps.
  void set_steps() {
    std::vector<Time> edges = problem_.objective.edges();
    for (const auto& spans : problem_.windows)
      for (const Span& span : spans) {
        edges.push_back(span.begin);
        edges.push_back(span.end);
      }
    std::sort(edges.begin(), edges.end());
    edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
    std::erase_if(edges, [&](Time t) { return t < 0 || t > problem_.horizon; });
    const Time longest = std::max(shortest_part, problem_.horizon / most_parts + 1);
    edges_ = {edges.front()};
    for (std::size_t k = 0; k + 1 < edges.size(); ++k) {
      const Time whole = edges[k + 1] - edges[k];
      const Time parts = (whole + longest - 1) / longest;
      for (Time part = 1; part <= parts; ++part) edges_.push_back(edges[k] + whole * part / parts);
    }
    steps_ = edges_.size() - 1;
    std::vector<Time> lengths;
    for (std::size_t k = 0; k < steps_; ++k) {
      price_.push_back(problem_.objective.value(problem_.objective.step_at(edges_[k])));
      lengths.push_back(length(k));
    }
    const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(steps_ / 2);
    std::nth_element(lengths.begin(), middle, lengths.end());
    usual_step_ = *middle;
  }

  Piece piece_of(const Item& item, Time length) const {
    Piece piece;
    piece.length = length;
    if (item.at) {
      piece.possible = true;
      return piece;
    }
    Time first = -1, last = -1;
    visit_starts(item, length, [&](const Span& starts) {
      if (first < 0) first = starts.begin;
      last = starts.end;
    });
    piece.possible = first >= 0;
    piece.is_short = length <= usual_step_;
    if (piece.possible) {
      piece.begin = step_of(first);
      piece.end = step_of(last + length - 1) + 1;
    }
    return piece;
  }

  /// visit([first, last]) of starts, both included, in order of time.
  template <typename Visit>
  void visit_starts(const Item& item, Time length, Visit&& visit) const {
    if (item.at) {
      visit(Span{*item.at, *item.at});
      return;
    }
    const Task& own = problem_.tasks[static_cast<std::size_t>(item.task)];
    const std::vector<Span>& windows = problem_.windows[item.when];
    auto window = std::upper_bound(windows.begin(), windows.end(), own.earliest,
                                   [](Time value, const Span& s) { return value < s.end; });
    for (; window != windows.end() && window->begin < own.latest_end; ++window) {
      const Time low = std::max(window->begin, own.earliest);
      const Time high = std::min(window->end, own.latest_end) - length;
      if (low <= high) visit(Span{low, high});
    }
  }

  double work() const {
    double work = static_cast<double>(steps_) * 30;
    for (const Item& item : items_) work += item.usual().is_short ? 10.0 : 2.0 * static_cast<double>(steps_);
    return work;
  }

  template <typename Number>
  std::vector<StepEnvelope<Number>> envelopes_of() const {
    std::vector<StepEnvelope<Number>> envelopes;
    for (const auto& windows : problem_.windows) {
      std::vector<bool> open(steps_);
      for (std::size_t k = 0; k < steps_; ++k) open[k] = Problem::inside(windows, edges_[k], edges_[k + 1]);
      envelopes.emplace_back(price_, open);
    }
    return envelopes;
  }

  /// The best charges when every job may run everywhere: the jobs with the most power then have the cheapest
  /// steps, and between two steps the charge differs by what the job at the border would save.
  std::vector<double> first_charges() const {
    std::vector<std::size_t> order(steps_);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return price_[a] < price_[b]; });
    std::vector<double> border;  // power of the job at the end of each step
    auto item = items_.begin();
    double room = 0, work = 0;
    for (const std::size_t k : order) {
      room += static_cast<double>(problem_.workers) * static_cast<double>(length(k));
      while (item != items_.end() && work + static_cast<double>(item->usual().length) <= room)
        work += static_cast<double>((item++)->usual().length);
      border.push_back(item != items_.end() ? static_cast<double>(item->weight) : 0);
    }
    std::vector<double> charges(steps_, 0);
    for (std::size_t j = steps_ - 1; j-- > 0;)
      charges[order[j]] =
          charges[order[j + 1]] + border[j] * static_cast<double>(price_[order[j + 1]] - price_[order[j]]);
    return charges;
  }

  /// Sums of `values` over [0, t) at every edge.
  template <typename Number, typename Values>
  std::vector<Number> sums_of(const Values& values) const {
    std::vector<Number> sums(steps_ + 1, Number{0});
    for (std::size_t k = 0; k < steps_; ++k)
      sums[k + 1] = sums[k] + static_cast<Number>(values[k]) * static_cast<Number>(edges_[k + 1] - edges_[k]);
    return sums;
  }

  std::size_t step_of(Time t) const {
    const auto after = std::upper_bound(edges_.begin(), edges_.end(), t);
    return std::min<std::size_t>(
        static_cast<std::size_t>(std::max<std::ptrdiff_t>(after - edges_.begin() - 1, 0)), steps_ - 1);
  }

  /// The least of `weight` x prices + charges over the starts of a piece. Sums and values are of one number
  /// type.
  template <typename Number, typename Charges>
  std::optional<std::pair<Number, Time>> least(const Item& item, const Piece& piece,
                                               const std::vector<Number>& prices,
                                               const std::vector<Number>& charge_sums,
                                               const Charges& charges) const {
    std::optional<std::pair<Number, Time>> best;
    const auto weight = static_cast<Number>(item.weight);
    const auto upto = [&](Time t, std::size_t k) {
      const auto more = static_cast<Number>(t - edges_[k]);
      return weight * (prices[k] + static_cast<Number>(price_[k]) * more) + charge_sums[k] +
             static_cast<Number>(charges[k]) * more;
    };
    visit_starts(item, piece.length, [&](const Span& span) {
      // Starts at edges and starts whose ends are at edges, each in order of time.
      std::size_t at = step_of(span.begin), end_at = step_of(span.begin + piece.length);
      const auto consider = [&](Time start, std::size_t& a, std::size_t& b) {
        while (a + 1 < steps_ && edges_[a + 1] <= start) ++a;
        while (b + 1 < steps_ && edges_[b + 1] <= start + piece.length) ++b;
        const Number value = upto(start + piece.length, b) - upto(start, a);
        if (!best || value < best->first) best = {value, start};
      };
      std::size_t a = at, b = end_at;
      consider(span.begin, a, b);
      for (std::size_t k = at + 1; k <= steps_ && edges_[k] < span.end; ++k) consider(edges_[k], a, b);
      a = at, b = end_at;
      for (std::size_t k = end_at + 1; k <= steps_ && edges_[k] - piece.length < span.end; ++k)
        if (edges_[k] - piece.length > span.begin) consider(edges_[k] - piece.length, a, b);
      if (span.end > span.begin) {
        a = at, b = end_at;
        consider(span.end, a, b);
      }
    });
    return best;
  }

  void add_usage(const Piece& piece, Time start, std::vector<double>& usage) const {
    for (std::size_t k = step_of(start); k < steps_ && edges_[k] < start + piece.length; ++k)
      usage[k] +=
          static_cast<double>(std::min(edges_[k + 1], start + piece.length) - std::max(edges_[k], start));
  }

  /// The relaxed problem under charges `lambda`, roughly: only exact() is a bound.
  double relax(const std::vector<double>& lambda, std::vector<StepEnvelope<double>>& envelopes,
               std::vector<double>& usage) const {
    const auto prices = sums_of<double>(price_);
    const auto charges = sums_of<double>(lambda);
    for (auto& envelope : envelopes) envelope.set(lambda);
    std::fill(usage.begin(), usage.end(), 0.0);
    double value = 0;
    for (const Item& item : items_) {
      // Nearly all of a group's jobs save their setup.
      const Piece& piece = item.usual();
      if (!piece.possible) continue;
      if (piece.is_short) {
        const auto step = envelopes[item.when].ask(static_cast<double>(item.weight), piece.begin, piece.end);
        if (!step) continue;
        value += step->first * static_cast<double>(piece.length);
        usage[static_cast<std::size_t>(step->second)] += static_cast<double>(piece.length);
      } else if (const auto best = least<double>(item, piece, prices, charges, lambda)) {
        value += best->first;
        add_usage(piece, best->second, usage);
      }
    }
    return value - static_cast<double>(problem_.workers) * charges.back();
  }

  /// The bound in integers. Of each group one job at least needs its setup.
  Cost exact(const std::vector<std::int64_t>& lambda) const {
    const auto prices = sums_of<Cost>(price_);
    const auto charges = sums_of<Cost>(lambda);
    std::vector<StepEnvelope<Cost>> envelopes = envelopes_of<Cost>();
    for (auto& envelope : envelopes) envelope.set(lambda);
    const auto least_of = [&](const Item& item, const Piece& piece) -> std::optional<Cost> {
      if (!piece.possible) return std::nullopt;
      if (piece.is_short) {
        const auto step = envelopes[item.when].ask(item.weight, piece.begin, piece.end);
        return step ? std::optional(step->first * piece.length) : std::nullopt;
      }
      const auto best = least<Cost>(item, piece, prices, charges, lambda);
      return best ? std::optional(best->first) : std::nullopt;
    };
    Cost value = 0;
    std::map<int, std::optional<Cost>> setup_of_group;
    for (const Item& item : items_) {
      const int group = problem_.tasks[static_cast<std::size_t>(item.task)].group;
      const auto cold = least_of(item, item.cold);
      if (!item.may_be_warm) {
        if (cold) value += *cold;
        // A member without a setup may be the one that saves the others theirs.
        if (group >= 0) setup_of_group[group] = Cost{0};
        continue;
      }
      const auto warm = least_of(item, item.warm);
      const Cost base = cold && warm ? std::min(*cold, *warm) : cold ? *cold : warm ? *warm : 0;
      value += base;
      auto& setup = setup_of_group[group];
      if (cold && (!setup || *cold - base < *setup)) setup = *cold - base;
    }
    for (const auto& [group, setup] : setup_of_group) value += setup.value_or(0);
    return value - static_cast<Cost>(problem_.workers) * charges.back();
  }

  const Problem& problem_;
  Cost total_;
  std::vector<Time> edges_;
  std::size_t steps_ = 0;
  std::vector<std::int64_t> price_;
  Time usual_step_ = 0;      ///< the median length
  std::vector<Item> items_;  ///< the placed jobs, those with the most power first
};

}  // namespace

Cost dual_bound(const Problem& problem, const std::vector<Placement>& placements, Cost total,
                const std::vector<Placement>& fixed) {
  return DualBound(problem, placements, total, fixed).compute();
}

}  // namespace turbodiff::plan
