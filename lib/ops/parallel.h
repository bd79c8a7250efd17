// Loops on the threads of torch's pool. Internal to lib/ops.
#pragma once

#include <cstdint>
#include <functional>

namespace turbodiff::ops {

/// body(begin, end) over pieces of [begin, end) of at least `grain`, side by side. As at::parallel_for(),
/// which is a plain loop in files that are compiled without OpenMP.
void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  const std::function<void(std::int64_t, std::int64_t)>& body);

/// body(tile) for each of `tiles`, each on one thread: what a library computes in it does not depend on how
/// many there are.
void parallel_tiles(std::int64_t tiles, const std::function<void(std::int64_t)>& body);

}  // namespace turbodiff::ops
