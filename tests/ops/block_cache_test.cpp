#include "ops/cpu/block_cache.h"

#include <thread>

#include "ops/op_testing.h"

using namespace turbodiff;

TEST_CASE("large blocks are kept for the next tensor of their size, up to the limit") {
  constexpr std::size_t limit = std::size_t{160} << 20, mib = std::size_t{1} << 20;
  ops::cpu::install_block_cache(limit);
  ops::cpu::install_block_cache(1);  // only the first counts
  ops::cpu::trim_block_cache();
  const auto bytes = [](std::size_t size) { return at::empty({static_cast<std::int64_t>(size)}, at::kByte); };

  const void* first = nullptr;
  {
    const at::Tensor block = bytes(40 * mib);
    first = block.const_data_ptr();
    CHECK(ops::cpu::block_cache_bytes() == 0);
  }
  CHECK(ops::cpu::block_cache_bytes() == 40 * mib);
  CHECK(bytes(40 * mib - 5).const_data_ptr() == first);  // rounded up to the same size
  CHECK(bytes(50 * mib).const_data_ptr() != first);
  CHECK(ops::cpu::block_cache_bytes() == 90 * mib);
  bytes(100 * mib);  // the oldest makes room
  CHECK(ops::cpu::block_cache_bytes() <= limit);
  bytes(1000);
  bytes(400 * mib);  // above the limit by itself: not kept
  CHECK(ops::cpu::block_cache_bytes() <= limit);
  ops::cpu::trim_block_cache();
  CHECK(ops::cpu::block_cache_bytes() == 0);
}

TEST_CASE("tensors of several threads do not share memory, and writes stay within them") {
  ops::cpu::install_block_cache(std::size_t{160} << 20);
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int id = 0; id < 4; ++id)
    threads.emplace_back([&wrong, id] {
      for (int round = 0; round < 30; ++round) {
        const at::Tensor x = at::full({(2 << 20) + 1000 * round}, id, at::kByte);
        const at::Tensor y = x.clone();
        if (!(x == id).all().item<bool>() || !at::equal(x, y)) ++wrong;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  ops::cpu::trim_block_cache();
}
