// The emulator itself: it must notice what a GPU would get wrong or hang on.
#include <array>

#include "emulator/device.h"
#include "reference/scalar.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::kernels;

TEST_CASE("a barrier that not every thread reaches is an error") {
  CHECK_THROWS_AS(emulator::launch(1, 64, 0,
                                   [](unsigned char*) {
                                     if (threadIdx.x < 40) sync_block();
                                   }),
                  std::logic_error);
}

TEST_CASE("a missing barrier shows: warps run in both orders") {
  int right = 0;
  emulator::launch(2, 64, 8, [&](unsigned char* shared) {
    int* value = reinterpret_cast<int*>(shared);
    if (threadIdx.x % 32 == 0) value[threadIdx.x / 32] = 7;
    if (threadIdx.x % 32 == 0) right += value[1 - threadIdx.x / 32] == 7;
  });
  CHECK(right == 2);  // of four reads of the other warp's value two come too early
}

TEST_CASE("lanes of a warp in different operations are an error") {
  CHECK_THROWS_AS(emulator::launch(1, 32, 0,
                                   [](unsigned char*) {
                                     if (threadIdx.x < 16)
                                       shuffle_xor(1.0f, 1);
                                     else
                                       ballot(true);
                                   }),
                  std::logic_error);
}

TEST_CASE("asynchronous copies arrive at their wait and not before") {
  const std::array<int, 4> from = {1, 2, 3, 4};
  bool early = true, late = false;
  emulator::launch(1, 32, 16, [&](unsigned char* shared) {
    if (threadIdx.x != 0) return;
    copy_async_16(shared, from.data(), 8);
    copy_async_commit();
    copy_async_commit();
    early = shared[0] != 0xff;
    copy_async_wait<1>();
    std::array<int, 4> got{};
    std::memcpy(got.data(), shared, 16);
    late = got == std::array<int, 4>{1, 2, 0, 0};
  });
  CHECK_FALSE(early);
  CHECK(late);
}

TEST_CASE("products of matrices in the documented fragments") {
  // a [16, 32] and b [32, 8] in plain order; each lane packs its share as the PTX ISA says.
  const auto a = [](int row, int k) { return row * 5 - k * 3; };
  const auto b = [](int k, int column) { return k * 7 - column * 11 - 90; };
  std::array<std::array<int, 8>, 16> got{};
  emulator::launch(1, 32, 0, [&](unsigned char*) {
    const int group = static_cast<int>(threadIdx.x) / 4, in_group = static_cast<int>(threadIdx.x) % 4;
    std::uint32_t fa[4] = {}, fb[2] = {};
    for (int i = 0; i < 16; ++i) {
      const int row = i % 8 < 4 ? group : group + 8, k = in_group * 4 + i % 4 + (i >= 8 ? 16 : 0);
      fa[i / 4] |= static_cast<std::uint32_t>(a(row, k) & 0xff) << (8 * (i % 4));
    }
    for (int i = 0; i < 8; ++i)
      fb[i / 4] |= static_cast<std::uint32_t>(b(in_group * 4 + i % 4 + (i >= 4 ? 16 : 0), group) & 0xff)
                   << (8 * (i % 4));
    std::int32_t c[4] = {};
    mma_s8(c, fa, fb);
    for (int i = 0; i < 4; ++i)
      got[static_cast<std::size_t>(i < 2 ? group : group + 8)]
         [static_cast<std::size_t>(in_group * 2 + i % 2)] = c[i];
  });
  const auto as_int8 = [](int x) { return static_cast<int>(static_cast<std::int8_t>(x)); };
  for (int row = 0; row < 16; ++row)
    for (int column = 0; column < 8; ++column) {
      int want = 0;
      for (int k = 0; k < 32; ++k) want += as_int8(a(row, k)) * as_int8(b(k, column));
      CHECK(got[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)] == want);
    }
}

TEST_CASE("fp16 of the references: every value there and back, ties to even, subnormals and overflow") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    if ((half & 0x7c00) == 0x7c00 && (half & 0x3ff) != 0) continue;
    CHECK(reference::to_half(reference::from_half(half)) == half);
  }
  CHECK(reference::from_half(0x3c00) == 1.0f);
  CHECK(reference::to_half(1.0f + 0x1p-11f) == 0x3c00);
  CHECK(reference::to_half(1.0f + 3 * 0x1p-11f) == 0x3c02);
  CHECK(reference::to_half(65504.0f) == 0x7bff);
  CHECK(reference::to_half(65520.0f) == 0x7c00);
  CHECK(reference::to_half(-0x1p-24f) == 0x8001);
  CHECK(reference::to_half(0x1p-26f) == 0);
}
