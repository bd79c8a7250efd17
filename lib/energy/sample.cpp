#include "energy/sample.h"

#include <algorithm>

namespace turbodiff::energy {
namespace {

/// The first border after `instant` (microseconds); nullptr when there is none.
const std::int64_t* border_after(std::span<const std::int64_t> borders, std::int64_t instant) {
  const auto found = std::partition_point(borders.begin(), borders.end(),
                                          [&](std::int64_t border) { return border * a_second <= instant; });
  return found == borders.end() ? nullptr : &*found;
}

}  // namespace

EnergyParts& EnergyParts::operator+=(const EnergyParts& other) {
  gpu += other.gpu;
  cpu += other.cpu;
  rest += other.rest;
  wall += other.wall;
  return *this;
}

EnergyParts between(const EnergyParts& a, const EnergyParts& b, std::int64_t numerator,
                    std::int64_t denominator) {
  const auto part = [&](std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(static_cast<__int128>(to - from) * numerator / denominator);
  };
  return {part(a.gpu, b.gpu), part(a.cpu, b.cpu), part(a.rest, b.rest), part(a.wall, b.wall)};
}

std::vector<Sample> cut_at(std::span<const Sample> samples, std::span<const std::int64_t> borders) {
  std::vector<Sample> cut;
  for (const Sample& sample : samples) {
    std::int64_t start = sample.start;
    EnergyParts done;
    for (const std::int64_t* border = border_after(borders, start);
         border != nullptr && *border * a_second < sample.end; border = border_after(borders, start)) {
      const std::int64_t end = *border * a_second;
      const EnergyParts reached = between({}, sample.energy, end - sample.start, sample.end - sample.start);
      cut.push_back({start, end, reached - done});
      done = reached;
      start = end;
    }
    cut.push_back({start, sample.end, sample.energy - done});
  }
  return cut;
}

std::vector<Sample> thin_out(std::vector<Sample> samples, std::span<const std::int64_t> borders,
                             std::size_t most) {
  while (samples.size() > most) {
    std::vector<Sample> joined;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      Sample sample = samples[i];
      const std::int64_t* border = border_after(borders, sample.start);
      const bool joins = i + 1 < samples.size() && samples[i + 1].start == sample.end &&
                         (border == nullptr || *border * a_second >= samples[i + 1].end);
      if (joins) {
        sample.end = samples[++i].end;
        sample.energy += samples[i].energy;
      }
      joined.push_back(sample);
    }
    if (joined.size() == samples.size()) break;
    samples = std::move(joined);
  }
  return samples;
}

}  // namespace turbodiff::energy
