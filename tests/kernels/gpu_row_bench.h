// Times of the kernels that memory bounds, at the shapes of gpu_bench.h, as shares of a copy's rate.
#pragma once

#include "gpu_bench.h"

namespace turbodiff::kernels {

class RowBench {
 public:
  RowBench(std::int64_t length, std::int64_t heads)
      : length_(length), heads_(heads), dim_(heads * 128), elements_(length * dim_), rate_(copy_rate()) {}

  void run() const {
    norms();
    channel_norms();
    queries_and_keys();
  }

 private:
  using Floats = Device::Array<float>;
  using Bits = Device::Array<std::uint16_t>;
  using Bytes = Device::Array<std::int8_t>;
  static std::vector<float> zeros(std::int64_t count) {
    return std::vector<float>(static_cast<std::size_t>(count));
  }
  static std::vector<std::uint16_t> bits(std::int64_t count) {
    return std::vector<std::uint16_t>(static_cast<std::size_t>(count));
  }
  static std::vector<std::int8_t> bytes_of(std::int64_t count) {
    return std::vector<std::int8_t>(static_cast<std::size_t>(count));
  }

  /// `moved`: bytes of each element that have to be read and written.
  template <typename Work>
  void report(const char* name, double moved, std::int64_t elements, const Work& work) const {
    const double bytes = moved * static_cast<double>(elements), time = median_seconds(work);
    std::printf("%s: %.3f ms, %.0f GB/s, %.0f %% of a copy's %.0f GB/s\n", name, time * 1e3,
                bytes / time / 1e9, 100 * bytes / time / rate_, rate_ / 1e9);
  }

  void norms() const {
    Floats x(numbers(elements_, 1)), mul(numbers(dim_, 2)), add(numbers(dim_, 3)),
        scale(zeros((length_ + 127) / 128 * heads_)), angles(numbers(length_ * 64, 4));
    Bytes out(bytes_of(elements_));
    Bits narrow(as_bf16(numbers(elements_, 5))), narrow_out(bits(elements_));
    report("norm_mod_quant", 5, elements_, [&] {
      Device::norm_mod_quant(
          {x.get(), length_, dim_, 1e-6f, mul.get(), add.get(), length_, out.get(), scale.get()});
    });
    report("block_quant of bf16", 3, elements_, [&] {
      Device::block_quant({narrow.get(), Storage::bf16, length_, dim_, out.get(), scale.get()});
    });
    report("layer_norm to bf16", 6, elements_, [&] {
      Device::layer_norm(
          {x.get(), narrow_out.get(), Storage::bf16, length_, dim_, 1e-6f, mul.get(), add.get(), length_});
    });
    report("rms_norm of bf16, rotated", 4, elements_, [&] {
      Device::rms_norm({narrow.get(), narrow_out.get(), Storage::bf16, Storage::bf16, length_, dim_, 1e-6f,
                        mul.get(), angles.get(), angles.get(), length_, 128});
    });
  }

  void channel_norms() const {
    for (const std::int64_t channels : {96, 192, 384}) {
      const std::int64_t rows = (std::int64_t{1} << 28) / channels;
      Bits x(as_bf16(numbers(rows * channels, 1))), out(bits(rows * channels));
      Floats gamma(numbers(channels, 2));
      const std::string name = "channel_norm with SiLU, " + std::to_string(channels) + " channels";
      report(name.c_str(), 4, rows * channels, [&] {
        Device::channel_norm({x.get(), out.get(), Storage::bf16, rows, channels, gamma.get(), true});
      });
    }
  }

  void queries_and_keys() const {
    const std::int64_t k_blocks = (length_ + 63) / 64, q_blocks = (length_ + 127) / 128,
                       shares = (length_ + 511) / 512;
    Bits k(as_bf16(numbers(elements_, 4))), v(as_bf16(numbers(elements_, 5))), v_half(bits(elements_)),
        out(bits(elements_)), m(bits(dim_ * 128));
    Floats mean(zeros(k_blocks * dim_)), all(zeros(dim_)), scale(zeros(k_blocks * heads_)),
        weight(numbers(dim_, 6)), projection(numbers(128 * 128, 6)),
        parts(zeros(heads_ * shares * 129 * 128)), m_scale(zeros(heads_)), k_sum(zeros(dim_)),
        q_mean(numbers(q_blocks * dim_, 7)), angles(numbers(length_ * 64, 8));
    Bytes values(bytes_of(elements_));
    const QkNormRopeParams queries{
        k.get(),      1,         length_,    heads_,       128,        1e-6f, weight.get(), angles.get(),
        angles.get(), out.get(), mean.get(), values.get(), scale.get()};
    report("qk_norm_rope of queries", 5, elements_, [&] { Device::qk_norm_rope(queries); });
    const QkQuantParams keys{k.get(), 1,          length_,   heads_,       64,
                             true,    mean.get(), all.get(), values.get(), scale.get()};
    report("qk_quant of keys", 5, elements_, [&] { Device::qk_quant(keys); });
    report("kvsum", 6, elements_, [&] {
      Device::kvsum({k.get(), v.get(), 1, length_, heads_, 512, projection.get(), parts.get(), v_half.get(),
                     m.get(), m_scale.get(), k_sum.get()});
    });
    const std::int64_t kept = std::max<std::int64_t>(1, k_blocks / 10);
    Device::Array<std::int32_t> lut(
        std::vector<std::int32_t>(static_cast<std::size_t>(heads_ * q_blocks * kept)));
    const BlockTopkParams topk{q_mean.get(), mean.get(), heads_ * q_blocks, q_blocks, k_blocks,
                               128,          kept,       lut.get()};
    std::printf("block_topk, %lld lists of %lld: %.3f ms\n", static_cast<long long>(heads_ * q_blocks),
                static_cast<long long>(k_blocks), 1e3 * median_seconds([&] { Device::block_topk(topk); }));
  }

  std::int64_t length_, heads_, dim_, elements_;
  double rate_;
};

}  // namespace turbodiff::kernels
