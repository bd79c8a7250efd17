#include "plan/price_curves.h"

#include <algorithm>

namespace turbodiff::plan {

BestByTime BestByTime::constant(const WideInt& value) {
  BestByTime result;
  result.pieces_.push_back({0, value, {}});
  return result;
}

std::size_t BestByTime::piece_at(Time t) const {
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), t,
                                      [](Time value, const Piece& piece) { return value < piece.begin; });
  return static_cast<std::size_t>(after - pieces_.begin()) - 1;
}

std::optional<WideInt> BestByTime::at(Time t) const {
  if (pieces_.empty() || t < pieces_.front().begin) return std::nullopt;
  return pieces_[piece_at(t)].at(t);
}

Time BestByTime::reached(Time t) const {
  std::size_t i = piece_at(t);
  if (!(pieces_[i].slope == WideInt())) return t;
  while (i > 0 && pieces_[i - 1].at(pieces_[i].begin - 1) == pieces_[i].value &&
         pieces_[i - 1].slope == WideInt())
    --i;
  return pieces_[i].begin;
}

void BestByTime::push(Time begin, const WideInt& value, const WideInt& slope) {
  if (!pieces_.empty() && pieces_.back().begin == begin) {
    pieces_.back() = {begin, value, slope};
  } else {
    pieces_.push_back({begin, value, slope});
  }
}

void BestByTime::lower_by_segment(Time begin, Time end, const WideInt& value, const WideInt& slope) {
  const Piece line{begin, value, slope};
  const bool falls = slope.negative();
  const WideInt least = falls ? line.at(end) : value;
  if (!pieces_.empty() && !(least < pieces_.back().value)) return;
  if (!falls || begin == end) return push(begin, least, {});
  Time first = begin;
  if (!pieces_.empty()) {
    // The first second at which the falling line is below what there was.
    const WideInt level = pieces_.back().value;
    Time low = begin, high = end;
    while (low < high) {
      const Time middle = low + (high - low) / 2;
      if (line.at(middle) < level) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    first = low;
  }
  if (first < end) push(first, line.at(first), slope);
  push(end, least, {});
}

BestByTime BestByTime::extend(const BestByTime& before, std::span<const ValuePiece> starts, Time length,
                              Time last) {
  BestByTime result;
  if (before.empty()) return result;
  std::size_t i = 0;
  for (const ValuePiece& start : starts) {
    const Time low = std::max(start.first, before.pieces_.front().begin);
    const Time high = std::min(start.last, last);
    if (low > high) continue;
    while (i + 1 < before.pieces_.size() && before.pieces_[i + 1].begin <= low) ++i;
    for (std::size_t k = i; k < before.pieces_.size() && before.pieces_[k].begin <= high; ++k) {
      const Piece& piece = before.pieces_[k];
      const Time from = std::max(low, piece.begin);
      const Time to = k + 1 < before.pieces_.size() ? std::min(high, before.pieces_[k + 1].begin - 1) : high;
      const WideInt value =
          piece.at(from) + start.value + start.slope * static_cast<std::uint64_t>(from - start.first);
      result.lower_by_segment(from + length, to + length, value, piece.slope + start.slope);
    }
  }
  return result;
}

void BestByTime::take_min(const BestByTime& other) {
  if (other.empty()) return;
  if (empty()) {
    *this = other;
    return;
  }
  const std::vector<Piece> own = std::move(pieces_);
  pieces_.clear();
  const std::vector<Piece>* sides[2] = {&own, &other.pieces_};
  std::size_t next[2] = {0, 0};
  const Piece* current[2] = {nullptr, nullptr};
  const Piece* source = nullptr;
  const auto use = [&](const Piece& piece, Time from) {
    if (&piece == source) return;
    source = &piece;
    push(from, piece.at(from), piece.slope);
  };
  const auto begin_of = [&](int side) {
    return next[side] < sides[side]->size() ? std::optional((*sides[side])[next[side]].begin) : std::nullopt;
  };
  while (begin_of(0) || begin_of(1)) {
    Time from = 0;
    if (!begin_of(1) || (begin_of(0) && *begin_of(0) <= *begin_of(1))) {
      from = *begin_of(0);
    } else {
      from = *begin_of(1);
    }
    for (int side = 0; side < 2; ++side)
      if (begin_of(side) == from) current[side] = &(*sides[side])[next[side]++];
    if (!current[0] || !current[1]) {
      use(current[0] ? *current[0] : *current[1], from);
      continue;
    }
    const bool first_wins = !(current[1]->at(from) < current[0]->at(from));
    const Piece& winner = first_wins ? *current[0] : *current[1];
    const Piece& loser = first_wins ? *current[1] : *current[0];
    use(winner, from);
    if (!begin_of(0) && !begin_of(1)) break;  // both are level from here on
    Time to = begin_of(0) ? *begin_of(0) : *begin_of(1);
    if (begin_of(1)) to = std::min(to, *begin_of(1));
    --to;
    if (to == from || !(loser.at(to) < winner.at(to))) continue;
    Time low = from + 1, high = to;
    while (low < high) {
      const Time middle = low + (high - low) / 2;
      if (loser.at(middle) < winner.at(middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    use(loser, low);
  }
}

}  // namespace turbodiff::plan
