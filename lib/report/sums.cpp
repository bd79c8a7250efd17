#include "report/sums.h"

#include <algorithm>

namespace turbodiff::report {

void MeanPermille::add(const std::optional<std::int64_t>& permille, Micros time) {
  if (!permille) return;
  weighted += static_cast<__int128>(*permille) * time;
  over += time;
}

void MeanPermille::add(const MeanPermille& other) {
  weighted += other.weighted;
  over += other.over;
}

std::optional<double> MeanPermille::fraction() const {
  if (over <= 0) return std::nullopt;
  return static_cast<double>(weighted) / static_cast<double>(over) / 1000;
}

void Sums::add(const Attempt& attempt, const Slice& slice, bool wasted, bool counted) {
  const Micros length = slice.end - slice.start;
  if (!counted) {
    ++attempts;
    if (attempt.outcome == Outcome::failed) ++failed_attempts;
    complete = complete && attempt.complete;
    gpu_peak_bytes = std::max(gpu_peak_bytes, attempt.gpu_peak_bytes);
    host_peak_bytes = std::max(host_peak_bytes, attempt.host_peak_bytes);
  }
  Sums one;
  one.time = length;
  one.energy = slice.energy;
  one.parts_wall = attempt.has_parts ? slice.energy.wall : 0;
  one.estimated_wall = attempt.measured ? 0 : slice.energy.wall;
  one.off_peak_wall = slice.price != nullptr && slice.price->off_peak ? slice.energy.wall : 0;
  one.cost = slice.cost;
  if (wasted) {
    one.waste_time = length;
    one.waste_wall = slice.energy.wall;
    one.waste_gross = slice.cost.gross.micro();
  }
  if (attempt.asap_gross) {
    one.has_asap = true;
    one.compared_gross = slice.cost.gross.micro();
    one.asap_gross = slice.asap_gross;
  }
  one.has_co2 = attempt.co2_milligrams.has_value();
  one.co2_milligrams = slice.co2_milligrams;
  one.depreciation = slice.depreciation;
  one.cooling = slice.cooling;
  one.gpu.add(attempt.gpu_permille, length);
  one.cpu.add(attempt.cpu_permille, length);
  if (attempt.uncertainty_ppm) {
    one.uncertainty = static_cast<__int128>(slice.energy.wall) * *attempt.uncertainty_ppm;
    one.uncertainty_wall = slice.energy.wall;
  }
  add(one);
}

void Sums::add(const Idle& idle, const Slice& slice) {
  Sums one;
  one.time = slice.end - slice.start;
  one.energy = slice.energy;
  one.parts_wall = idle.has_parts ? slice.energy.wall : 0;
  one.estimated_wall = idle.measured ? 0 : slice.energy.wall;
  one.cost = slice.cost;
  one.has_co2 = idle.co2_milligrams.has_value();
  one.co2_milligrams = slice.co2_milligrams;
  one.depreciation = slice.depreciation;
  one.cooling = slice.cooling;
  add(one);
}

void Sums::add(const Sums& other) {
  attempts += other.attempts;
  failed_attempts += other.failed_attempts;
  time += other.time;
  energy += other.energy;
  parts_wall += other.parts_wall;
  estimated_wall += other.estimated_wall;
  off_peak_wall += other.off_peak_wall;
  cost += other.cost;
  complete = complete && other.complete;
  waste_time += other.waste_time;
  waste_wall += other.waste_wall;
  waste_gross += other.waste_gross;
  compared_gross += other.compared_gross;
  asap_gross += other.asap_gross;
  has_asap = has_asap || other.has_asap;
  co2_milligrams += other.co2_milligrams;
  has_co2 = has_co2 || other.has_co2;
  depreciation += other.depreciation;
  cooling += other.cooling;
  gpu.add(other.gpu);
  cpu.add(other.cpu);
  gpu_peak_bytes = std::max(gpu_peak_bytes, other.gpu_peak_bytes);
  host_peak_bytes = std::max(host_peak_bytes, other.host_peak_bytes);
  uncertainty += other.uncertainty;
  uncertainty_wall += other.uncertainty_wall;
}

std::optional<double> Sums::uncertainty_fraction() const {
  if (uncertainty_wall <= 0) return std::nullopt;
  return static_cast<double>(uncertainty) / static_cast<double>(uncertainty_wall) / 1e6;
}

}  // namespace turbodiff::report
