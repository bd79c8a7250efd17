// Estimates the seconds of a generation, learnt from those that this machine has finished.
//   text [1]   denoise: steps x [1, tokens, tokens^2]   decode, encode: [1, pixels]
// Attention is quadratic in the tokens, everything else linear; coefficients are never negative.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "spec/generation_request.h"

namespace turbodiff::energy {

/// The quantities that determine how long a generation takes.
struct Workload {
  std::int64_t tokens = 0;  ///< the transformer sees at once
  std::int64_t steps = 0;   ///< evaluations of the transformer, of all samples together
  std::int64_t pixels = 0;  ///< frames x height x width, of all samples together
  bool operator==(const Workload&) const = default;
};

/// The workload of one output file, with a VAE of 8x8x4 and patches of 2x2, as in all of Wan2.1.
Workload workload_of(const spec::GenerationRequest& request);

/// The duration of each part of a finished generation, in seconds.
struct StageSeconds {
  double load = 0, text = 0, denoise = 0, decode = 0, encode = 0;
  double other = 0;  ///< starting the engine, putting the file in place
};

struct Observation {
  Workload work;
  StageSeconds seconds;
};

/// Sizes of a transformer; those of Wan2.1-1.3B where nothing is known.
struct NetworkSize {
  double dim = 1536, ffn_dim = 8960, layers = 30;
};

/// The built-in demo model.
inline constexpr NetworkSize demo_network{128, 512, 5};
/// Assumed speed of a current GPU on these networks.
inline constexpr double gpu_flops_per_s = 1e14, gpu_bytes_per_s = 1e12;

/// Sizes of a transformer of Wan2.1's shape whose weights take `bytes`.
NetworkSize network_of(double bytes);

/// The work of a VAE's decoder per pixel; Wan2.1's where nothing is known.
struct DecoderWork {
  double flops = 8.5e6;
  double bytes = 40.4e3;  ///< through memory, in fp32
};

/// The decoder work of a VAE of Wan2.1's shape whose weights take `bytes`: memory traffic grows with the
/// number of channels, arithmetic with its square.
DecoderWork decoder_work_of(double bytes);

/// Assumptions before anything has been measured.
struct SpeedGuess {
  NetworkSize network = {};
  DecoderWork decoder = {};
  double flops_per_s = 5e10;  ///< that networks reach, not the machine's peak
  double bytes_per_s = 5e10;  ///< through memory
};

struct TimeEstimate {
  double seconds = 0;        ///< without loading the model
  double low = 0, high = 0;  ///< nine of ten generations are within these bounds
  double deviation = 0;      ///< standard deviation of `seconds`
  double load_seconds = 0;   ///< once for jobs of the same model that follow each other
  int observations = 0;      ///< number of finished generations it is based on; 0: a guess
};

/// The bounds of nine of ten outcomes, on a logarithmic scale so that the lower one stays above zero.
struct Band {
  double low = 0, high = 0;
};
Band band_of(double seconds, double deviation);

/// Learns from the generations of one model and device.
class TimeModel {
 public:
  explicit TimeModel(const SpeedGuess& guess, std::span<const Observation> observations = {});
  TimeEstimate estimate(const Workload& work) const;

 private:
  struct Stage {
    std::vector<double> coefficients;
    std::vector<double> covariance;  ///< row by row, of the coefficients
    double relative_noise = 0;
  };
  struct Prediction {
    double seconds = 0, deviation = 0;
  };
  static Stage fit(const std::vector<std::vector<double>>& features, const std::vector<double>& seconds,
                   const std::vector<double>& guess);
  static Prediction predict(const Stage& stage, const std::vector<double>& features);

  Stage denoise_, decode_, encode_;
  double text_s_ = 0, load_s_ = 0;
  double other_warm_s_ = 0, other_cold_s_ = 0;  ///< with the model loaded before, and not
  int observations_ = 0;
};

}  // namespace turbodiff::energy
