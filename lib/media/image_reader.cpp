#include "media/image_reader.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "core/error.h"
#include "media/av_support.h"
#include "media/file_view.h"
#include "media/pixel_convert.h"

namespace turbodiff::media {

namespace {

constexpr std::int64_t max_pixels = std::int64_t{1} << 28;

AVCodecID codec_of(std::string_view head, const std::filesystem::path& path) {
  if (head.starts_with("\x89PNG\r\n\x1a\n")) return AV_CODEC_ID_PNG;
  if (head.starts_with("\xff\xd8\xff")) return AV_CODEC_ID_MJPEG;
  if (head.size() >= 12 && head.starts_with("RIFF") && head.substr(8, 4) == "WEBP") return AV_CODEC_ID_WEBP;
  throw Error::bad_request(fmt::format("'{}' is not a PNG, JPEG or WebP picture", path.string()),
                           "convert it to one of these");
}

av::Frame decode(std::string_view bytes, AVCodecID id, const std::filesystem::path& path) {
  const AVCodec* codec = avcodec_find_decoder(id);
  if (!codec) throw Error::bad_request(fmt::format("this system's FFmpeg cannot decode '{}'", path.string()));
  av::Codec decoder(avcodec_alloc_context3(codec));
  if (!decoder) throw Error::work_failed("out of memory for the picture decoder");
  decoder->max_pixels = max_pixels;
  decoder->thread_count = 1;
  decoder->err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK;
  av::check_read(avcodec_open2(decoder.get(), codec, nullptr), path);
  const av::Packet packet = av::make_packet();
  av::check_read(av_new_packet(packet.get(), static_cast<int>(bytes.size())), path);
  std::memcpy(packet->data, bytes.data(), bytes.size());
  packet->flags |= AV_PKT_FLAG_KEY;
  av::check_read(avcodec_send_packet(decoder.get(), packet.get()), path);
  av::check_read(avcodec_send_packet(decoder.get(), nullptr), path);
  av::Frame frame(av_frame_alloc());
  if (!frame) throw Error::work_failed("out of memory for a picture");
  av::check_read(avcodec_receive_frame(decoder.get(), frame.get()), path);
  return frame;
}

// EXIF 2.3, tag 0x0112, 1 to 8; 1 where there is none.
int orientation_of(const AVFrame& frame) {
  const AVDictionaryEntry* entry = av_dict_get(frame.metadata, "Orientation", nullptr, 0);
  const int value = entry ? std::atoi(entry->value) : 1;
  return value >= 1 && value <= 8 ? value : 1;
}

Image upright(const Image& image, int orientation) {
  if (orientation == 1) return image;
  const bool transposed = orientation >= 5;
  const int w = image.width, h = image.height;
  Image out(transposed ? h : w, transposed ? w : h);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      int from_x = transposed ? y : x;
      int from_y = transposed ? x : y;
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        from_x = w - 1 - from_x;
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        from_y = h - 1 - from_y;
      std::memcpy(out.pixel(x, y), image.pixel(from_x, from_y), 3);
    }
  }
  return out;
}

}  // namespace

Image read_image(const std::filesystem::path& path) {
  av::quiet();
  const FileView file(path);
  const std::string_view bytes = file.view();
  if (bytes.size() > (std::size_t{1} << 30)) {
    throw Error::bad_request(fmt::format("'{}' is larger than 1 GiB", path.string()));
  }
  const av::Frame frame = decode(bytes, codec_of(bytes, path), path);
  Image image;
  FrameToRgb().convert(*frame, image);
  return upright(image, orientation_of(*frame));
}

}  // namespace turbodiff::media
