#include "ops/causal_conv3d.h"

#include <ATen/ATen.h>

#include "ops/aligned.h"
#include "ops/linear.h"

namespace turbodiff::ops {

namespace {

/// oneDNN computes in bf16 from AVX-512 on.
bool cpu_runs_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

/// at::conv3d picks its backend by the number of threads among other things; this does not. oneDNN's forward
/// convolutions divide outputs, never the sum of one output, among threads (tests compare every kind of layer
/// of the autoencoder).
bool use_onednn(const at::Tensor& x) {
  if (!x.is_cpu() || !at::globalContext().hasMKLDNN()) return false;
  return x.scalar_type() == at::kFloat || (x.scalar_type() == at::kBFloat16 && cpu_runs_bf16());
}

/// A kernel of one tap without padding or stride is a linear layer over the channels of every pixel, which
/// has a division of its own.
bool is_pointwise(const at::Tensor& x, const at::Tensor& weight, std::int64_t padding, std::int64_t stride) {
  return x.is_cpu() && padding == 0 && stride == 1 && weight.numel() == weight.size(0) * weight.size(1);
}

/// x [B, C, ...], weight [N, C, 1, ...] -> [B, N, ...], channels last.
at::Tensor pointwise(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return linear(x.movedim(1, -1).contiguous(), weight.flatten(1), bias).movedim(-1, 1);
}

}  // namespace

at::Tensor conv3d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  std::array<std::int64_t, 2> padding, std::int64_t stride_t) {
  if (is_pointwise(x, weight, padding[0] + padding[1], stride_t)) return pointwise(x, weight, bias);
  const std::array<std::int64_t, 3> pad{0, padding[0], padding[1]}, stride{stride_t, 1, 1}, dilation{1, 1, 1};
  const at::Tensor input = x.contiguous(at::MemoryFormat::ChannelsLast3d);
  if (use_onednn(x)) return at::mkldnn_convolution(input, aligned(weight), bias, pad, stride, dilation, 1);
  return at::conv3d(input, weight, bias, stride, pad).contiguous(at::MemoryFormat::ChannelsLast3d);
}

at::Tensor conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, std::int64_t padding,
                  std::int64_t stride) {
  if (is_pointwise(x, weight, padding, stride)) return pointwise(x, weight, bias);
  const std::array<std::int64_t, 2> pad{padding, padding}, strides{stride, stride}, dilation{1, 1};
  const at::Tensor input = x.contiguous(at::MemoryFormat::ChannelsLast);
  if (use_onednn(x)) return at::mkldnn_convolution(input, aligned(weight), bias, pad, strides, dilation, 1);
  return at::conv2d(input, weight, bias, strides, pad).contiguous(at::MemoryFormat::ChannelsLast);
}

namespace reference {
at::Tensor conv3d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  std::array<std::int64_t, 2> padding, std::int64_t stride_t) {
  const at::Tensor padded =
      at::constant_pad_nd(x.to(at::kDouble), {padding[1], padding[1], padding[0], padding[0]});
  const std::int64_t kt = weight.size(2), kh = weight.size(3), kw = weight.size(4);
  const std::int64_t frames = (padded.size(2) - kt) / stride_t + 1;
  const std::int64_t rows = padded.size(3) - kh + 1, columns = padded.size(4) - kw + 1;
  at::Tensor out = bias.to(at::kDouble)
                       .view({1, -1, 1, 1, 1})
                       .expand({x.size(0), weight.size(0), frames, rows, columns})
                       .clone();
  for (std::int64_t t = 0; t < kt; ++t)
    for (std::int64_t i = 0; i < kh; ++i)
      for (std::int64_t j = 0; j < kw; ++j) {
        const at::Tensor tap = padded.slice(2, t, t + (frames - 1) * stride_t + 1, stride_t)
                                   .slice(3, i, i + rows)
                                   .slice(4, j, j + columns);
        const at::Tensor w = weight.select(2, t).select(2, i).select(2, j).to(at::kDouble);  // [N, C]
        out.add_(at::matmul(tap.movedim(1, -1), w.t()).movedim(-1, 1));
      }
  return out.to(x.scalar_type());
}
}  // namespace reference

}  // namespace turbodiff::ops
