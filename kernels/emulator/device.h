// The operations of kernels/common/device.h on the CPU: built-in variables, barriers, shuffles, ldmatrix,
// mma.sync and cp.async with the register layouts of the PTX ISA (9.7.14, "Matrix Fragments for mma.m16n8k16
// / m16n8k32"). Products of fp16 are summed in fp32 in ascending k. cp.async copies at its wait, not before,
// and writes zeros for what lies past the source's bytes.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>

#include "emulator/fibers.h"
#include "reference/scalar.h"

#define __global__
#define __device__
#define __forceinline__ inline
#define __restrict__ __restrict
#define TURBODIFF_UNROLL
#define TURBODIFF_NO_UNROLL
#define TURBODIFF_UNROLL_4

namespace turbodiff::emulator {
inline thread_local Dim3 block_index;
struct ThreadIndex {
  unsigned x;
};
}  // namespace turbodiff::emulator
#define threadIdx (::turbodiff::emulator::ThreadIndex{::turbodiff::emulator::Block::active()->thread()})
#define blockIdx (::turbodiff::emulator::block_index)

namespace turbodiff::kernels {

namespace detail {
using emulator::Slot;
inline emulator::Block& block() {
  return *emulator::Block::active();
}
enum Operation { shuffle = 1, ballot, load_matrix, load_transposed, mma_s8, mma_f16, mma_bf16, mma_e4m3 };
inline int byte_of(const Slot& slot, int word, int index) {
  return static_cast<std::int8_t>(slot.words[word] >> (8 * index));
}
}  // namespace detail

inline void sync_block() {
  detail::block().wait_for_block();
}

template <typename T>
T shuffle_xor(T value, int mask) {
  static_assert(sizeof(T) == 4);
  detail::Slot mine;
  mine.operation = detail::shuffle;
  std::memcpy(mine.words, &value, 4);
  const detail::Slot* set = detail::block().exchange(mine);
  T other;
  std::memcpy(&other, set[detail::block().lane() ^ static_cast<unsigned>(mask)].words, 4);
  return other;
}

inline std::uint32_t ballot(bool vote) {
  detail::Slot mine;
  mine.operation = detail::ballot;
  mine.words[0] = vote;
  const detail::Slot* set = detail::block().exchange(mine);
  std::uint32_t mask = 0;
  for (unsigned i = 0; i < 32; ++i) mask |= set[i].words[0] << i;
  return mask;
}
inline int count_bits(std::uint32_t mask) {
  return __builtin_popcount(mask);
}

/// Four 8 x 8 matrices of 16-bit elements; lane i names row i % 8 of matrix i / 8.
inline void ldmatrix_x4(std::uint32_t (&out)[4], const void* row) {
  detail::Slot mine;
  mine.operation = detail::load_matrix;
  mine.pointer = row;
  const detail::Slot* set = detail::block().exchange(mine);
  const unsigned lane = detail::block().lane();
  for (unsigned j = 0; j < 4; ++j)
    std::memcpy(&out[j], static_cast<const char*>(set[8 * j + lane / 4].pointer) + 4 * (lane % 4), 4);
}
inline void ldmatrix_x4_trans(std::uint32_t (&out)[4], const void* row) {
  detail::Slot mine;
  mine.operation = detail::load_transposed;
  mine.pointer = row;
  const detail::Slot* set = detail::block().exchange(mine);
  const unsigned lane = detail::block().lane();
  for (unsigned j = 0; j < 4; ++j) {
    std::uint16_t pair[2];
    for (unsigned e = 0; e < 2; ++e)
      std::memcpy(&pair[e],
                  static_cast<const char*>(set[8 * j + 2 * (lane % 4) + e].pointer) + 2 * (lane / 4), 2);
    std::memcpy(&out[j], pair, 4);
  }
}

/// c += a b for m16n8k32, s8 x s8 -> s32.
inline void mma_s8(std::int32_t (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  detail::Slot mine;
  mine.operation = detail::mma_s8;
  std::copy(a, a + 4, mine.words);
  std::copy(b, b + 2, mine.words + 4);
  const detail::Slot* set = detail::block().exchange(mine);
  const unsigned lane = detail::block().lane();
  for (int i = 0; i < 4; ++i) {
    const unsigned row = lane / 4, column = lane % 4 * 2 + static_cast<unsigned>(i % 2);
    for (unsigned k = 0; k < 32; ++k) {
      const int word = static_cast<int>(k / 16) * 2 + i / 2;  // a0: rows 0-7, a1: rows 8-15, a2, a3: k >= 16
      c[i] += detail::byte_of(set[row * 4 + k % 16 / 4], word, static_cast<int>(k % 4)) *
              detail::byte_of(set[column * 4 + k % 16 / 4], 4 + static_cast<int>(k / 16),
                              static_cast<int>(k % 4));
    }
  }
}

namespace detail {
/// m16n8k16 of 16-bit floats; value(bits) makes a number of one.
template <typename Value>
void mma_16_bit(Operation operation, float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                const Value& value) {
  Slot mine;
  mine.operation = operation;
  std::copy(a, a + 4, mine.words);
  std::copy(b, b + 2, mine.words + 4);
  const Slot* set = block().exchange(mine);
  const auto element = [&](const Slot& slot, int word, unsigned upper) {
    return value(static_cast<std::uint16_t>(slot.words[word] >> (16 * upper)));
  };
  const unsigned lane = block().lane();
  for (int i = 0; i < 4; ++i) {
    const unsigned row = lane / 4, column = lane % 4 * 2 + static_cast<unsigned>(i % 2);
    for (unsigned k = 0; k < 16; ++k) {
      const int word = static_cast<int>(k / 8) * 2 + i / 2;
      c[i] += element(set[row * 4 + k % 8 / 2], word, k % 2) *
              element(set[column * 4 + k % 8 / 2], 4 + static_cast<int>(k / 8), k % 2);
    }
  }
}
}  // namespace detail

/// c += a b for m16n8k16, f16 x f16 -> f32.
inline void mma_f16(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  detail::mma_16_bit(detail::mma_f16, c, a, b, reference::from_half);
}
/// The same for bf16.
inline void mma_bf16(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  detail::mma_16_bit(detail::mma_bf16, c, a, b, reference::from_bf16);
}

/// c += a b for m16n8k32, e4m3 x e4m3 -> f16 pairs: c[0] of row lane / 4, c[1] of the row 8 on. Rounded to
/// f16 once.
inline void mma_e4m3(std::uint32_t (&c)[2], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
  detail::Slot mine;
  mine.operation = detail::mma_e4m3;
  std::copy(a, a + 4, mine.words);
  std::copy(b, b + 2, mine.words + 4);
  const detail::Slot* set = detail::block().exchange(mine);
  const auto element = [&](const detail::Slot& slot, unsigned word, unsigned index) {
    return reference::from_e4m3(static_cast<std::uint8_t>(slot.words[word] >> (8 * index)));
  };
  const unsigned lane = detail::block().lane();
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned row = lane / 4, column = lane % 4 * 2 + i % 2, shift = 16 * (i % 2);
    float sum = reference::from_half(static_cast<std::uint16_t>(c[i / 2] >> shift));
    for (unsigned k = 0; k < 32; ++k)
      sum += element(set[row * 4 + k % 16 / 4], k / 16 * 2 + i / 2, k % 4) *
             element(set[column * 4 + k % 16 / 4], 4 + k / 16, k % 4);
    c[i / 2] = (c[i / 2] & ~(0xffffu << shift)) | static_cast<std::uint32_t>(reference::to_half(sum))
                                                      << shift;
  }
}

/// 16 bytes to shared memory, of which the first `bytes` are read and the rest is zero.
inline void copy_async_16(void* to, const void* from, int bytes) {
  detail::block().fiber().copies.back().push_back({to, from, bytes, 16});
}
inline void copy_async_commit() {
  detail::block().fiber().copies.emplace_back();
}
/// Waits until at most `Pending` committed groups of this thread are under way.
template <int Pending>
void copy_async_wait() {
  auto& groups = detail::block().fiber().copies;
  while (static_cast<int>(groups.size()) > Pending + 1) {
    for (const emulator::Copy& copy : groups.front()) {
      std::memcpy(copy.to, copy.from, static_cast<std::size_t>(copy.bytes));
      std::memset(static_cast<char*>(copy.to) + copy.bytes, 0,
                  static_cast<std::size_t>(copy.total - copy.bytes));
    }
    groups.erase(groups.begin());
  }
}

/// Aligned words in one access; std::logic_error where they are not.
inline void check_aligned(const void* at, std::size_t bytes) {
  if (reinterpret_cast<std::uintptr_t>(at) % bytes != 0)
    throw std::logic_error("emulator: misaligned access");
}
inline void load_4(std::uint32_t& out, const void* from) {
  check_aligned(from, 4);
  std::memcpy(&out, from, 4);
}
inline void load_8(std::uint32_t (&out)[2], const void* from) {
  check_aligned(from, 8);
  std::memcpy(out, from, 8);
}
inline void load_16(std::uint32_t (&out)[4], const void* from) {
  check_aligned(from, 16);
  std::memcpy(out, from, 16);
}
inline void store_4(void* to, std::uint32_t word) {
  check_aligned(to, 4);
  std::memcpy(to, &word, 4);
}
inline void store_8(void* to, const std::uint32_t (&words)[2]) {
  check_aligned(to, 8);
  std::memcpy(to, words, 8);
}
inline void store_16(void* to, const std::uint32_t (&words)[4]) {
  check_aligned(to, 16);
  std::memcpy(to, words, 16);
}

inline std::uint16_t to_half_bits(float x) {
  return reference::to_half(x);
}
inline float from_half_bits(std::uint16_t bits) {
  return reference::from_half(bits);
}
/// Round to nearest, ties to even, saturated at 448.
inline std::uint8_t to_e4m3_bits(float x) {
  return reference::to_e4m3(x);
}
/// Four of them, the first in the lowest byte.
inline std::uint32_t pack_e4m3(float a, float b, float c, float d) {
  return static_cast<std::uint32_t>(reference::to_e4m3(a)) |
         static_cast<std::uint32_t>(reference::to_e4m3(b)) << 8 |
         static_cast<std::uint32_t>(reference::to_e4m3(c)) << 16 |
         static_cast<std::uint32_t>(reference::to_e4m3(d)) << 24;
}
inline std::uint32_t float_bits(float x) {
  return reference::bits_of(x);
}
inline float float_of_bits(std::uint32_t bits) {
  return reference::float_of(bits);
}
inline std::uint16_t to_bf16_bits(float x) {
  return reference::to_bf16(x);
}
inline float from_bf16_bits(std::uint16_t bits) {
  return reference::from_bf16(bits);
}
inline float multiply_add(float a, float b, float c) {
  return std::fma(a, b, c);
}
inline float power_of_two(float x) {
  return std::exp2(x);
}

}  // namespace turbodiff::kernels

namespace turbodiff::emulator {

/// Runs body(shared) for blocks [first, first + count) of a one-dimensional grid; shared memory starts as
/// 0xff bytes (NaNs).
template <typename Body>
void launch_some(std::int64_t first, std::int64_t count, unsigned threads, std::size_t shared_bytes,
                 const Body& body) {
  Block block;
  std::vector<unsigned char> shared(shared_bytes + 128);
  unsigned char* aligned =
      shared.data() + (128 - reinterpret_cast<std::uintptr_t>(shared.data()) % 128) % 128;
  Block::active() = &block;
  const std::function<void()> thread_body = [&] { body(aligned); };
  for (std::int64_t i = first; i < first + count; ++i) {
    std::memset(aligned, 0xff, shared_bytes);
    block_index = {static_cast<unsigned>(i), 0, 0};
    block.run(threads, thread_body);
  }
  Block::active() = nullptr;
}

template <typename Body>
void launch(std::int64_t blocks, unsigned threads, std::size_t shared_bytes, const Body& body) {
  launch_some(0, blocks, threads, shared_bytes, body);
}

}  // namespace turbodiff::emulator
