// Piecewise linear functions of time whose values are whole objectives.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "plan/plan_problem.h"
#include "plan/wide_int.h"

namespace turbodiff::plan {

/// A StartPiece with the whole objective as its value.
struct ValuePiece {
  Time first = 0;
  Time last = 0;
  WideInt value;
  WideInt slope;
};

/// best(t) = the least objective of a sequence of jobs that has ended by t: it never rises, and is infinite
/// before its first piece. Exact on whole seconds.
class BestByTime {
 public:
  BestByTime() = default;
  static BestByTime constant(const WideInt& value);

  bool empty() const { return pieces_.empty(); }
  /// Nothing where it is infinite.
  std::optional<WideInt> at(Time t) const;
  /// The least value: at the end of time. Not when empty.
  const WideInt& final() const { return pieces_.back().value; }
  /// The first second that is as good as `t`: the end of the last job.
  Time reached(Time t) const;

  /// best(e) = min over e' <= e of before(e' - length) + start(e' - length), for the starts in [first, last]
  /// within `starts`, which ascend and do not overlap but for a shared end.
  static BestByTime extend(const BestByTime& before, std::span<const ValuePiece> starts, Time length,
                           Time last);
  /// The lesser of both everywhere.
  void take_min(const BestByTime& other);

 private:
  struct Piece {
    Time begin = 0;
    WideInt value;
    WideInt slope;
    WideInt at(Time t) const { return value + slope * static_cast<std::uint64_t>(t - begin); }
  };

  std::size_t piece_at(Time t) const;
  void push(Time begin, const WideInt& value, const WideInt& slope);
  void lower_by_segment(Time begin, Time end, const WideInt& value, const WideInt& slope);

  std::vector<Piece> pieces_;  ///< the last one is level
};

}  // namespace turbodiff::plan
