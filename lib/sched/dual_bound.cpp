#include "sched/dual_bound.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

namespace turbodiff::sched {
namespace {

/// Evaluations of job x step, which bound the work without a clock.
constexpr double most_work = 4e8;
constexpr int most_iterations = 500;

/// A job with one duration, and where it may start.
struct Piece {
  int task = -1;
  Time length = 0;
  std::vector<Span> starts;  ///< [begin, end] of starts, both included
};

struct Choice {
  double cost = 0;
  Time start = 0;
};

class DualBound {
 public:
  DualBound(const Problem& problem, const std::vector<Placement>& placements, Cost total,
            const std::vector<Placement>& fixed)
      : problem_(problem), total_(total) {
    // More edges than prices need: where windows begin and end, so that charges can differ there.
    edges_ = problem.objective.edges();
    for (const auto& spans : problem.windows)
      for (const Span& span : spans) {
        edges_.push_back(span.begin);
        edges_.push_back(span.end);
      }
    std::sort(edges_.begin(), edges_.end());
    edges_.erase(std::unique(edges_.begin(), edges_.end()), edges_.end());
    std::erase_if(edges_, [&](Time t) { return t < 0 || t > problem.horizon; });
    steps_ = edges_.size() - 1;
    for (std::size_t k = 0; k < steps_; ++k)
      price_.push_back(problem.objective.value(problem.objective.step_at(edges_[k])));
    rate_.assign(price_.begin(), price_.end());
    shortest_step_ = median_step();
    std::map<int, int> of_group;
    for (std::size_t i = 0; i < placements.size(); ++i)
      if (placements[i].placed() && problem.tasks[i].group >= 0) ++of_group[problem.tasks[i].group];
    for (std::size_t i = 0; i < placements.size(); ++i) {
      if (!placements[i].placed()) continue;
      const Task& task = problem.tasks[i];
      const bool may_be_warm = task.group >= 0 && task.setup > 0 && of_group[task.group] > 1;
      std::optional<Time> at;
      if (fixed[i].placed()) at = fixed[i].start;
      cold_.push_back(piece_of(static_cast<int>(i), task.seconds + task.setup, at));
      warm_.push_back(may_be_warm ? piece_of(static_cast<int>(i), task.seconds, at) : Piece{});
    }
  }

  Cost compute() {
    std::vector<double> lambda(steps_, 0), best_lambda = lambda;
    double best = -1e300;
    double factor = 1;
    int idle = 0;
    const double target = static_cast<double>(total_);
    const double work = static_cast<double>(cold_.size()) * static_cast<double>(steps_) * 2;
    const int iterations = std::clamp(static_cast<int>(most_work / std::max(1.0, work)), 4, most_iterations);
    for (int i = 0; i < iterations; ++i) {
      std::vector<double> usage(steps_, 0);
      const double value = relax(lambda, usage);
      if (value > best) {
        best = value;
        best_lambda = lambda;
        idle = 0;
      } else if (++idle >= 12) {
        factor /= 2;
        idle = 0;
      }
      double norm = 0;
      for (std::size_t k = 0; k < steps_; ++k) {
        usage[k] -= static_cast<double>(problem_.workers) * static_cast<double>(edges_[k + 1] - edges_[k]);
        if (lambda[k] > 0 || usage[k] > 0) norm += usage[k] * usage[k];
      }
      if (norm <= 0 || best >= target) break;
      const double step = factor * std::max(target - value, std::abs(target) * 1e-6) / norm;
      for (std::size_t k = 0; k < steps_; ++k) lambda[k] = std::max(0.0, lambda[k] + step * usage[k]);
    }
    std::vector<std::int64_t> rounded;
    for (const double value : best_lambda)
      rounded.push_back(value < 9e18 ? static_cast<std::int64_t>(std::floor(value)) : 0);
    return std::max(exact(rounded), exact(std::vector<std::int64_t>(steps_, 0)));
  }

 private:
  Piece piece_of(int task, Time length, std::optional<Time> at) const {
    Piece piece{task, length, {}};
    const Task& own = problem_.tasks[static_cast<std::size_t>(task)];
    if (at) {
      piece.starts.push_back({*at, *at});
      return piece;
    }
    for (const Span& window : problem_.windows_of(own)) {
      const Time low = std::max(window.begin, own.earliest);
      const Time high = std::min(window.end, own.latest_end) - length;
      if (low <= high) piece.starts.push_back({low, high});
    }
    return piece;
  }

  Time median_step() const {
    std::vector<Time> lengths;
    for (std::size_t k = 0; k < steps_; ++k) lengths.push_back(edges_[k + 1] - edges_[k]);
    std::nth_element(lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(steps_ / 2),
                     lengths.end());
    return lengths[steps_ / 2];
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
  std::optional<std::pair<Number, Time>> least(const Piece& piece, Number weight,
                                               const std::vector<Number>& prices,
                                               const std::vector<Number>& charge_sums,
                                               const Charges& charges) const {
    std::optional<std::pair<Number, Time>> best;
    const auto upto = [&](Time t, std::size_t k) {
      const auto more = static_cast<Number>(t - edges_[k]);
      return weight * (prices[k] + static_cast<Number>(price_[k]) * more) + charge_sums[k] +
             static_cast<Number>(charges[k]) * more;
    };
    for (const Span& span : piece.starts) {
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
    }
    return best;
  }

  void add_usage(const Piece& piece, Time start, std::vector<double>& usage) const {
    for (std::size_t k = step_of(start); k < steps_ && edges_[k] < start + piece.length; ++k)
      usage[k] +=
          static_cast<double>(std::min(edges_[k + 1], start + piece.length) - std::max(edges_[k], start));
  }

  /// The relaxed problem under charges `lambda`, roughly: only exact() is a bound.
  double relax(const std::vector<double>& lambda, std::vector<double>& usage) const {
    const auto prices = sums_of<double>(price_);
    const auto charges = sums_of<double>(lambda);
    std::array<std::vector<double>, 3> closed;  // charges with the steps outside of the windows closed
    for (std::size_t when = 0; when < closed.size(); ++when) {
      closed[when] = lambda;
      for (std::size_t k = 0; k < steps_; ++k)
        if (!Problem::inside(problem_.windows[when], edges_[k], edges_[k + 1])) closed[when][k] = 1e200;
    }
    double value = 0;
    for (std::size_t i = 0; i < cold_.size(); ++i) {
      // Nearly all of a group's jobs save their setup.
      const Piece& piece = warm_[i].task >= 0 && !warm_[i].starts.empty() ? warm_[i] : cold_[i];
      if (piece.starts.empty()) continue;
      const Task& task = problem_.tasks[static_cast<std::size_t>(piece.task)];
      const auto weight = static_cast<double>(task.milliwatts);
      if (piece.length <= shortest_step_) {
        const auto best = least_step(piece, weight, closed[static_cast<std::size_t>(task.when)]);
        value += best->first;
        usage[best->second] += static_cast<double>(piece.length);
      } else if (const auto best = least<double>(piece, weight, prices, charges, lambda)) {
        value += best->first;
        add_usage(piece, best->second, usage);
      }
    }
    return value - static_cast<double>(problem_.workers) * charges.back();
  }

  /// As least(), for a job that is shorter than every step: it then lies within the step of the least rate.
  std::optional<std::pair<double, std::size_t>> least_step(const Piece& piece, double weight,
                                                           const std::vector<double>& charges) const {
    const std::size_t begin = step_of(piece.starts.front().begin);
    const std::size_t end = step_of(piece.starts.back().end + piece.length - 1) + 1;
    constexpr std::size_t lanes = 4;
    double lowest[lanes];
    std::fill_n(lowest, lanes, 1e300);
    std::size_t k = begin;
    for (; k + lanes <= end; k += lanes)
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        const double rate = weight * rate_[k + lane] + charges[k + lane];
        lowest[lane] = rate < lowest[lane] ? rate : lowest[lane];
      }
    for (; k < end; ++k) lowest[0] = std::min(lowest[0], weight * rate_[k] + charges[k]);
    const double rate = *std::min_element(lowest, lowest + lanes);
    for (k = begin; k < end; ++k)
      if (weight * rate_[k] + charges[k] == rate) break;
    return std::pair{rate * static_cast<double>(piece.length), k};
  }

  /// The bound in integers. Of each group one job at least needs its setup.
  Cost exact(const std::vector<std::int64_t>& lambda) const {
    const auto prices = sums_of<Cost>(price_);
    const auto charges = sums_of<Cost>(lambda);
    Cost value = 0;
    std::map<int, std::optional<Cost>> setup_of_group;
    for (std::size_t i = 0; i < cold_.size(); ++i) {
      const Task& task = problem_.tasks[static_cast<std::size_t>(cold_[i].task)];
      const auto weight = static_cast<Cost>(task.milliwatts);
      const auto cold = least<Cost>(cold_[i], weight, prices, charges, lambda);
      if (warm_[i].task < 0) {
        if (cold) value += cold->first;
        // A member without a setup may be the one that saves the others theirs.
        if (task.group >= 0) setup_of_group[task.group] = Cost{0};
        continue;
      }
      const auto warm = least<Cost>(warm_[i], weight, prices, charges, lambda);
      const Cost base = cold && warm ? std::min(cold->first, warm->first)
                        : cold       ? cold->first
                        : warm       ? warm->first
                                     : 0;
      value += base;
      auto& setup = setup_of_group[task.group];
      if (cold && (!setup || cold->first - base < *setup)) setup = cold->first - base;
    }
    for (const auto& [group, setup] : setup_of_group) value += setup.value_or(0);
    return value - static_cast<Cost>(problem_.workers) * charges.back();
  }

  const Problem& problem_;
  Cost total_;
  std::vector<Time> edges_;
  std::size_t steps_ = 0;
  std::vector<std::int64_t> price_;
  std::vector<double> rate_;        ///< price_ in floating point
  Time shortest_step_ = 0;          ///< of whole steps: parts that windows cut off do not count
  std::vector<Piece> cold_, warm_;  ///< by placed job; warm_.task -1 where it always needs its setup
};

}  // namespace

Cost dual_bound(const Problem& problem, const std::vector<Placement>& placements, Cost total,
                const std::vector<Placement>& fixed) {
  return DualBound(problem, placements, total, fixed).compute();
}

}  // namespace turbodiff::sched
