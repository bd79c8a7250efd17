#include "media/pixel_convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

extern "C" {
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

namespace turbodiff::media {

namespace {

// SWS_BITEXACT and SWS_ACCURATE_RND keep to one arithmetic on every processor; the two FULL_CHR flags filter
// chroma by its position instead of pairing pixels.
constexpr int exact_flags =
    SWS_BICUBIC | SWS_BITEXACT | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP | SWS_FULL_CHR_H_INT;

av::Scaler make_scaler(int width, int height, int from_format, int to_format) {
  av::Scaler scaler(sws_alloc_context());
  if (!scaler) throw Error::work_failed("out of memory for the pixel converter");
  av_opt_set_int(scaler.get(), "srcw", width, 0);
  av_opt_set_int(scaler.get(), "srch", height, 0);
  av_opt_set_int(scaler.get(), "src_format", from_format, 0);
  av_opt_set_int(scaler.get(), "dstw", width, 0);
  av_opt_set_int(scaler.get(), "dsth", height, 0);
  av_opt_set_int(scaler.get(), "dst_format", to_format, 0);
  av_opt_set_int(scaler.get(), "sws_flags", exact_flags, 0);
  return scaler;
}

void initialise(SwsContext& scaler) {
  av::quiet();
  if (const int code = sws_init_context(&scaler, nullptr, nullptr); code < 0) {
    throw Error::work_failed(fmt::format("cannot convert these pixels: {}", av::describe(code)));
  }
}

void set_matrix(SwsContext& scaler, int from_matrix, bool from_full, int to_matrix, bool to_full) {
  sws_setColorspaceDetails(&scaler, sws_getCoefficients(from_matrix), from_full,
                           sws_getCoefficients(to_matrix), to_full, 0, 1 << 16, 1 << 16);
}

void scale(SwsContext& scaler, const AVFrame& from, AVFrame& to) {
  const int rows = sws_scale(&scaler, from.data, from.linesize, 0, from.height, to.data, to.linesize);
  if (rows != to.height) throw Error::work_failed("the pixel converter returned an incomplete picture");
}

int matrix_of(const AVFrame& frame) {
  if (frame.colorspace == AVCOL_SPC_UNSPECIFIED || frame.colorspace == AVCOL_SPC_RGB) {
    return frame.height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601;
  }
  return frame.colorspace;
}

// The yuvj formats are the plain ones with full range implied.
AVPixelFormat without_implied_range(int format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P:
      return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
      return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
      return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P:
      return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ411P:
      return AV_PIX_FMT_YUV411P;
    default:
      return static_cast<AVPixelFormat>(format);
  }
}

// Packed formats whose first samples are RGB or grey: taken as they are, without swscale's detour over YUV.
struct Packed {
  AVPixelFormat format;
  int channels;
  int bytes;  // of a sample; two are big-endian, as in PNG
};
constexpr Packed packed_formats[] = {{AV_PIX_FMT_GRAY8, 1, 1},    {AV_PIX_FMT_YA8, 2, 1},
                                     {AV_PIX_FMT_RGB24, 3, 1},    {AV_PIX_FMT_RGBA, 4, 1},
                                     {AV_PIX_FMT_GRAY16BE, 1, 2}, {AV_PIX_FMT_YA16BE, 2, 2},
                                     {AV_PIX_FMT_RGB48BE, 3, 2},  {AV_PIX_FMT_RGBA64BE, 4, 2}};

void take_packed(const AVFrame& frame, const Packed& packed, Image& image) {
  image = Image(frame.width, frame.height);
  const int step = packed.channels * packed.bytes;
  for (int y = 0; y < frame.height; ++y) {
    const std::uint8_t* row = frame.data[0] + static_cast<std::ptrdiff_t>(y) * frame.linesize[0];
    for (int x = 0; x < frame.width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const std::uint8_t* sample = row + x * step + (packed.channels < 3 ? 0 : c * packed.bytes);
        const int value = packed.bytes == 1 ? sample[0] : ((sample[0] << 8 | sample[1]) + 128) / 257;
        image.pixel(x, y)[c] = static_cast<std::uint8_t>(value);
      }
    }
  }
}

// How much of each source sample from `first` on lies under one target sample; the sum is 1.
struct Weights {
  int first = 0;
  std::vector<double> weights;
};

std::vector<Weights> area_weights(int from, int to) {
  std::vector<Weights> all;
  const double step = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i) {
    const double begin = i * step, end = (i + 1) * step;
    Weights one{static_cast<int>(begin), {}};
    for (int k = one.first; k < from && k < end; ++k) {
      one.weights.push_back((std::min(end, k + 1.0) - std::max(begin, static_cast<double>(k))) / step);
    }
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

void copy_in(std::span<const std::uint8_t> rgb, AVFrame& frame) {
  const std::size_t row = static_cast<std::size_t>(frame.width) * 3;
  for (int y = 0; y < frame.height; ++y) {
    std::memcpy(frame.data[0] + static_cast<std::ptrdiff_t>(y) * frame.linesize[0], rgb.data() + y * row,
                row);
  }
}

void copy_out(const AVFrame& frame, Image& image) {
  const std::size_t row = static_cast<std::size_t>(frame.width) * 3;
  image.width = frame.width;
  image.height = frame.height;
  image.rgb.resize(row * frame.height);
  for (int y = 0; y < frame.height; ++y) {
    std::memcpy(image.rgb.data() + y * row,
                frame.data[0] + static_cast<std::ptrdiff_t>(y) * frame.linesize[0], row);
  }
}

RgbToYuv420::RgbToYuv420(int width, int height)
    : rgb_(av::make_frame(width, height, AV_PIX_FMT_RGB24)),
      scaler_(make_scaler(width, height, AV_PIX_FMT_RGB24, AV_PIX_FMT_YUV420P)) {
  av_opt_set_int(scaler_.get(), "dst_h_chr_pos", 0, 0);
  av_opt_set_int(scaler_.get(), "dst_v_chr_pos", 128, 0);
  set_matrix(*scaler_, SWS_CS_ITU709, true, SWS_CS_ITU709, false);
  initialise(*scaler_);
  set_matrix(*scaler_, SWS_CS_ITU709, true, SWS_CS_ITU709, false);
}

void RgbToYuv420::convert(std::span<const std::uint8_t> rgb, AVFrame& yuv) {
  copy_in(rgb, *rgb_);
  scale(*scaler_, *rgb_, yuv);
  yuv.color_range = AVCOL_RANGE_MPEG;
  yuv.colorspace = AVCOL_SPC_BT709;
  yuv.color_primaries = AVCOL_PRI_BT709;
  yuv.color_trc = AVCOL_TRC_BT709;
  yuv.chroma_location = AVCHROMA_LOC_LEFT;
}

void FrameToRgb::convert(const AVFrame& frame, Image& image) {
  for (const Packed& packed : packed_formats) {
    if (packed.format == frame.format) return take_packed(frame, packed, image);
  }
  const AVPixelFormat format = without_implied_range(frame.format);
  const bool full = frame.color_range == AVCOL_RANGE_JPEG || format != frame.format;
  const int matrix = matrix_of(frame);
  if (!scaler_ || frame.width != width_ || frame.height != height_ || format != format_ ||
      matrix != matrix_ || full != range_) {
    rgb_ = av::make_frame(frame.width, frame.height, AV_PIX_FMT_RGB24);
    scaler_ = make_scaler(frame.width, frame.height, format, AV_PIX_FMT_RGB24);
    set_matrix(*scaler_, matrix, full, SWS_CS_ITU709, true);
    initialise(*scaler_);
    set_matrix(*scaler_, matrix, full, SWS_CS_ITU709, true);
    width_ = frame.width;
    height_ = frame.height;
    format_ = format;
    matrix_ = matrix;
    range_ = full;
  }
  scale(*scaler_, frame, *rgb_);
  copy_out(*rgb_, image);
}

Image resized(const Image& image, int width, int height) {
  const std::vector<Weights> columns = area_weights(image.width, width);
  const std::vector<Weights> rows = area_weights(image.height, height);
  Image result(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      double sum[3] = {};
      for (std::size_t j = 0; j < rows[y].weights.size(); ++j) {
        for (std::size_t i = 0; i < columns[x].weights.size(); ++i) {
          const std::uint8_t* p =
              image.pixel(columns[x].first + static_cast<int>(i), rows[y].first + static_cast<int>(j));
          const double weight = rows[y].weights[j] * columns[x].weights[i];
          for (int c = 0; c < 3; ++c) sum[c] += weight * p[c];
        }
      }
      for (int c = 0; c < 3; ++c) result.pixel(x, y)[c] = static_cast<std::uint8_t>(std::lround(sum[c]));
    }
  }
  return result;
}

}  // namespace turbodiff::media
