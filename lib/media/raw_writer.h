// Raw frames: uint8 [T, H, W, 3] in NumPy's .npy or in safetensors.
#pragma once

#include "media/file_sink.h"
#include "media/video_writer.h"

namespace turbodiff::media {

/// NumPy format 1.0 (numpy.lib.format): '|u1', C order. It has no space for tags; they are not written.
class NpyWriter final : public VideoWriter {
 public:
  NpyWriter(const std::filesystem::path& path, const VideoSettings& settings);

 private:
  void write_frame(std::span<const std::uint8_t> rgb) override { sink_.write(rgb); }
  void close() override { sink_.close(); }

  FileSink sink_;
};

/// One U8 tensor `frames`; tags, recipe and `fps` ("16/1") are in `__metadata__`. Bytes that are not UTF-8
/// become U+FFFD there.
class SafetensorsWriter final : public VideoWriter {
 public:
  SafetensorsWriter(const std::filesystem::path& path, const VideoSettings& settings);

 private:
  void write_frame(std::span<const std::uint8_t> rgb) override { sink_.write(rgb); }
  void close() override { sink_.close(); }

  FileSink sink_;
};

}  // namespace turbodiff::media
