// A signed integer of 512 bits: enough for a whole lexicographic objective in one number.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

namespace turbodiff::plan {

/// Two's complement; wraps around. Only what the planner needs.
class WideInt {
 public:
  static constexpr int bits = 512;

  constexpr WideInt() = default;
  /// value * 2^shift.
  static constexpr WideInt from(__int128 value, unsigned shift = 0) {
    WideInt wide;
    wide.limbs_[0] = static_cast<std::uint64_t>(value);
    wide.limbs_[1] = static_cast<std::uint64_t>(value >> 64);
    const std::uint64_t sign = value < 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = 2; i < size; ++i) wide.limbs_[i] = sign;
    return wide.shifted(shift);
  }
  /// Above every value that `from` gives with less than `bits` - 1 bits.
  static constexpr WideInt largest() {
    WideInt wide;
    wide.limbs_.fill(~std::uint64_t{0});
    wide.limbs_[size - 1] >>= 1;
    return wide;
  }

  constexpr WideInt operator+(const WideInt& other) const {
    WideInt sum;
    unsigned __int128 carry = 0;
    for (std::size_t i = 0; i < size; ++i) {
      carry += static_cast<unsigned __int128>(limbs_[i]) + other.limbs_[i];
      sum.limbs_[i] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    return sum;
  }
  constexpr WideInt operator*(std::uint64_t factor) const {
    WideInt product;
    unsigned __int128 carry = 0;
    for (std::size_t i = 0; i < size; ++i) {
      carry += static_cast<unsigned __int128>(limbs_[i]) * factor;
      product.limbs_[i] = static_cast<std::uint64_t>(carry);
      carry >>= 64;
    }
    return product;
  }
  constexpr bool negative() const { return static_cast<std::int64_t>(limbs_[size - 1]) < 0; }
  constexpr bool operator==(const WideInt&) const = default;
  constexpr bool operator<(const WideInt& other) const {
    if (negative() != other.negative()) return negative();
    for (std::size_t i = size; i-- > 0;)
      if (limbs_[i] != other.limbs_[i]) return limbs_[i] < other.limbs_[i];
    return false;
  }
  /// floor(this / 2^shift), which must fit.
  constexpr __int128 high_part(unsigned shift) const {
    const unsigned words = shift / 64, rest = shift % 64;
    const auto limb = [&](unsigned i) {
      return i < size ? limbs_[i] : (negative() ? ~std::uint64_t{0} : std::uint64_t{0});
    };
    const auto cut = [&](unsigned i) {
      return rest == 0 ? limb(i) : (limb(i) >> rest) | (limb(i + 1) << (64 - rest));
    };
    return static_cast<__int128>((static_cast<unsigned __int128>(cut(words + 1)) << 64) | cut(words));
  }

 private:
  static constexpr std::size_t size = bits / 64;

  constexpr WideInt shifted(unsigned shift) const {
    WideInt result;
    const std::size_t words = shift / 64;
    const unsigned rest = shift % 64;
    for (std::size_t i = words; i < size; ++i) {
      result.limbs_[i] = limbs_[i - words] << rest;
      if (rest != 0 && i > words) result.limbs_[i] |= limbs_[i - words - 1] >> (64 - rest);
    }
    return result;
  }

  std::array<std::uint64_t, size> limbs_{};
};

}  // namespace turbodiff::plan
