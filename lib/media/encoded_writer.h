// H.264 in MP4 and VP9 in WebM, by libx264 and libvpx through FFmpeg.
#pragma once

#include "media/pixel_convert.h"
#include "media/video_writer.h"

namespace turbodiff::media {

/// 4:2:0 8-bit, BT.709 limited range, tagged as such. MP4 has its index in front and keeps every tag
/// (`use_metadata_tags`). A fixed number of encoder threads and FFmpeg's bit-exact mode make the bytes
/// independent of the machine's processors and clock.
class EncodedWriter final : public VideoWriter {
 public:
  enum class Format { mp4, webm };

  EncodedWriter(const std::filesystem::path& path, Format format, const VideoSettings& settings);

 private:
  void open_encoder(Format format);
  void open_container(Format format);
  void write_frame(std::span<const std::uint8_t> rgb) override;
  void close() override;
  void send(const AVFrame* frame);

  RgbToYuv420 to_yuv_;
  av::Output output_;
  av::Codec encoder_;
  AVStream* stream_ = nullptr;  // owned by output_
  av::Frame frame_;
  av::Packet packet_;
};

}  // namespace turbodiff::media
