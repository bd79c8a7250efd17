// The cheapest step for a job, among many jobs and steps, when each step has a price and a charge.
//
// A second of a job with w milliwatts costs w * price_k + charge_k in step k: a line in w. A tree over the
// steps keeps, for every node, the lower envelope of its lines; jobs ask in order of falling w, so that each
// node's place on its envelope only moves on. K steps cost O(K log K) to set, a job O(log K) to ask for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace turbodiff::plan {

/// Number: double to be quick, Cost to be exact.
template <typename Number>
class StepEnvelope {
 public:
  /// `open`: by step, whether jobs of this kind may run there.
  StepEnvelope(const std::vector<std::int64_t>& prices, const std::vector<bool>& open)
      : prices_(prices), charges_(prices.size()) {
    while (leaves_ < prices.size()) leaves_ *= 2;
    nodes_.resize(2 * leaves_);
    for (std::size_t k = 0; k < prices.size(); ++k)
      if (open[k]) nodes_[leaves_ + k].order.push_back(static_cast<int>(k));
    const auto by_price = [&](int a, int b) { return price(a) != price(b) ? price(a) < price(b) : a < b; };
    for (std::size_t node = leaves_; node-- > 1;) {
      const std::vector<int>&left = nodes_[2 * node].order, &right = nodes_[2 * node + 1].order;
      nodes_[node].order.resize(left.size() + right.size());
      std::merge(left.begin(), left.end(), right.begin(), right.end(), nodes_[node].order.begin(), by_price);
    }
  }

  /// New charges; the next ask() starts again from any w.
  template <typename Charge>
  void set(const std::vector<Charge>& charges) {
    for (std::size_t k = 0; k < charges_.size(); ++k) charges_[k] = static_cast<Number>(charges[k]);
    for (std::size_t node = 1; node < nodes_.size(); ++node) nodes_[node].fresh = false;
  }

  /// The least cost of a second in the steps [begin, end), and the step; `w` never above that of the ask
  /// before. Nothing when no step there is open.
  std::optional<std::pair<Number, int>> ask(Number w, std::size_t begin, std::size_t end) {
    std::optional<std::pair<Number, int>> best;
    for (begin += leaves_, end += leaves_; begin < end; begin /= 2, end /= 2) {
      if (begin & 1) offer(nodes_[begin++], w, best);
      if (end & 1) offer(nodes_[--end], w, best);
    }
    return best;
  }

 private:
  struct Node {
    std::vector<int> order;     ///< its open steps by rising price
    std::vector<int> envelope;  ///< those that are cheapest for some w, for the largest w first
    std::size_t at = 0;
    bool fresh = false;
  };

  std::int64_t price(int k) const { return prices_[static_cast<std::size_t>(k)]; }
  Number charge(int k) const { return charges_[static_cast<std::size_t>(k)]; }
  Number value(int k, Number w) const { return w * static_cast<Number>(price(k)) + charge(k); }

  /// Whether b is nowhere below both a and c; prices a < b < c.
  bool is_above(int a, int b, int c) const {
    return (charge(a) - charge(b)) * static_cast<Number>(price(c) - price(b)) <=
           (charge(b) - charge(c)) * static_cast<Number>(price(b) - price(a));
  }

  void rebuild(Node& node) {
    node.envelope.clear();
    node.at = 0;
    node.fresh = true;
    std::vector<int>& hull = node.envelope;
    for (const int k : node.order) {
      // A dearer step with no lower charge is never cheaper.
      if (!hull.empty() && charge(k) >= charge(hull.back())) continue;
      if (!hull.empty() && price(k) == price(hull.back())) hull.pop_back();
      while (hull.size() > 1 && is_above(hull[hull.size() - 2], hull.back(), k)) hull.pop_back();
      hull.push_back(k);
    }
  }

  void offer(Node& node, Number w, std::optional<std::pair<Number, int>>& best) {
    if (node.order.empty()) return;
    if (!node.fresh) rebuild(node);
    Number least = value(node.envelope[node.at], w);
    while (node.at + 1 < node.envelope.size()) {
      const Number next = value(node.envelope[node.at + 1], w);
      if (next > least) break;
      least = next;
      ++node.at;
    }
    if (!best || least < best->first) best = {least, node.envelope[node.at]};
  }

  const std::vector<std::int64_t>& prices_;
  std::vector<Number> charges_;
  std::size_t leaves_ = 1;
  std::vector<Node> nodes_;
};

}  // namespace turbodiff::plan
