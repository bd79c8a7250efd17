#include "energy/estimate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace turbodiff::energy {
namespace {

using Row = std::vector<double>;

constexpr double z_of_band = 1.8;         // two-sided 90 %, widened for few observations
constexpr double assumed_noise = 0.08;    // of one run, relative, before runs have shown it
constexpr double assumed_noise_runs = 4;  // how many runs that assumption counts as
constexpr double least_noise = 0.03;
constexpr double least_jitter_s = 0.02;       // of what is no computing: processes, files
constexpr double start_jitter = 0.15;         // of the time for it, relative
constexpr double guess_deviation = 0.7;       // of a coefficient against the guess once its scale is known
constexpr double unmeasured_deviation = 1.0;  // of a prediction that rests on no run at all

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 != 0) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

double dot(const Row& a, const Row& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Inverse of a small symmetric positive definite matrix (Gauss-Jordan).
std::vector<Row> inverse(std::vector<Row> matrix) {
  const std::size_t n = matrix.size();
  std::vector<Row> result(n, Row(n, 0));
  for (std::size_t i = 0; i < n; ++i) result[i][i] = 1;
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t row = column + 1; row < n; ++row)
      if (std::abs(matrix[row][column]) > std::abs(matrix[pivot][column])) pivot = row;
    std::swap(matrix[column], matrix[pivot]);
    std::swap(result[column], result[pivot]);
    const double scale = matrix[column][column];
    for (std::size_t k = 0; k < n; ++k) {
      matrix[column][k] /= scale;
      result[column][k] /= scale;
    }
    for (std::size_t row = 0; row < n; ++row) {
      if (row == column) continue;
      const double factor = matrix[row][column];
      for (std::size_t k = 0; k < n; ++k) {
        matrix[row][k] -= factor * matrix[column][k];
        result[row][k] -= factor * result[column][k];
      }
    }
  }
  return result;
}

Row denoise_features(const Workload& work) {
  const auto n = static_cast<double>(work.tokens), steps = static_cast<double>(work.steps);
  return {steps, steps * n, steps * n * n};
}

Row pixel_features(const Workload& work) {
  return {1, static_cast<double>(work.pixels)};
}

std::vector<double> part_of(std::span<const Observation> observations, double StageSeconds::*stage,
                            bool only_positive) {
  std::vector<double> values;
  for (const Observation& o : observations)
    if (!only_positive || o.seconds.*stage > 0) values.push_back(o.seconds.*stage);
  return values;
}

}  // namespace

NetworkSize network_of(double bytes) {
  // Weights are stored in two or four bytes each; three are wrong by no more than half.
  constexpr double bytes_a_weight = 3, largest = 1e13;
  const NetworkSize known;
  const double weights =
      known.layers * (8 * known.dim * known.dim + 2 * known.dim * known.ffn_dim);  // of the 1.3B model
  const double scale = std::cbrt(std::clamp(bytes, 1.0, largest) / bytes_a_weight / weights);
  return {known.dim * scale, known.ffn_dim * scale, known.layers * scale};
}

DecoderWork decoder_work_of(double bytes) {
  constexpr double bytes_of_wan = 508e6, largest = 1e12;
  const double ratio = std::clamp(bytes, 1.0, largest) / bytes_of_wan;
  return {DecoderWork{}.flops * ratio, DecoderWork{}.bytes * std::sqrt(ratio)};
}

Workload workload_of(const spec::GenerationRequest& request) {
  const std::int64_t samples = request.grid ? request.num_samples : 1;
  const std::int64_t latent_frames = (request.frames - 1) / 4 + 1;
  return {.tokens = latent_frames * (request.size.height / 16) * (request.size.width / 16),
          .steps = samples * request.steps,
          .pixels = samples * request.frames * request.size.height * request.size.width};
}

/// Least squares on relative errors, towards the guess once it has been scaled to the observations: two sizes
/// do not tell three coefficients apart, and the guess then decides how they share the time.
TimeModel::Stage TimeModel::fit(const std::vector<Row>& features, const std::vector<double>& seconds,
                                const Row& guess) {
  const std::size_t k = guess.size();
  std::vector<double> ratios;
  for (std::size_t i = 0; i < features.size(); ++i)
    if (seconds[i] > 0) ratios.push_back(seconds[i] / dot(features[i], guess));
  Stage stage;
  stage.coefficients = guess;
  stage.relative_noise = assumed_noise;
  if (ratios.empty()) {
    stage.covariance.assign(k * k, 0);
    stage.relative_noise = unmeasured_deviation;
    return stage;
  }
  const double scale = median(ratios);
  Row prior(k);
  for (std::size_t j = 0; j < k; ++j) prior[j] = guess[j] * scale;

  // In units of the prior, so that all numbers are near 1: coefficients c_j = prior_j * u_j.
  std::vector<bool> fixed(k, false);
  Row u(k, 1);
  std::vector<Row> covariance;
  for (std::size_t round = 0; round <= k; ++round) {
    std::vector<std::size_t> free;
    for (std::size_t j = 0; j < k; ++j)
      if (!fixed[j]) free.push_back(j);
    std::vector<Row> normal(free.size(), Row(free.size(), 0));
    Row right(free.size(), 0);
    for (std::size_t a = 0; a < free.size(); ++a) {
      const double weight = 1 / (guess_deviation * guess_deviation);
      normal[a][a] += weight;
      right[a] += weight;
    }
    for (std::size_t i = 0; i < features.size(); ++i) {
      if (seconds[i] <= 0) continue;
      const double weight = 1 / (assumed_noise * assumed_noise * seconds[i] * seconds[i]);
      for (std::size_t a = 0; a < free.size(); ++a) {
        const double fa = features[i][free[a]] * prior[free[a]];
        right[a] += weight * fa * seconds[i];
        for (std::size_t b = 0; b < free.size(); ++b)
          normal[a][b] += weight * fa * features[i][free[b]] * prior[free[b]];
      }
    }
    covariance = inverse(std::move(normal));
    bool negative = false;
    for (std::size_t a = 0; a < free.size(); ++a) {
      u[free[a]] = dot(covariance[a], right);
      if (u[free[a]] < 0) {
        u[free[a]] = 0;
        fixed[free[a]] = negative = true;
      }
    }
    if (negative && round < k) continue;
    stage.covariance.assign(k * k, 0);
    for (std::size_t a = 0; a < free.size(); ++a)
      for (std::size_t b = 0; b < free.size(); ++b)
        stage.covariance[free[a] * k + free[b]] = covariance[a][b] * prior[free[a]] * prior[free[b]];
    break;
  }
  for (std::size_t j = 0; j < k; ++j) stage.coefficients[j] = u[j] * prior[j];

  double squares = assumed_noise_runs * assumed_noise * assumed_noise, count = assumed_noise_runs;
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (seconds[i] <= 0) continue;
    const double residual = dot(features[i], stage.coefficients) / seconds[i] - 1;
    squares += residual * residual;
    ++count;
  }
  stage.relative_noise = std::max(least_noise, std::sqrt(squares / count));
  return stage;
}

TimeModel::Prediction TimeModel::predict(const Stage& stage, const Row& features) {
  const double seconds = dot(features, stage.coefficients);
  double variance = stage.relative_noise * stage.relative_noise * seconds * seconds;
  const std::size_t k = features.size();
  const double inflation = stage.relative_noise / assumed_noise;
  for (std::size_t a = 0; a < k; ++a)
    for (std::size_t b = 0; b < k; ++b)
      variance += features[a] * stage.covariance[a * k + b] * features[b] * inflation * inflation;
  return {seconds, std::sqrt(std::max(0.0, variance))};
}

TimeModel::TimeModel(const SpeedGuess& guess, std::span<const Observation> observations)
    : observations_(static_cast<int>(observations.size())) {
  std::vector<Row> denoise, pixels;
  for (const Observation& o : observations) {
    denoise.push_back(denoise_features(o.work));
    pixels.push_back(pixel_features(o.work));
  }
  const auto& [dim, ffn, layers] = guess.network;
  const double linear = layers * 2 * (6 * dim * dim + 2 * dim * ffn), attention = layers * 4 * dim;
  const Row per_step = {linear * 64 / guess.flops_per_s,  // what a step costs however few tokens there are
                        linear / guess.flops_per_s, attention / guess.flops_per_s};
  denoise_ = fit(denoise, part_of(observations, &StageSeconds::denoise, false), per_step);
  // Encoding H.264 takes some 100 operations a pixel.
  decode_ = fit(pixels, part_of(observations, &StageSeconds::decode, false),
                {0.02, guess.decoder.flops / guess.flops_per_s + guess.decoder.bytes / guess.bytes_per_s});
  encode_ = fit(pixels, part_of(observations, &StageSeconds::encode, false), {0.01, 2e-8});
  text_s_ = median(part_of(observations, &StageSeconds::text, true));
  load_s_ = median(part_of(observations, &StageSeconds::load, true));
  std::vector<double> warm, cold;
  for (const Observation& o : observations) (o.seconds.load > 0 ? cold : warm).push_back(o.seconds.other);
  other_cold_s_ = median(cold);
  other_warm_s_ = warm.empty() ? std::min(other_cold_s_, 0.1) : median(warm);
  if (cold.empty()) other_cold_s_ = other_warm_s_;
}

Band band_of(double seconds, double deviation) {
  const double spread = std::exp(z_of_band * deviation / std::max(seconds, 1e-9));
  return {seconds / spread, seconds * spread};
}

TimeEstimate TimeModel::estimate(const Workload& work) const {
  const std::array parts = {predict(denoise_, denoise_features(work)), predict(decode_, pixel_features(work)),
                            predict(encode_, pixel_features(work))};
  TimeEstimate estimate;
  estimate.seconds = text_s_ + other_warm_s_;
  double deviation = least_jitter_s + start_jitter * estimate.seconds;
  for (const Prediction& part : parts) {
    estimate.seconds += part.seconds;
    deviation = std::hypot(deviation, part.deviation);
  }
  const Band band = band_of(estimate.seconds, deviation);
  estimate.low = band.low;
  estimate.high = band.high;
  estimate.deviation = deviation;
  estimate.load_seconds = load_s_ + std::max(0.0, other_cold_s_ - other_warm_s_);
  estimate.observations = observations_;
  return estimate;
}

}  // namespace turbodiff::energy
