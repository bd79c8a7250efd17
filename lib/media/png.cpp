#include "media/png.h"

#include <fmt/format.h>

#include <cctype>
#include <string_view>

#include "core/error.h"
#include "media/av_support.h"
#include "media/file_sink.h"
#include "media/file_view.h"
#include "media/pixel_convert.h"

extern "C" {
#include <libavutil/crc.h>
}

namespace turbodiff::media {

namespace {

constexpr std::size_t signature_bytes = 8;
constexpr std::size_t after_ihdr = signature_bytes + 12 + 13;

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::uint32_t crc_of(std::string_view type_and_data) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(type_and_data.data());
  return av_crc(av_crc_get_table(AV_CRC_32_IEEE_LE), 0xffffffffu, bytes, type_and_data.size()) ^ 0xffffffffu;
}

// PNG's predefined keywords are capitalised: "Title", "Comment".
std::string itxt_chunk(std::string name, const std::string& value) {
  if (!name.empty()) name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  const std::string body = "iTXt" + name.substr(0, 79) + std::string(5, '\0') + value;
  return big_endian(static_cast<std::uint32_t>(body.size() - 4)) + body + big_endian(crc_of(body));
}

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    if (c < 0x80) {
      out.push_back(static_cast<char>(c));
    } else {
      out.push_back(static_cast<char>(0xc0 | c >> 6));
      out.push_back(static_cast<char>(0x80 | (c & 0x3f)));
    }
  }
  return out;
}

void read_text(std::string_view type, std::string_view data, std::map<std::string, std::string>& tags) {
  const std::size_t end = data.find('\0');
  if (end == std::string_view::npos) return;
  const std::string name(data.substr(0, end));
  if (type == "tEXt") {
    tags[name] = latin1_to_utf8(data.substr(end + 1));
    return;
  }
  const bool compressed = data.size() < end + 3 || data[end + 1] != 0;
  if (compressed) return;
  const std::size_t language = data.find('\0', end + 3);
  const std::size_t translated =
      language == std::string_view::npos ? language : data.find('\0', language + 1);
  if (translated != std::string_view::npos) tags[name] = std::string(data.substr(translated + 1));
}

av::Packet encode(const std::filesystem::path& path, const Image& image) {
  av::quiet();
  const AVCodec* codec = avcodec_find_encoder_by_name("png");
  if (!codec) throw Error::bad_request("this system's FFmpeg has no png encoder");
  av::Codec encoder(avcodec_alloc_context3(codec));
  if (!encoder) throw Error::work_failed("out of memory for the PNG encoder");
  encoder->width = image.width;
  encoder->height = image.height;
  encoder->time_base = {1, 1};
  encoder->sample_aspect_ratio = {1, 1};
  encoder->pix_fmt = AV_PIX_FMT_RGB24;
  encoder->thread_count = 1;
  encoder->compression_level = 6;
  encoder->flags |= AV_CODEC_FLAG_BITEXACT;
  AVDictionary* options = nullptr;
  av_dict_set(&options, "pred", "mixed", 0);
  const int opened = avcodec_open2(encoder.get(), codec, &options);
  av_dict_free(&options);
  av::check_write(opened, path);
  const av::Frame frame = av::make_frame(image.width, image.height, AV_PIX_FMT_RGB24);
  copy_in(image.rgb, *frame);
  frame->pts = 0;
  av::Packet packet = av::make_packet();
  av::check_write(avcodec_send_frame(encoder.get(), frame.get()), path);
  av::check_write(avcodec_send_frame(encoder.get(), nullptr), path);
  av::check_write(avcodec_receive_packet(encoder.get(), packet.get()), path);
  return packet;
}

}  // namespace

void write_png(const std::filesystem::path& path, const Image& image,
               const std::map<std::string, std::string>& tags) {
  const av::Packet packet = encode(path, image);
  const std::string_view bytes(reinterpret_cast<const char*>(packet->data), packet->size);
  FileSink sink(path);
  sink.write(bytes.substr(0, after_ihdr));
  for (const auto& [name, value] : tags) sink.write(itxt_chunk(name, value));
  sink.write(bytes.substr(after_ihdr));
  sink.close();
}

std::map<std::string, std::string> read_png_text(const std::filesystem::path& path) {
  const FileView file(path);
  const std::string_view bytes = file.view();
  const auto damaged = [&] {
    return Error::bad_request(
        fmt::format("cannot read '{}': the PNG file is cut off or damaged", path.string()));
  };
  std::map<std::string, std::string> tags;
  for (std::size_t at = signature_bytes;;) {
    if (bytes.size() < at + 12) throw damaged();
    const std::size_t size = big_endian(bytes.substr(at));
    if (bytes.size() - at - 12 < size) throw damaged();
    const std::string_view type = bytes.substr(at + 4, 4);
    if (type == "IEND") return tags;
    if (type == "tEXt" || type == "iTXt") {
      if (crc_of(bytes.substr(at + 4, size + 4)) != big_endian(bytes.substr(at + 8 + size))) throw damaged();
      read_text(type, bytes.substr(at + 8, size), tags);
    }
    at += size + 12;
  }
}

}  // namespace turbodiff::media
