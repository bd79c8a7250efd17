#include "weights/block_format.h"

#include <array>

#include "weights/byte_reader.h"
#include "weights/float_bits.h"

namespace turbodiff::weights {
namespace {

constexpr std::array<std::int8_t, 16> iq4_values = {-127, -104, -83, -65, -49, -35, -22, -10,
                                                    1,    13,   25,  38,  53,  69,  89,  113};

float half_at(const std::uint8_t* data) {
  return half_to_float(load_le<std::uint16_t>(data));
}

int low(std::uint8_t byte) {
  return byte & 0xf;
}
int high(std::uint8_t byte) {
  return byte >> 4;
}

/// d[2] qs[16]: x = d (q - 8), low nibbles first.
void block_q4_0(const std::uint8_t* in, float* out) {
  const float d = half_at(in);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>(low(in[2 + j]) - 8);
    out[j + 16] = d * static_cast<float>(high(in[2 + j]) - 8);
  }
}

/// d[2] m[2] qs[16]: x = d q + m.
void block_q4_1(const std::uint8_t* in, float* out) {
  const float d = half_at(in);
  const float m = half_at(in + 2);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>(low(in[4 + j])) + m;
    out[j + 16] = d * static_cast<float>(high(in[4 + j])) + m;
  }
}

/// The fifth bit of value j, kept in a 32-bit field.
int fifth(std::uint32_t bits, int j) {
  return static_cast<int>(bits >> j & 1u) << 4;
}

/// d[2] qh[4] qs[16]: x = d (q - 16).
void block_q5_0(const std::uint8_t* in, float* out) {
  const float d = half_at(in);
  const auto bits = load_le<std::uint32_t>(in + 2);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>((low(in[6 + j]) | fifth(bits, j)) - 16);
    out[j + 16] = d * static_cast<float>((high(in[6 + j]) | fifth(bits, j + 16)) - 16);
  }
}

/// d[2] m[2] qh[4] qs[16]: x = d q + m.
void block_q5_1(const std::uint8_t* in, float* out) {
  const float d = half_at(in);
  const float m = half_at(in + 2);
  const auto bits = load_le<std::uint32_t>(in + 4);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>(low(in[8 + j]) | fifth(bits, j)) + m;
    out[j + 16] = d * static_cast<float>(high(in[8 + j]) | fifth(bits, j + 16)) + m;
  }
}

/// d[2] qs[32] signed: x = d q.
void block_q8_0(const std::uint8_t* in, float* out) {
  const float d = half_at(in);
  for (int j = 0; j < 32; ++j) out[j] = d * static_cast<float>(static_cast<std::int8_t>(in[2 + j]));
}

/// scales[16] qs[64] d[2] dmin[2]: 16 groups of 16; x = d s q - dmin m, q of 2 bits.
void block_q2_k(const std::uint8_t* in, float* out) {
  const std::uint8_t* quants = in + 16;
  const float d = half_at(in + 80);
  const float dmin = half_at(in + 82);
  for (int group = 0; group < 16; ++group) {
    const float scale = d * static_cast<float>(low(in[group]));
    const float offset = dmin * static_cast<float>(high(in[group]));
    const std::uint8_t* q = quants + group / 8 * 32 + group % 2 * 16;
    const int shift = group % 8 / 2 * 2;
    for (int j = 0; j < 16; ++j) out[group * 16 + j] = scale * static_cast<float>(q[j] >> shift & 3) - offset;
  }
}

/// hmask[32] qs[64] scales[12] d[2]: 16 groups of 16; x = d (s - 32) (q - (high bit ? 0 : 4)), s of 6 bits.
void block_q3_k(const std::uint8_t* in, float* out) {
  const std::uint8_t* quants = in + 32;
  const std::uint8_t* scales = in + 96;
  const float d = half_at(in + 108);
  for (int group = 0; group < 16; ++group) {
    const int low_bits = group < 8 ? low(scales[group]) : high(scales[group - 8]);
    const int high_bits = scales[8 + group % 4] >> (group / 4 * 2) & 3;
    const float scale = d * static_cast<float>((low_bits | high_bits << 4) - 32);
    const std::uint8_t* q = quants + group / 8 * 32 + group % 2 * 16;
    const std::uint8_t* mask = in + group % 2 * 16;
    const int shift = group % 8 / 2 * 2;
    const int bit = group / 2;
    for (int j = 0; j < 16; ++j)
      out[group * 16 + j] =
          scale * static_cast<float>((q[j] >> shift & 3) - ((mask[j] >> bit & 1) != 0 ? 0 : 4));
  }
}

/// The 6-bit scale and minimum of group 0..7, packed into 12 bytes.
void scale_and_min(const std::uint8_t* packed, int group, int& scale, int& minimum) {
  if (group < 4) {
    scale = packed[group] & 63;
    minimum = packed[group + 4] & 63;
  } else {
    scale = low(packed[group + 4]) | packed[group - 4] >> 6 << 4;
    minimum = high(packed[group + 4]) | packed[group] >> 6 << 4;
  }
}

/// d[2] dmin[2] scales[12] qs[128]: 8 groups of 32; x = d s q - dmin m.
void block_q4_k(const std::uint8_t* in, float* out) {
  const float d = half_at(in);
  const float dmin = half_at(in + 2);
  for (int group = 0; group < 8; ++group) {
    int s = 0, m = 0;
    scale_and_min(in + 4, group, s, m);
    const float scale = d * static_cast<float>(s);
    const float offset = dmin * static_cast<float>(m);
    const std::uint8_t* q = in + 16 + group / 2 * 32;
    const int shift = group % 2 * 4;
    for (int j = 0; j < 32; ++j)
      out[group * 32 + j] = scale * static_cast<float>(q[j] >> shift & 15) - offset;
  }
}

/// d[2] dmin[2] scales[12] qh[32] qs[128]: as Q4_K with a fifth bit.
void block_q5_k(const std::uint8_t* in, float* out) {
  const float d = half_at(in);
  const float dmin = half_at(in + 2);
  const std::uint8_t* high_bits = in + 16;
  for (int group = 0; group < 8; ++group) {
    int s = 0, m = 0;
    scale_and_min(in + 4, group, s, m);
    const float scale = d * static_cast<float>(s);
    const float offset = dmin * static_cast<float>(m);
    const std::uint8_t* q = in + 48 + group / 2 * 32;
    const int shift = group % 2 * 4;
    for (int j = 0; j < 32; ++j)
      out[group * 32 + j] =
          scale * static_cast<float>((q[j] >> shift & 15) | (high_bits[j] >> group & 1) << 4) - offset;
  }
}

/// ql[128] qh[64] scales[16] signed, d[2]: 16 groups of 16; x = d s (q - 32), q of 6 bits.
void block_q6_k(const std::uint8_t* in, float* out) {
  const float d = half_at(in + 208);
  for (int group = 0; group < 16; ++group) {
    const float scale = d * static_cast<float>(static_cast<std::int8_t>(in[192 + group]));
    const int half = group / 8;
    const int quarter = group % 8 / 2;
    const std::uint8_t* ql = in + half * 64 + quarter % 2 * 32 + group % 2 * 16;
    const std::uint8_t* qh = in + 128 + half * 32 + group % 2 * 16;
    for (int j = 0; j < 16; ++j) {
      const int nibble = quarter < 2 ? low(ql[j]) : high(ql[j]);
      const int top = qh[j] >> (quarter * 2) & 3;
      out[group * 16 + j] = scale * static_cast<float>((nibble | top << 4) - 32);
    }
  }
}

/// d[2] qs[16]: x = d table[q].
void block_iq4_nl(const std::uint8_t* in, float* out) {
  const float d = half_at(in);
  for (int j = 0; j < 16; ++j) {
    out[j] = d * static_cast<float>(iq4_values[static_cast<std::size_t>(low(in[2 + j]))]);
    out[j + 16] = d * static_cast<float>(iq4_values[static_cast<std::size_t>(high(in[2 + j]))]);
  }
}

/// d[2] scales_h[2] scales_l[4] qs[128]: 8 groups of 32; x = d (s - 32) table[q].
void block_iq4_xs(const std::uint8_t* in, float* out) {
  const float d = half_at(in);
  const auto top = load_le<std::uint16_t>(in + 2);
  for (int group = 0; group < 8; ++group) {
    const int low_bits = in[4 + group / 2] >> (group % 2 * 4) & 15;
    const int high_bits = top >> (group * 2) & 3;
    const float scale = d * static_cast<float>((low_bits | high_bits << 4) - 32);
    const std::uint8_t* q = in + 8 + group * 16;
    for (int j = 0; j < 16; ++j) {
      out[group * 32 + j] = scale * static_cast<float>(iq4_values[static_cast<std::size_t>(low(q[j]))]);
      out[group * 32 + j + 16] = scale * static_cast<float>(iq4_values[static_cast<std::size_t>(high(q[j]))]);
    }
  }
}

struct Codec {
  std::string_view name;
  BlockLayout layout;
  void (*decode)(const std::uint8_t*, float*);
};

/// In the order of BlockFormat.
constexpr std::array<Codec, 13> codecs = {{{"", {1, 0}, nullptr},
                                           {"Q4_0", {32, 18}, block_q4_0},
                                           {"Q4_1", {32, 20}, block_q4_1},
                                           {"Q5_0", {32, 22}, block_q5_0},
                                           {"Q5_1", {32, 24}, block_q5_1},
                                           {"Q8_0", {32, 34}, block_q8_0},
                                           {"Q2_K", {256, 84}, block_q2_k},
                                           {"Q3_K", {256, 110}, block_q3_k},
                                           {"Q4_K", {256, 144}, block_q4_k},
                                           {"Q5_K", {256, 176}, block_q5_k},
                                           {"Q6_K", {256, 210}, block_q6_k},
                                           {"IQ4_NL", {32, 18}, block_iq4_nl},
                                           {"IQ4_XS", {256, 136}, block_iq4_xs}}};

const Codec& codec_of(BlockFormat format) {
  return codecs[static_cast<std::size_t>(format)];
}

}  // namespace

BlockLayout layout_of(BlockFormat format) {
  return codec_of(format).layout;
}

std::string_view name_of(BlockFormat format) {
  return codec_of(format).name;
}

void dequantise(BlockFormat format, const std::uint8_t* data, std::int64_t blocks, float* out) {
  const Codec& codec = codec_of(format);
  for (std::int64_t i = 0; i < blocks; ++i)
    codec.decode(data + static_cast<std::size_t>(i) * codec.layout.bytes, out + i * codec.layout.elements);
}

}  // namespace turbodiff::weights
