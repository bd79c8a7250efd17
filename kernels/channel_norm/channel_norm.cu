#include "channel_norm/channel_norm.h"

#include "channel_norm/channel_norm_body.cuh"
#include "common/launch.h"

namespace turbodiff::kernels {

namespace {
template <typename Element, int Pieces>
__global__ void __launch_bounds__(channel_norm_threads) channel_norm_kernel(ChannelNormParams p) {
  channel_norm_body<Element, Pieces>(p);
}

template <typename Element, int Pieces>
void run(const ChannelNormParams& p, cudaStream_t stream) {
  launch("channel_norm", channel_norm_kernel<Element, Pieces>,
         {channel_norm_blocks<Pieces>(p), channel_norm_threads, 0, stream}, p);
}

template <typename Element>
void run(const ChannelNormParams& p, cudaStream_t stream) {
  with_channel_norm_pieces(p, [&](auto pieces) { run<Element, decltype(pieces)::value>(p, stream); });
}
}  // namespace

void channel_norm(const ChannelNormParams& p, cudaStream_t stream) {
  if (p.rows < 1 || p.channels < 1 || p.channels > channel_norm_most_channels)
    throw std::runtime_error("channel_norm: 1 to 1024 channels");
  if (p.channels % 4 == 0)
    for (const void* operand : {p.x, static_cast<const void*>(p.out), static_cast<const void*>(p.gamma)})
      require_aligned("channel_norm", operand);
  if (p.type == Storage::f32) return run<float>(p, stream);
  if (p.type == Storage::bf16) return run<std::uint16_t>(p, stream);
  throw std::runtime_error("channel_norm: fp32 or bf16");
}

}  // namespace turbodiff::kernels
