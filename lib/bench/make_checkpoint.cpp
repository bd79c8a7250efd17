#include "bench/make_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/error.h"
#include "core/os/output_file.h"
#include "core/os/signals.h"
#include "core/os/system_info.h"
#include "core/text/strings.h"
#include "core/units.h"

namespace turbodiff::bench {

namespace {

using Shape = std::vector<std::int64_t>;
using weights::TensorSpec;

constexpr std::int64_t head_dim = 128;
constexpr std::int64_t text_dim = 4096, vae_dim = 96;

struct Part {
  const char* file;
  std::vector<TensorSpec> tensors;
};

std::uint64_t elements(const TensorSpec& tensor) {
  std::uint64_t count = 1;
  for (const std::int64_t size : tensor.shape) count *= static_cast<std::uint64_t>(size);
  return count;
}

/// Uniform numbers from splitmix64 (Steele et al., 2014).
class Uniform {
 public:
  explicit Uniform(std::uint64_t seed) : state_(seed) {}
  float next(float half_width) {
    if (left_ == 0) {
      bits_ = state_ += 0x9e3779b97f4a7c15u;
      bits_ = (bits_ ^ (bits_ >> 30)) * 0xbf58476d1ce4e5b9u;
      bits_ = (bits_ ^ (bits_ >> 27)) * 0x94d049bb133111ebu;
      bits_ ^= bits_ >> 31;
      left_ = 4;
    }
    const auto sixteen = static_cast<std::int16_t>(bits_ & 0xffff);
    bits_ >>= 16;
    --left_;
    return static_cast<float>(sixteen) * (half_width / 32768.0f);
  }

 private:
  std::uint64_t state_, bits_ = 0;
  int left_ = 0;
};

/// Centre and half width that keep activations of order one: norms near 1, biases small, matrices by their
/// fan-in.
std::pair<float, float> range_of(const TensorSpec& tensor) {
  const std::string& name = tensor.name;
  if (name.find("norm") != std::string::npos || name.ends_with("gamma"))
    return name.ends_with("bias") ? std::pair{0.0f, 0.1f} : std::pair{1.0f, 0.1f};
  if (name.ends_with("bias") || tensor.shape.size() < 2) return {0.0f, 0.05f};
  if (name.ends_with("modulation")) return {0.0f, 0.3f};
  double fan_in = 1;
  for (std::size_t i = 1; i < tensor.shape.size(); ++i) fan_in *= static_cast<double>(tensor.shape[i]);
  if (name.ends_with("token_embedding.weight")) fan_in = 1;
  if (name.ends_with("attn.q.weight") && !name.starts_with("blocks.0.self")) fan_in *= 8;
  return {0.0f, static_cast<float>(std::sqrt(3.0 / fan_in))};
}

void write_part(const Part& part, const std::filesystem::path& path, bool force,
                const std::function<void(std::uint64_t)>& on_bytes) {
  core::OutputFile file(path, force);
  weights::SafetensorsWriter writer(file.temp_path(), part.tensors,
                                    {{"made_by", "turbodiff bench --make-checkpoint"}});
  Uniform uniform(0x7475726264696666u);
  std::vector<std::uint8_t> buffer;
  for (const TensorSpec& tensor : part.tensors) {
    const auto [centre, half_width] = range_of(tensor);
    const bool wide = tensor.dtype == Dtype::f32;
    for (std::uint64_t left = elements(tensor); left > 0;) {
      const std::uint64_t count = std::min<std::uint64_t>(left, 1 << 20);
      buffer.resize(count * size_of(tensor.dtype));
      for (std::uint64_t i = 0; i < count; ++i) {
        const auto bits = std::bit_cast<std::uint32_t>(centre + uniform.next(half_width)) & 0xffff0000u;
        if (wide)
          reinterpret_cast<std::uint32_t*>(buffer.data())[i] = bits;
        else
          reinterpret_cast<std::uint16_t*>(buffer.data())[i] = static_cast<std::uint16_t>(bits >> 16);
      }
      writer.write(std::span<const std::uint8_t>(buffer));
      left -= count;
      on_bytes(buffer.size());
      core::throw_if_interrupted();
    }
  }
  writer.finish();
  file.commit();
}

void add_linear(std::vector<TensorSpec>& out, const std::string& name, std::int64_t rows,
                std::int64_t columns) {
  out.push_back({name + ".weight", Dtype::bf16, {rows, columns}});
  out.push_back({name + ".bias", Dtype::bf16, {rows}});
}

void add_conv(std::vector<TensorSpec>& out, const std::string& name, Shape shape) {
  const std::int64_t channels = shape.front();
  out.push_back({name + ".weight", Dtype::f32, std::move(shape)});
  out.push_back({name + ".bias", Dtype::f32, {channels}});
}

void add_residual(std::vector<TensorSpec>& out, const std::string& name, std::int64_t in,
                  std::int64_t channels) {
  out.push_back({name + ".residual.0.gamma", Dtype::f32, {in, 1, 1, 1}});
  add_conv(out, name + ".residual.2", {channels, in, 3, 3, 3});
  out.push_back({name + ".residual.3.gamma", Dtype::f32, {channels, 1, 1, 1}});
  add_conv(out, name + ".residual.6", {channels, channels, 3, 3, 3});
  if (in != channels) add_conv(out, name + ".shortcut", {channels, in, 1, 1, 1});
}

void add_middle(std::vector<TensorSpec>& out, const std::string& name, std::int64_t channels) {
  add_residual(out, name + ".0", channels, channels);
  out.push_back({name + ".1.norm.gamma", Dtype::f32, {channels, 1, 1}});
  add_conv(out, name + ".1.to_qkv", {3 * channels, channels, 1, 1});
  add_conv(out, name + ".1.proj", {channels, channels, 1, 1});
  add_residual(out, name + ".2", channels, channels);
}

}  // namespace

std::vector<TensorSpec> dit_tensors(std::int64_t dim, std::int64_t ffn_dim, std::int64_t layers,
                                    std::int64_t text_width, bool sparse_linear_attention) {
  std::vector<TensorSpec> out;
  constexpr std::int64_t channels = 16, patch = 4, freq_dim = 256;
  add_linear(out, "patch_embedding", dim, channels * patch);
  add_linear(out, "text_embedding.0", dim, text_width);
  add_linear(out, "text_embedding.2", dim, dim);
  add_linear(out, "time_embedding.0", dim, freq_dim);
  add_linear(out, "time_embedding.2", dim, dim);
  add_linear(out, "time_projection.1", 6 * dim, dim);
  for (std::int64_t i = 0; i < layers; ++i) {
    const std::string block = fmt::format("blocks.{}.", i);
    out.push_back({block + "modulation", Dtype::bf16, {1, 6, dim}});
    for (const char* attention : {"self_attn.", "cross_attn."}) {
      for (const char* projection : {"q", "k", "v", "o"})
        add_linear(out, block + attention + projection, dim, dim);
      out.push_back({block + attention + "norm_q.weight", Dtype::bf16, {dim}});
      out.push_back({block + attention + "norm_k.weight", Dtype::bf16, {dim}});
    }
    if (sparse_linear_attention) {
      const std::string projection = block + "self_attn.attn_op.local_attn.proj_l";
      out.push_back({projection + ".weight", Dtype::f32, {head_dim, head_dim}});
      out.push_back({projection + ".bias", Dtype::f32, {head_dim}});
    }
    out.push_back({block + "norm3.weight", Dtype::bf16, {dim}});
    out.push_back({block + "norm3.bias", Dtype::bf16, {dim}});
    add_linear(out, block + "ffn.0", ffn_dim, dim);
    add_linear(out, block + "ffn.2", dim, ffn_dim);
  }
  out.push_back({"head.modulation", Dtype::bf16, {1, 2, dim}});
  add_linear(out, "head.head", channels * patch, dim);
  return out;
}

std::vector<TensorSpec> wan21_vae_tensors(std::int64_t dim) {
  std::vector<TensorSpec> out;
  constexpr std::int64_t z = 16, multipliers[] = {1, 2, 4, 4};
  constexpr bool temporal[] = {false, true, true};
  std::int64_t channels = dim;
  int index = 0;
  add_conv(out, "encoder.conv1", {dim, 3, 3, 3, 3});
  for (int stage = 0; stage < 4; ++stage) {
    const std::int64_t wide = dim * multipliers[stage];
    for (int block = 0; block < 2; ++block, channels = wide)
      add_residual(out, fmt::format("encoder.downsamples.{}", index++), channels, wide);
    if (stage == 3) break;
    const std::string name = fmt::format("encoder.downsamples.{}", index++);
    add_conv(out, name + ".resample.1", {wide, wide, 3, 3});
    if (temporal[stage]) add_conv(out, name + ".time_conv", {wide, wide, 3, 1, 1});
  }
  add_middle(out, "encoder.middle", channels);
  out.push_back({"encoder.head.0.gamma", Dtype::f32, {channels, 1, 1, 1}});
  add_conv(out, "encoder.head.2", {2 * z, channels, 3, 3, 3});
  add_conv(out, "conv1", {2 * z, 2 * z, 1, 1, 1});
  add_conv(out, "conv2", {z, z, 1, 1, 1});

  add_conv(out, "decoder.conv1", {channels, z, 3, 3, 3});
  add_middle(out, "decoder.middle", channels);
  index = 0;
  for (int stage = 3; stage >= 0; --stage) {
    const std::int64_t wide = dim * multipliers[stage];
    for (int block = 0; block < 3; ++block, channels = wide)
      add_residual(out, fmt::format("decoder.upsamples.{}", index++), channels, wide);
    if (stage == 0) break;
    const std::string name = fmt::format("decoder.upsamples.{}", index++);
    if (temporal[stage - 1]) add_conv(out, name + ".time_conv", {2 * wide, wide, 3, 1, 1});
    add_conv(out, name + ".resample.1", {wide / 2, wide, 3, 3});
    channels = wide / 2;
  }
  out.push_back({"decoder.head.0.gamma", Dtype::f32, {channels, 1, 1, 1}});
  add_conv(out, "decoder.head.2", {3, channels, 3, 3, 3});
  return out;
}

std::vector<TensorSpec> umt5_tensors(std::int64_t vocab, std::int64_t dim, std::int64_t dim_ffn,
                                     std::int64_t heads, std::int64_t layers) {
  constexpr std::int64_t buckets = 32;
  std::vector<TensorSpec> out{{"token_embedding.weight", Dtype::bf16, {vocab, dim}}};
  const auto add = [&](const std::string& name, Shape shape) {
    out.push_back({name, Dtype::bf16, std::move(shape)});
  };
  for (std::int64_t i = 0; i < layers; ++i) {
    const std::string block = fmt::format("blocks.{}.", i);
    add(block + "norm1.weight", {dim});
    for (const char* projection : {"q", "k", "v", "o"})
      add(block + "attn." + projection + ".weight", {dim, dim});
    add(block + "norm2.weight", {dim});
    add(block + "ffn.gate.0.weight", {dim_ffn, dim});
    add(block + "ffn.fc1.weight", {dim_ffn, dim});
    add(block + "ffn.fc2.weight", {dim, dim_ffn});
    add(block + "pos_embedding.embedding.weight", {buckets, heads});
  }
  add("norm.weight", {dim});
  return out;
}

void make_random_checkpoint(const RandomCheckpoint& wanted, const std::filesystem::path& folder, bool force,
                            const std::function<void(std::uint64_t, std::uint64_t)>& on_bytes) {
  const auto sizes = std::find_if(std::begin(random_checkpoints), std::end(random_checkpoints),
                                  [&](const RandomCheckpointSizes& s) { return wanted.name == s.name; });
  if (sizes == std::end(random_checkpoints))
    throw Error::bad_request(fmt::format("no configuration is called '{}'", wanted.name),
                             "use one of: " + core::join(random_checkpoint_names(), ", "));
  std::vector<Part> parts{{"dit.safetensors", dit_tensors(sizes->dim, sizes->ffn_dim,
                                                          wanted.layers > 0 ? wanted.layers : sizes->layers,
                                                          text_dim, sizes->sparse_linear_attention)},
                          {"vae.safetensors", wan21_vae_tensors(vae_dim)}};
  if (wanted.text_layers > 0)
    parts.push_back({"t5.safetensors", umt5_tensors(256384, text_dim, 10240, 64, wanted.text_layers)});

  std::uint64_t total = 0;
  for (const Part& part : parts) {
    core::OutputFile::check(
        std::filesystem::exists(folder) ? folder / part.file : std::filesystem::path(part.file), force);
    for (const TensorSpec& tensor : part.tensors) total += elements(tensor) * size_of(tensor.dtype);
  }
  if (const std::uint64_t free = core::free_disk_bytes(folder); free < total + (256u << 20))
    throw Error::refused(fmt::format("'{}' has {} free, the checkpoint takes {}", folder.string(),
                                     core::format_bytes(free), core::format_bytes(total)),
                         "free some space or choose another folder");
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw Error::bad_request(fmt::format("cannot make folder '{}': {}", folder.string(), error.message()));
  std::uint64_t done = 0;
  for (const Part& part : parts)
    write_part(part, folder / part.file, force, [&](std::uint64_t bytes) {
      done += bytes;
      if (on_bytes) on_bytes(done, total);
    });
}

}  // namespace turbodiff::bench
