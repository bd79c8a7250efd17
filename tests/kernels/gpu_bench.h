// Times of the kernels at the shapes of the 1.3B model at 832 x 480 x 81 (L = 32760): CUDA events, median of
// 30, after results at that shape have been compared with the reference at sampled places.
#pragma once

#ifdef TURBODIFF_CUBLAS
#include <cublas_v2.h>
#endif

#include <algorithm>
#include <cstdio>

#include "backend_cuda.h"
#include "outcome.h"
#include "reference/w8a8.h"
#include "sagesla_cases.h"

namespace turbodiff::kernels {

template <typename Work>
double median_seconds(const Work& work) {
  cudaEvent_t begin, end;
  check(cudaEventCreate(&begin), "cudaEventCreate");
  check(cudaEventCreate(&end), "cudaEventCreate");
  for (int i = 0; i < 3; ++i) work();
  std::vector<double> times;
  for (int i = 0; i < 30; ++i) {
    check(cudaEventRecord(begin), "cudaEventRecord");
    work();
    check(cudaEventRecord(end), "cudaEventRecord");
    check(cudaEventSynchronize(end), "cudaEventSynchronize");
    float ms = 0;
    check(cudaEventElapsedTime(&ms, begin, end), "cudaEventElapsedTime");
    times.push_back(ms / 1e3);
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  std::nth_element(times.begin(), times.begin() + 15, times.end());
  return times[15];
}

/// Bytes a second of a device-to-device copy, read and written.
inline double copy_rate() {
  const std::size_t bytes = 512u << 20;
  Device::Array<std::int8_t> from(std::vector<std::int8_t>(bytes, 1)), to(std::vector<std::int8_t>(bytes, 2));
  return 2.0 * static_cast<double>(bytes) / median_seconds([&] {
           check(cudaMemcpyAsync(to.get(), from.get(), bytes, cudaMemcpyDeviceToDevice), "cudaMemcpyAsync");
         });
}

#ifdef TURBODIFF_CUBLAS
/// Seconds of cuBLAS' bf16 product of the same shape, fp32 sums.
inline double cublas_seconds(std::int64_t m, std::int64_t n, std::int64_t k) {
  Device::Array<std::uint16_t> x(as_bf16(numbers(m * k, 1))), w(as_bf16(numbers(n * k, 2))),
      out(std::vector<std::uint16_t>(static_cast<std::size_t>(m * n)));
  cublasHandle_t handle = nullptr;
  if (cublasCreate(&handle) != CUBLAS_STATUS_SUCCESS) throw std::runtime_error("cublasCreate failed");
  const float one = 1, zero = 0;
  const double time = median_seconds([&] {  // column-major: out^T [n, m] = w [n, k] x^T [k, m]
    if (cublasGemmEx(handle, CUBLAS_OP_T, CUBLAS_OP_N, static_cast<int>(n), static_cast<int>(m),
                     static_cast<int>(k), &one, w.get(), CUDA_R_16BF, static_cast<int>(k), x.get(),
                     CUDA_R_16BF, static_cast<int>(k), &zero, out.get(), CUDA_R_16BF, static_cast<int>(n),
                     CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT) != CUBLAS_STATUS_SUCCESS)
      throw std::runtime_error("cublasGemmEx failed");
  });
  cublasDestroy(handle);
  return time;
}
#endif

inline bool bench_w8a8(std::int64_t m, std::int64_t n, std::int64_t k) {
  const std::int64_t mb = (m + 127) / 128, nb = (n + 127) / 128, kb = (k + 127) / 128;
  std::vector<std::int8_t> x = bytes(m * k, 1), w = bytes(n * k, 2);
  std::vector<float> xs = numbers(mb * kb, 3, 0.01f), ws = numbers(nb * kb, 4, 0.01f);
  Device::Array<std::int8_t> d_x(x), d_w(w);
  Device::Array<float> d_xs(xs), d_ws(ws);
  Device::Array<std::uint16_t> d_out(std::vector<std::uint16_t>(static_cast<std::size_t>(m * n), 0x7fff));
  W8a8Params p{d_x.get(), d_xs.get(), d_w.get(), d_ws.get(), m, n, k};
  p.out = d_out.get();
  const double time = median_seconds([&] { Device::w8a8_gemm(p, W8a8Epilogue::store); });
  const std::vector<std::uint16_t> out = d_out.values();
  std::int64_t wrong = 0;
  for (std::int64_t sample = 0; sample < 4096; ++sample) {
    const std::int64_t i = sample * 7919 % m, j = sample * 104729 % n;
    float acc = 0;
    for (std::int64_t b = 0; b < kb; ++b) {
      std::int32_t sum = 0;
      for (std::int64_t c = b * 128; c < std::min(k, b * 128 + 128); ++c)
        sum += x[static_cast<std::size_t>(i * k + c)] * w[static_cast<std::size_t>(j * k + c)];
      acc = std::fma(
          static_cast<float>(sum),
          xs[static_cast<std::size_t>(i / 128 * kb + b)] * ws[static_cast<std::size_t>(j / 128 * kb + b)],
          acc);
    }
    wrong += reference::to_bf16(acc) != out[static_cast<std::size_t>(i * n + j)];
  }
  std::printf("w8a8_gemm %lld x %lld x %lld: %.3f ms, %.1f TOP/s, %lld of 4096 sampled values differ\n",
              static_cast<long long>(m), static_cast<long long>(n), static_cast<long long>(k), time * 1e3,
              2e-12 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) / time,
              static_cast<long long>(wrong));
#ifdef TURBODIFF_CUBLAS
  const double bf16 = cublas_seconds(m, n, k);
  std::printf("  cuBLAS bf16: %.3f ms, %.2f times as long\n", bf16 * 1e3, bf16 / time);
#endif
  return wrong == 0;
}

inline bool bench_sagesla(std::int64_t length, std::int64_t heads, double share, SlaVariant variant) {
  const bool wide = variant != SlaVariant::sage_64x128;
  const std::int64_t q_rows = wide ? 128 : 64, k_rows = wide ? 64 : 128;
  const std::int64_t q_blocks = (length + q_rows - 1) / q_rows, k_blocks = (length + k_rows - 1) / k_rows;
  const std::int64_t kept =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(share * static_cast<double>(k_blocks)));
  const std::int64_t elements = length * heads * sagesla_dim;
  const auto positive = [](std::vector<float> values) {
    for (float& v : values) v = std::fabs(v) + 1e-3f;
    return values;
  };
  std::vector<std::int8_t> q8 = bytes(elements, 1), k8 = bytes(elements, 2);
  std::vector<float> q_scale = positive(numbers(heads * q_blocks, 3, 0.02f)),
                     k_scale = positive(numbers(heads * k_blocks, 4, 0.02f));
  std::vector<std::uint16_t> v, q = as_bf16(numbers(elements, 6)), k = as_bf16(numbers(elements, 11)), m;
  for (const float f : numbers(elements, 5)) v.push_back(reference::to_half(f));
  for (const float f : numbers(heads * sagesla_dim * sagesla_dim, 7)) m.push_back(reference::to_half(f));
  std::vector<float> m_scale = positive(numbers(heads, 8)), k_sum = positive(numbers(heads * sagesla_dim, 9)),
                     bias = numbers(sagesla_dim, 10);
  std::vector<std::int32_t> lut;
  for (std::int64_t list = 0; list < heads * q_blocks; ++list)
    for (std::int64_t i = 0; i < kept; ++i)
      lut.push_back(static_cast<std::int32_t>((i * k_blocks + list * 131 % k_blocks) / kept % k_blocks));
  const std::vector<std::uint16_t> v_bf16 = as_bf16(numbers(elements, 5));
  std::vector<std::uint8_t> v8(static_cast<std::size_t>((length + 63) / 64 * 64 * heads * sagesla_dim));
  std::vector<float> v_scale(static_cast<std::size_t>(heads * sagesla_dim));
  reference::v_quant({v_bf16.data(), 1, length, heads, length, nullptr, v8.data(), v_scale.data()});
  Device::Array<std::uint8_t> d_v8(v8);
  Device::Array<float> d_v_scale(v_scale);
  Device::Array<std::int8_t> d_q8(q8), d_k8(k8);
  Device::Array<float> d_qs(q_scale), d_ks(k_scale), d_ms(m_scale), d_sum(k_sum), d_bias(bias);
  Device::Array<std::uint16_t> d_v(v), d_q(q), d_k(k), d_m(m),
      d_out(std::vector<std::uint16_t>(static_cast<std::size_t>(elements), 0x7fff));
  Device::Array<std::int32_t> d_lut(lut);
  const SageslaParams p{1,           length,     heads,      d_q8.get(),     d_k8.get(),
                        d_qs.get(),  d_ks.get(), d_v.get(),  d_lut.get(),    kept,
                        d_q.get(),   d_m.get(),  d_ms.get(), d_sum.get(),    d_bias.get(),
                        d_out.get(), d_k.get(),  d_v8.get(), d_v_scale.get()};
  const double time = median_seconds([&] { Device::sagesla_fwd(p, variant); });
  const std::vector<std::uint16_t> out = d_out.values();
  const SageslaParams host{
      1,           length,     heads,    q8.data(), k8.data(),     q_scale.data(), k_scale.data(),
      v.data(),    lut.data(), kept,     q.data(),  m.data(),      m_scale.data(), k_sum.data(),
      bias.data(), nullptr,    k.data(), v8.data(), v_scale.data()};
  std::vector<float> got, want, scratch;
  for (std::int64_t sample = 0; sample < 32; ++sample) {
    const std::int64_t row = sample + 1 == 32 ? length - 1 : sample * 1009 % length, head = sample % heads;
    const reference::detail::SageslaRow r{host, 0, head, row, q_rows, k_rows, variant};
    std::vector<float> o = reference::detail::sagesla_sparse(r, scratch);
    reference::detail::sagesla_linear(r, o);
    for (int d = 0; d < sagesla_dim; ++d) {
      want.push_back(reference::round_bf16(o[static_cast<std::size_t>(d)]));
      got.push_back(reference::from_bf16(out[static_cast<std::size_t>(r.element(row) + d)]));
    }
  }
  const Difference d = difference(got, want);
  const double done = 4.0 * static_cast<double>(q_blocks * q_rows * kept * k_rows * heads * sagesla_dim);
  std::printf("%s L=%lld, %lld heads, %lld of %lld blocks: %.3f ms, %.1f TOP/s done, sampled rows %s\n",
              name_of(variant), static_cast<long long>(length), static_cast<long long>(heads),
              static_cast<long long>(kept), static_cast<long long>(k_blocks), time * 1e3, done / time / 1e12,
              describe(d).c_str());
  return d.not_finite == 0 && d.cosine >= 0.99999 && d.relative_l1 <= 4e-3;
}

}  // namespace turbodiff::kernels
