#include "ops/parallel.h"

#include <ATen/Parallel.h>
#include <ATen/ThreadLocalState.h>
#include <omp.h>

#include <algorithm>
#include <atomic>

#include "ops/one_thread.h"

#if defined(__x86_64__)
/// Of the MKL within LibTorch, which has no header; absent from a LibTorch without it. Returns what held
/// before.
extern "C" __attribute__((weak)) int MKL_Set_Num_Threads_Local(int threads);
#endif

namespace turbodiff::ops {
namespace {

/// For this thread alone; 0 is as for all.
int set_mkl_threads([[maybe_unused]] int threads) {
#if defined(__x86_64__)
  if (MKL_Set_Num_Threads_Local != nullptr) return MKL_Set_Num_Threads_Local(threads);
#endif
  return 0;
}

/// Libraries choose how to split a sum by the number of threads that this one could start: oneDNN reads it
/// when it makes a primitive, LibTorch when it decides whether packing pays.
class NoMoreThreads {
 public:
  NoMoreThreads() : before_(omp_get_max_threads()), mkl_before_(set_mkl_threads(1)) {
    omp_set_num_threads(1);
  }
  ~NoMoreThreads() {
    omp_set_num_threads(before_);
    set_mkl_threads(mkl_before_);
  }
  NoMoreThreads(const NoMoreThreads&) = delete;
  NoMoreThreads& operator=(const NoMoreThreads&) = delete;

 private:
  int before_, mkl_before_;
};

}  // namespace

void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  const std::function<void(std::int64_t, std::int64_t)>& body) {
  at::parallel_for(begin, end, grain, body);
}

void parallel_tiles(std::int64_t tiles, const std::function<void(std::int64_t)>& body) {
  const std::int64_t threads = std::min<std::int64_t>(tiles, at::get_num_threads());
  if (threads <= 1) {
    const OneThread alone;
    for (std::int64_t tile = 0; tile < tiles; ++tile) body(tile);
    return;
  }
  const at::ThreadLocalState state;
  std::atomic<std::int64_t> next{0};  // a thread that others slow down takes fewer tiles
  at::parallel_for(0, threads, 1, [&](std::int64_t, std::int64_t) {
    const at::ThreadLocalStateGuard guard(state);
    // A thread's first question makes LibTorch set the number of threads for it: that must be over.
    at::get_num_threads();
    const NoMoreThreads alone;
    try {
      for (std::int64_t tile = next++; tile < tiles; tile = next++) body(tile);
    } catch (...) {
      next = tiles;
      throw;
    }
  });
}

Parts Parts::of(std::int64_t length, std::int64_t most, std::int64_t unit) {
  const std::int64_t wanted = std::max<std::int64_t>(1, ceil_div(length, most));
  const std::int64_t size = std::max(unit, ceil_div(ceil_div(length, wanted), unit) * unit);
  return {length, size, ceil_div(length, size)};
}

}  // namespace turbodiff::ops
