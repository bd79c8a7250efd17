// norm_bench: checks the norm kernels against plain loops in fp64, then times them and prints bytes a second
// and the share of a device-to-device copy's rate measured in the same run. Exit codes: 0, 1 wrong results,
// 77 no GPU.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "common/check.h"
#include "norm/norm.h"

using namespace turbodiff::kernels;

namespace {

template <typename T>
class DeviceArray {
 public:
  explicit DeviceArray(const std::vector<T>& values) : size_(values.size()) {
    check(cudaMalloc(&data_, size_ * sizeof(T)), "cudaMalloc");
    check(cudaMemcpy(data_, values.data(), size_ * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy");
  }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  T* get() const { return data_; }
  std::vector<T> values() const {
    std::vector<T> host(size_);
    check(cudaMemcpy(host.data(), data_, size_ * sizeof(T), cudaMemcpyDeviceToHost), "cudaMemcpy");
    return host;
  }

 private:
  T* data_ = nullptr;
  std::size_t size_;
};

std::vector<float> numbers(std::size_t count, unsigned seed) {
  std::vector<float> values(count);
  for (float& v : values) {
    seed = seed * 1664525u + 1013904223u;
    v = static_cast<float>(seed >> 8) / 8388608.0f - 1.0f;
  }
  return values;
}

template <typename Work>
double seconds(const Work& work) {
  cudaEvent_t begin, end;
  check(cudaEventCreate(&begin), "cudaEventCreate");
  check(cudaEventCreate(&end), "cudaEventCreate");
  double best = 1e9;
  for (int i = 0; i < 10; ++i) {
    check(cudaEventRecord(begin), "cudaEventRecord");
    work();
    check(cudaEventRecord(end), "cudaEventRecord");
    check(cudaEventSynchronize(end), "cudaEventSynchronize");
    float ms = 0;
    check(cudaEventElapsedTime(&ms, begin, end), "cudaEventElapsedTime");
    best = std::min(best, ms / 1e3);
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  return best;
}

bool report(const char* name, double error, double bytes, double time, double copy_rate) {
  const bool ok = error < 1e-5;
  std::printf("%-12s max error %.2g  %7.1f GB/s  %5.1f %% of a copy  %s\n", name, error, bytes / time / 1e9,
              100 * bytes / time / copy_rate, ok ? "ok" : "WRONG");
  return ok;
}

int run() {
  const std::int64_t rows = 32760, dim = 1536, head_dim = 128, half = head_dim / 2;
  const auto x = numbers(rows * dim, 1), mul = numbers(dim, 2), add = numbers(dim, 3),
             angles = numbers(rows * half, 4);
  std::vector<float> cosines(angles.size()), sines(angles.size());
  for (std::size_t i = 0; i < angles.size(); ++i) {
    cosines[i] = std::cos(angles[i]);
    sines[i] = std::sin(angles[i]);
  }
  const DeviceArray<float> dx(x), dmul(mul), dadd(add), dcos(cosines), dsin(sines);
  DeviceArray<float> out(std::vector<float>(x.size()));
  const double bytes = 2.0 * static_cast<double>(x.size() * sizeof(float));
  const double copy_rate =
      bytes / seconds([&] { cudaMemcpyAsync(out.get(), dx.get(), x.size() * 4, cudaMemcpyDeviceToDevice); });
  bool ok = true;

  const LayerNormParams layer{dx.get(), out.get(),  Storage::f32, rows, dim,
                              1e-6f,    dmul.get(), dadd.get(),   rows};
  const double layer_time = seconds([&] { layer_norm(layer, nullptr); });
  auto got = out.values();
  double worst = 0;
  for (std::int64_t row = 0; row < rows; row += 997) {
    double mean = 0, variance = 0;
    for (std::int64_t i = 0; i < dim; ++i) mean += x[row * dim + i];
    mean /= dim;
    for (std::int64_t i = 0; i < dim; ++i) variance += (x[row * dim + i] - mean) * (x[row * dim + i] - mean);
    for (std::int64_t i = 0; i < dim; ++i)
      worst = std::max(worst, std::abs((x[row * dim + i] - mean) / std::sqrt(variance / dim + 1e-6) * mul[i] +
                                       add[i] - got[row * dim + i]));
  }
  ok = report("layer_norm", worst, bytes, layer_time, copy_rate) && ok;

  const RmsNormParams rms{dx.get(), out.get(),  Storage::f32, Storage::f32, rows, dim,
                          1e-6f,    dmul.get(), dcos.get(),   dsin.get(),   rows, head_dim};
  const double rms_time = seconds([&] { rms_norm(rms, nullptr); });
  got = out.values();
  worst = 0;
  for (std::int64_t row = 0; row < rows; row += 997) {
    double squares = 0;
    for (std::int64_t i = 0; i < dim; ++i)
      squares += static_cast<double>(x[row * dim + i]) * x[row * dim + i];
    const double scale = 1 / std::sqrt(squares / dim + 1e-6);
    for (std::int64_t i = 0; i < dim; i += 2) {
      const double re = x[row * dim + i] * scale * mul[i], im = x[row * dim + i + 1] * scale * mul[i + 1];
      const double c = cosines[row * half + i % head_dim / 2], s = sines[row * half + i % head_dim / 2];
      worst = std::max({worst, std::abs(re * c - im * s - got[row * dim + i]),
                        std::abs(re * s + im * c - got[row * dim + i + 1])});
    }
  }
  ok = report("rms_norm", worst, bytes, rms_time, copy_rate) && ok;
  return ok ? 0 : 1;
}

}  // namespace

int main() {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::printf("no CUDA device: nothing to measure\n");
    return 77;
  }
  try {
    return run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "norm_bench: %s\n", error.what());
    return 1;
  }
}
