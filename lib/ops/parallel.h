// Loops on the threads of torch's pool. Internal to lib/ops.
//
// Results must not depend on the number of threads. What this project sums itself is divided by shapes alone.
// What a library sums (matrix products, reductions, attention) is cut into tiles by shapes alone too, and a
// tile is computed by one thread while the library believes that there is no other: parallel_tiles().
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

#include "ops/ceil_div.h"

namespace turbodiff::ops {

/// Calls body(begin, end) for pieces of [begin, end) of at least `grain`, in parallel. Like
/// at::parallel_for(), which is a plain loop in files that are compiled without OpenMP.
void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  const std::function<void(std::int64_t, std::int64_t)>& body);

/// Calls body(tile) for each of `tiles`, each on one thread: what a library computes in it does not depend on
/// the number of threads. The first exception is rethrown, and tiles that have not begun are skipped.
void parallel_tiles(std::int64_t tiles, const std::function<void(std::int64_t)>& body);

/// [0, length) in equal parts, the last one shorter.
struct Parts {
  std::int64_t length = 0, size = 1, count = 0;

  /// Parts of at most `most`, rounded up to a multiple of `unit`.
  static Parts of(std::int64_t length, std::int64_t most, std::int64_t unit = 1);

  std::int64_t first(std::int64_t part) const { return part * size; }
  std::int64_t size_of(std::int64_t part) const { return std::min(size, length - part * size); }
};

}  // namespace turbodiff::ops
