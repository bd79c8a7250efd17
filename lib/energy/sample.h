// The energy of a machine over time, as steps.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace turbodiff::energy {

inline constexpr std::int64_t a_second = 1'000'000;  ///< in microseconds

/// Microjoules: parts before the losses of the power supply and cooling; `wall` includes them.
struct EnergyParts {
  std::int64_t gpu = 0, cpu = 0, rest = 0, wall = 0;
  EnergyParts& operator+=(const EnergyParts& other);
  friend EnergyParts operator+(EnergyParts a, const EnergyParts& b) { return a += b; }
  friend EnergyParts operator-(const EnergyParts& a, const EnergyParts& b) {
    return {a.gpu - b.gpu, a.cpu - b.cpu, a.rest - b.rest, a.wall - b.wall};
  }
  bool operator==(const EnergyParts&) const = default;
};

/// `a` + (b - a) x numerator / denominator, each part rounded down; 0 <= numerator <= denominator.
EnergyParts between(const EnergyParts& a, const EnergyParts& b, std::int64_t numerator,
                    std::int64_t denominator);

/// Energy used in [start, end), microseconds since 1970.
struct Sample {
  std::int64_t start = 0, end = 0;
  EnergyParts energy;
  bool operator==(const Sample&) const = default;
};

/// Splits samples at `borders` (seconds since 1970, ascending), spread evenly within a sample. Sums are
/// preserved.
std::vector<Sample> cut_at(std::span<const Sample> samples, std::span<const std::int64_t> borders);

/// Merges neighbours that no border separates until at most `most` are left, or no two can be merged.
std::vector<Sample> thin_out(std::vector<Sample> samples, std::span<const std::int64_t> borders,
                             std::size_t most);

}  // namespace turbodiff::energy
