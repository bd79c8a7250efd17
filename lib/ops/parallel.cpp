#include "ops/parallel.h"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <omp.h>

#include "ops/one_thread.h"

namespace turbodiff::ops {
namespace {

/// Libraries choose how to split a sum by the number of threads that this one could start.
class NoMoreThreads {
 public:
  NoMoreThreads() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~NoMoreThreads() { omp_set_num_threads(before_); }
  NoMoreThreads(const NoMoreThreads&) = delete;
  NoMoreThreads& operator=(const NoMoreThreads&) = delete;

 private:
  int before_;
};

}  // namespace

void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  const std::function<void(std::int64_t, std::int64_t)>& body) {
  at::parallel_for(begin, end, grain, body);
}

void parallel_tiles(std::int64_t tiles, const std::function<void(std::int64_t)>& body) {
  if (tiles == 1 || at::get_num_threads() == 1) {
    const OneThread alone;
    for (std::int64_t tile = 0; tile < tiles; ++tile) body(tile);
    return;
  }
  const at::ThreadLocalState state;
  at::parallel_for(0, tiles, 1, [&](std::int64_t first, std::int64_t last) {
    const at::ThreadLocalStateGuard guard(state);
    const NoMoreThreads alone;
    for (std::int64_t tile = first; tile < last; ++tile) body(tile);
  });
}

}  // namespace turbodiff::ops
