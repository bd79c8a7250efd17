#include "media/image_reader.h"

#include <cmath>
#include <cstring>
#include <string>

#include "media/pixel_convert.h"
#include "media/png.h"
#include "synthetic.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::media;
using namespace turbodiff::testing;

namespace {

/// `frame` through one of FFmpeg's still encoders. `quality`: JPEG's quantiser, or WebP's percentage.
std::string encoded_frame(const char* name, AVFrame& frame, int quality, bool lossless) {
  av::quiet();
  const AVCodec* codec = avcodec_find_encoder_by_name(name);
  REQUIRE(codec);
  av::Codec encoder(avcodec_alloc_context3(codec));
  encoder->width = frame.width;
  encoder->height = frame.height;
  encoder->time_base = {1, 1};
  encoder->pix_fmt = static_cast<AVPixelFormat>(frame.format);
  encoder->color_range = AVCOL_RANGE_JPEG;
  encoder->flags |= AV_CODEC_FLAG_QSCALE;
  encoder->global_quality = FF_QP2LAMBDA * quality;
  AVDictionary* options = nullptr;
  if (lossless) av_dict_set(&options, "lossless", "1", 0);
  REQUIRE(avcodec_open2(encoder.get(), codec, &options) >= 0);
  av_dict_free(&options);
  frame.pts = 0;
  frame.quality = encoder->global_quality;
  const av::Packet packet = av::make_packet();
  REQUIRE(avcodec_send_frame(encoder.get(), &frame) >= 0);
  avcodec_send_frame(encoder.get(), nullptr);
  REQUIRE(avcodec_receive_packet(encoder.get(), packet.get()) >= 0);
  return {reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size)};
}

/// `image` converted to `format` by swscale and encoded.
std::string encoded(const char* name, const Image& image, AVPixelFormat format, int quality = 2,
                    bool lossless = false) {
  const av::Frame rgb = av::make_frame(image.width, image.height, AV_PIX_FMT_RGB24);
  const av::Frame frame = av::make_frame(image.width, image.height, format);
  copy_in(image.rgb, *rgb);
  const av::Scaler scaler(sws_getContext(image.width, image.height, AV_PIX_FMT_RGB24, image.width,
                                         image.height, format, SWS_BICUBIC | SWS_ACCURATE_RND, nullptr,
                                         nullptr, nullptr));
  REQUIRE(sws_scale(scaler.get(), rgb->data, rgb->linesize, 0, image.height, frame->data, frame->linesize) ==
          image.height);
  return encoded_frame(name, *frame, quality, lossless);
}

/// Rows of packed `samples`, without padding, encoded as PNG.
std::string encoded_png(int width, int height, AVPixelFormat format, const std::string& samples) {
  const av::Frame frame = av::make_frame(width, height, format);
  const std::size_t row = samples.size() / height;
  for (int y = 0; y < height; ++y)
    std::memcpy(frame->data[0] + y * frame->linesize[0], samples.data() + y * row, row);
  return encoded_frame("png", *frame, 2, false);
}

/// A JPEG with an APP1 segment whose only EXIF entry is the orientation.
std::string with_orientation(const std::string& jpeg, int orientation) {
  std::string exif("Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 25);
  exif += static_cast<char>(orientation);
  exif += std::string("\0\0\0\0\0\0", 6);
  const std::size_t size = exif.size() + 2;
  std::string out = jpeg.substr(0, 2) + "\xff\xe1";
  out += static_cast<char>(size >> 8);
  out += static_cast<char>(size & 0xff);
  return out + exif + jpeg.substr(2);
}

/// Four quarters: red, green / blue, white.
Image quarters(int width, int height) {
  Image image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool right = x >= width / 2, low = y >= height / 2;
      image.pixel(x, y)[0] = right == low ? 255 : 0;
      image.pixel(x, y)[1] = right ? 255 : 0;
      image.pixel(x, y)[2] = low ? 255 : 0;
    }
  }
  return image;
}

/// "rgbw" by the quarter that each corner shows, in reading order.
std::string corners(const Image& image) {
  std::string found;
  for (const auto& [x, y] : {std::pair{1, 1}, std::pair{3, 1}, std::pair{1, 3}, std::pair{3, 3}}) {
    const std::uint8_t* p = image.pixel(image.width * x / 4, image.height * y / 4);
    const int bright = (p[0] > 128) + (p[1] > 128) + (p[2] > 128);
    found += bright == 3 ? 'w' : bright != 1 ? '?' : p[0] > 128 ? 'r' : p[1] > 128 ? 'g' : 'b';
  }
  return found;
}

}  // namespace

TEST_CASE("image: JPEG is close and its full range kept") {
  const TempDir dir;
  const Image image = moving_disc(97, 63, 0, 2);
  write_file(dir / "a.jpg", encoded("mjpeg", image, AV_PIX_FMT_YUVJ444P));
  CHECK(psnr(read_image(dir / "a.jpg"), image) > 36);
  write_file(dir / "b.jpg", encoded("mjpeg", image, AV_PIX_FMT_YUVJ420P));
  CHECK(psnr(read_image(dir / "b.jpg"), image) > 32);
  write_file(dir / "white.jpg", encoded("mjpeg", Image(16, 16, 255), AV_PIX_FMT_YUVJ420P));
  CHECK(read_image(dir / "white.jpg").pixel(8, 8)[1] >= 254);
}

TEST_CASE("image: EXIF orientation turns the picture upright") {
  const TempDir dir;
  const std::string jpeg = encoded("mjpeg", quarters(64, 32), AV_PIX_FMT_YUVJ444P);
  // What a viewer shows of a stored picture "rg/bw" for orientations 1 to 8 (EXIF 2.3, 4.6.4 A).
  const char* shown[] = {"rgbw", "grwb", "wbgr", "bwrg", "rbgw", "brwg", "wgbr", "gwrb"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    CAPTURE(orientation);
    write_file(dir / "o.jpg", with_orientation(jpeg, orientation));
    const Image image = read_image(dir / "o.jpg");
    CHECK(corners(image) == shown[orientation - 1]);
    CHECK(image.width == (orientation < 5 ? 64 : 32));
    CHECK(image.height == (orientation < 5 ? 32 : 64));
  }
}

TEST_CASE("image: WebP lossless is exact, lossy is close") {
  const TempDir dir;
  if (!avcodec_find_encoder_by_name("libwebp")) {
    MESSAGE("skipped: this FFmpeg cannot write WebP");
    return;
  }
  const Image image = moving_disc(64, 48, 0, 2);
  write_file(dir / "a", encoded("libwebp", image, AV_PIX_FMT_BGRA, 80, true));
  CHECK(read_image(dir / "a").rgb == image.rgb);
  write_file(dir / "b", encoded("libwebp", image, AV_PIX_FMT_YUV420P, 95));
  CHECK(psnr(read_image(dir / "b"), image) > 32);
}

TEST_CASE("image: PNG in grey, in 16 bits, with and without alpha") {
  const TempDir dir;
  const auto read_back = [&](AVPixelFormat format, const std::string& samples) {
    write_file(dir / "a", encoded_png(20, 10, format, samples));
    return read_image(dir / "a");
  };
  std::string samples;
  for (int i = 0; i < 200 * 8; ++i) samples.push_back(static_cast<char>(i * 37));
  const auto level = [&](std::size_t at) {
    return static_cast<int>(static_cast<unsigned char>(samples[at]));
  };
  const auto deep = [&](std::size_t at) {
    return static_cast<int>(std::lround((level(at) * 256 + level(at + 1)) / 257.0));
  };
  struct Case {
    AVPixelFormat format;
    int channels, bytes;
  };
  for (const Case& c :
       {Case{AV_PIX_FMT_GRAY8, 1, 1}, Case{AV_PIX_FMT_YA8, 2, 1}, Case{AV_PIX_FMT_RGB24, 3, 1},
        Case{AV_PIX_FMT_RGBA, 4, 1}, Case{AV_PIX_FMT_GRAY16BE, 1, 2}, Case{AV_PIX_FMT_YA16BE, 2, 2},
        Case{AV_PIX_FMT_RGB48BE, 3, 2}, Case{AV_PIX_FMT_RGBA64BE, 4, 2}}) {
    CAPTURE(c.channels);
    CAPTURE(c.bytes);
    const Image image = read_back(c.format, samples.substr(0, 200 * c.channels * c.bytes));
    REQUIRE(image.rgb.size() == 600);
    int wrong = 0;
    for (int i = 0; i < 600; ++i) {
      const std::size_t at = (i / 3 * c.channels + (c.channels < 3 ? 0 : i % 3)) * c.bytes;
      wrong += image.rgb[i] != (c.bytes == 1 ? level(at) : deep(at));
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("image: what is no picture is refused in one line") {
  const TempDir dir;
  write_file(dir / "text.png", "hello, this is text");
  const Error error = error_of([&] { read_image(dir / "text.png"); });
  CHECK(error.code() == ErrorCode::bad_request);
  CHECK(error.message().find("not a PNG, JPEG or WebP") != std::string::npos);
  CHECK(error_of([&] { read_image(dir / "missing.png"); }).code() == ErrorCode::bad_request);

  const Image image = moving_disc(64, 48, 0, 2);
  write_png(dir / "whole.png", image);
  const std::string whole = read_file(dir / "whole.png");
  for (std::size_t size = 1; size < whole.size() - 20; size += 50) {
    write_file(dir / "cut.png", whole.substr(0, size));
    CHECK(error_of([&] { read_image(dir / "cut.png"); }).code() == ErrorCode::bad_request);
  }
}
