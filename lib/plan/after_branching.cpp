#include "plan/after_branching.h"

#include <algorithm>

namespace turbodiff::plan {
namespace {

constexpr Time most_bits = Time{1} << 27;

/// bits |= source shifted towards higher instants by `distance` (lower when negative).
void add_shifted(std::vector<std::uint64_t>& bits, const std::vector<std::uint64_t>& source, Time distance) {
  const auto words = static_cast<std::ptrdiff_t>(bits.size());
  const bool up = distance >= 0;
  const Time amount = up ? distance : -distance;
  const auto skip = static_cast<std::ptrdiff_t>(amount / 64);
  const auto rest = static_cast<unsigned>(amount % 64);
  for (std::ptrdiff_t i = 0; i < words; ++i) {
    const std::ptrdiff_t near = up ? i - skip : i + skip;
    const std::ptrdiff_t far = up ? near - 1 : near + 1;
    std::uint64_t word = 0;
    const auto in = [&](std::ptrdiff_t k) { return k >= 0 && k < words; };
    if (in(near)) {
      const std::uint64_t value = source[static_cast<std::size_t>(near)];
      word |= up ? value << rest : value >> rest;
    }
    if (rest != 0 && in(far)) {
      const std::uint64_t value = source[static_cast<std::size_t>(far)];
      word |= up ? value >> (64 - rest) : value << (64 - rest);
    }
    bits[static_cast<std::size_t>(i)] |= word;
  }
}

struct Node {
  std::vector<Bounds> bounds;
  unsigned banned = 0;
};

/// B starts no earlier than the earliest end of A.
void propagate(const SearchProblem& problem, std::vector<Bounds>& bounds) {
  const std::size_t count = problem.jobs.size();
  for (std::size_t round = 0; round < count; ++round)
    for (std::size_t b = 0; b < count; ++b)
      for (std::size_t a = 0; a < count; ++a)
        if (problem.after[b] >> a & 1U)
          bounds[b].earliest = std::max(bounds[b].earliest, bounds[a].earliest + problem.jobs[a].warm);
}

/// The placed pair A, B of which B starts earliest before the end of A; {-1, -1} when all keep their order.
std::pair<int, int> worst_pair(const SearchProblem& problem, const SearchPlan& plan) {
  std::pair<int, int> worst = {-1, -1};
  Time overlap = 0;
  for (std::size_t b = 0; b < problem.jobs.size(); ++b)
    for (std::size_t a = 0; a < problem.jobs.size(); ++a) {
      if (!(plan.placed >> b & 1U) || !(problem.after[b] >> a & 1U)) continue;
      const Time by = plan.ends[a] - plan.places[b].start;
      if (by > overlap) {
        overlap = by;
        worst = {static_cast<int>(a), static_cast<int>(b)};
      }
    }
  return worst;
}

}  // namespace

StartInstants::StartInstants(const SearchProblem& problem, const std::vector<Bounds>& bounds,
                             const std::vector<Time>& edges)
    : horizon_(problem.horizon) {
  for (const SearchJob& job : problem.jobs) offset_ += job.cold;
  if (horizon_ + 2 * offset_ >= most_bits) return;
  bits_.resize(static_cast<std::size_t>((horizon_ + 2 * offset_) / 64 + 1));
  const auto set = [&](Time t) {
    if (t >= 0 && t <= horizon_)
      bits_[static_cast<std::size_t>((t + offset_) / 64)] |= 1ULL << ((t + offset_) % 64);
  };
  set(0);
  set(horizon_);
  for (Time edge : edges) set(edge);
  for (const Bounds& bound : bounds) {
    set(bound.earliest);
    set(bound.latest_end);
  }
  for (const SearchJob& job : problem.jobs)
    if (job.fixed_worker >= 0)
      for (Time t : {job.fixed_start, job.fixed_start + job.cold, job.fixed_start + job.warm}) set(t);
  for (const SearchJob& job : problem.jobs) {
    const std::vector<std::uint64_t> source = bits_;
    for (Time distance : {job.cold, job.warm}) {
      add_shifted(bits_, source, distance);
      add_shifted(bits_, source, -distance);
      if (job.cold == job.warm) break;
    }
  }
}

bool StartInstants::holds(Time t) const {
  return bits_.empty() || (bits_[static_cast<std::size_t>((t + offset_) / 64)] >> ((t + offset_) % 64) & 1U);
}

Time StartInstants::at_or_after(Time t) const {
  while (t < horizon_ && !holds(t)) ++t;
  return t;
}

Time StartInstants::before(Time t) const {
  --t;
  while (t >= 0 && !holds(t)) --t;
  return t;
}

std::optional<SearchPlan> solve_with_after(const SearchProblem& problem, const std::vector<Bounds>& bounds,
                                           const std::vector<Time>& edges, int node_limit) {
  std::optional<SearchPlan> best;
  std::optional<StartInstants> instants;
  std::vector<Node> open = {{bounds, 0}};
  for (int nodes = 0; !open.empty(); ++nodes) {
    if (nodes >= node_limit) return std::nullopt;
    Node node = std::move(open.back());
    open.pop_back();
    propagate(problem, node.bounds);
    auto plan = solve_relaxed(problem, node.bounds, node.banned);
    if (!plan || (best && !plan->better_than(*best))) continue;
    const auto [first, second] = worst_pair(problem, *plan);
    if (first < 0) {
      best = std::move(plan);
      continue;
    }
    if (!instants) instants.emplace(problem, bounds, edges);
    const auto a = static_cast<std::size_t>(first), b = static_cast<std::size_t>(second);
    const Time start = plan->places[b].start;
    const Time cut = instants->at_or_after(start + (plan->ends[a] - start + 1) / 2);
    const Time previous = instants->before(cut);
    if (problem.jobs[b].fixed_worker < 0) {
      Node without = node;
      without.banned |= 1U << b;
      for (std::size_t j = 0; j < problem.jobs.size(); ++j)
        if (problem.after[j] >> b & 1U) without.banned |= 1U << j;
      open.push_back(std::move(without));
    }
    Node early = node;
    early.bounds[a].latest_end = std::min(early.bounds[a].latest_end, previous);
    early.bounds[b].latest_end = std::min(early.bounds[b].latest_end, previous + problem.jobs[b].cold);
    open.push_back(std::move(early));
    node.bounds[b].earliest = std::max(node.bounds[b].earliest, cut);
    open.push_back(std::move(node));
  }
  return best;
}

}  // namespace turbodiff::plan
