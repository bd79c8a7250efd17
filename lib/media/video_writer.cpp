#include "media/video_writer.h"

#include <fmt/format.h>

#include "core/error.h"
#include "media/encoded_writer.h"
#include "media/gif_writer.h"
#include "media/metadata.h"
#include "media/png.h"
#include "media/raw_writer.h"

namespace turbodiff::media {

namespace {

class PngWriter final : public VideoWriter {
 public:
  PngWriter(const std::filesystem::path& path, const VideoSettings& settings)
      : VideoWriter(path, settings), image_(settings.width, settings.height) {
    FileSink(path).close();
  }

 private:
  void write_frame(std::span<const std::uint8_t> rgb) override { image_.rgb.assign(rgb.begin(), rgb.end()); }
  void close() override { write_png(path(), image_, all_tags()); }

  Image image_;
};

}  // namespace

void check_settings(Container container, const VideoSettings& s) {
  if (s.width < 1 || s.height < 1 || s.width > 16384 || s.height > 16384) {
    throw Error::bad_request(fmt::format("a video of {}x{} pixels cannot be written", s.width, s.height),
                             "each side must be between 1 and 16384");
  }
  if (s.frames < 1) {
    throw Error::bad_request(fmt::format("a video of {} frames cannot be written", s.frames));
  }
  if (s.fps_num < 1 || s.fps_den < 1) {
    throw Error::bad_request(fmt::format("the frame rate {}/{} is not positive", s.fps_num, s.fps_den));
  }
  if (container == Container::png && s.frames != 1) {
    throw Error::bad_request(fmt::format(".png holds one frame, not {}", s.frames),
                             "write .mp4, .webm or .gif, or ask for one frame");
  }
  if (container == Container::mp4 && (s.width % 2 != 0 || s.height % 2 != 0)) {
    throw Error::bad_request(
        fmt::format("H.264 in yuv420p needs even sides, not {}x{}", s.width, s.height),
        fmt::format("use {}x{}, or write .webm", s.width + s.width % 2, s.height + s.height % 2));
  }
  if (container == Container::gif && s.fps_num > 50LL * s.fps_den) {
    throw Error::bad_request(
        fmt::format("GIF players show at most 50 frames a second, not {}/{}", s.fps_num, s.fps_den),
        "lower the frame rate, or write .mp4 or .webm");
  }
  require_available(container);
}

std::unique_ptr<VideoWriter> VideoWriter::create(const std::filesystem::path& path, Container container,
                                                 const VideoSettings& settings) {
  check_settings(container, settings);
  switch (container) {
    case Container::mp4:
      return std::make_unique<EncodedWriter>(path, EncodedWriter::Format::mp4, settings);
    case Container::webm:
      return std::make_unique<EncodedWriter>(path, EncodedWriter::Format::webm, settings);
    case Container::gif:
      return std::make_unique<GifWriter>(path, settings);
    case Container::png:
      return std::make_unique<PngWriter>(path, settings);
    case Container::npy:
      return std::make_unique<NpyWriter>(path, settings);
    case Container::safetensors:
      return std::make_unique<SafetensorsWriter>(path, settings);
  }
  throw Error::bad_request("unknown container");
}

void VideoWriter::write(std::span<const std::uint8_t> rgb) {
  const std::size_t expected = static_cast<std::size_t>(settings_.width) * settings_.height * 3;
  if (rgb.size() != expected) {
    throw Error::work_failed(fmt::format("frame {} of '{}' has {} bytes, {} expected", written_,
                                         path_.string(), rgb.size(), expected));
  }
  if (written_ == settings_.frames || finished_) {
    throw Error::work_failed(
        fmt::format("'{}' takes {} frames, another one came", path_.string(), settings_.frames));
  }
  write_frame(rgb);
  ++written_;
}

void VideoWriter::finish() {
  if (finished_) return;
  if (written_ != settings_.frames) {
    throw Error::work_failed(
        fmt::format("'{}' got {} of {} frames", path_.string(), written_, settings_.frames));
  }
  close();
  finished_ = true;
}

std::map<std::string, std::string> VideoWriter::all_tags() const {
  std::map<std::string, std::string> tags = settings_.tags;
  if (!settings_.recipe_json.empty()) tags[recipe_tag] = settings_.recipe_json;
  return tags;
}

}  // namespace turbodiff::media
