#include "media/video_reader.h"

#include <fmt/format.h>

#include "core/error.h"
#include "media/av_support.h"
#include "media/pixel_convert.h"

extern "C" {
#include <libavutil/pixdesc.h>
}

namespace turbodiff::media {

namespace {

std::string text(const char* name) {
  return name ? name : "unknown";
}

// An open file, its video stream and what it says of itself.
struct OpenVideo {
  av::Input input;
  AVStream* stream = nullptr;  // owned by input
  const AVCodec* codec = nullptr;
  VideoInfo info;
};

OpenVideo open_video(const std::filesystem::path& path) {
  av::quiet();
  OpenVideo video;
  video.input = av::open_input(path);
  av::check_read(avformat_find_stream_info(video.input.get(), nullptr), path);
  const int index = av_find_best_stream(video.input.get(), AVMEDIA_TYPE_VIDEO, -1, -1, &video.codec, 0);
  if (index == AVERROR_STREAM_NOT_FOUND) {
    throw Error::bad_request(fmt::format("'{}' has no video stream", path.string()));
  }
  av::check_read(index, path);
  video.stream = video.input->streams[index];

  const AVCodecParameters& p = *video.stream->codecpar;
  VideoInfo& info = video.info;
  info.width = p.width;
  info.height = p.height;
  const AVRational rate = av_guess_frame_rate(video.input.get(), video.stream, nullptr);
  info.fps_num = rate.num;
  info.fps_den = rate.den > 0 ? rate.den : 1;
  info.frames = video.stream->nb_frames;
  if (video.stream->duration > 0) {
    info.duration_s = static_cast<double>(video.stream->duration) * av_q2d(video.stream->time_base);
  } else if (video.input->duration > 0) {
    info.duration_s = static_cast<double>(video.input->duration) / AV_TIME_BASE;
  }
  info.codec = avcodec_get_name(p.codec_id);
  info.pixel_format = text(av_get_pix_fmt_name(static_cast<AVPixelFormat>(p.format)));
  info.colour_matrix = text(av_color_space_name(p.color_space));
  info.colour_primaries = text(av_color_primaries_name(p.color_primaries));
  info.colour_transfer = text(av_color_transfer_name(p.color_trc));
  info.colour_range = text(av_color_range_name(p.color_range));
  return video;
}

}  // namespace

VideoInfo read_video_info(const std::filesystem::path& path) {
  OpenVideo video = open_video(path);
  if (video.info.frames > 0) return video.info;
  // WebM does not declare their number; a packet is a frame. What a damaged file still has is counted.
  const av::Packet packet = av::make_packet();
  while (av_read_frame(video.input.get(), packet.get()) == 0) {
    if (packet->stream_index == video.stream->index) ++video.info.frames;
    av_packet_unref(packet.get());
  }
  return video.info;
}

VideoInfo read_video(const std::filesystem::path& path,
                     const std::function<void(std::int64_t index, const Image& frame)>& each) {
  OpenVideo video = open_video(path);
  av::Codec decoder(avcodec_alloc_context3(video.codec));
  if (!decoder) throw Error::work_failed("out of memory for the video decoder");
  av::check_read(avcodec_parameters_to_context(decoder.get(), video.stream->codecpar), path);
  av::check_read(avcodec_open2(decoder.get(), video.codec, nullptr), path);

  FrameToRgb to_rgb;
  Image image;
  std::int64_t count = 0;
  const av::Frame frame(av_frame_alloc());
  if (!frame) throw Error::work_failed("out of memory for a video frame");
  const auto drain = [&] {
    for (;;) {
      const int code = avcodec_receive_frame(decoder.get(), frame.get());
      if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
      av::check_read(code, path);
      to_rgb.convert(*frame, image);
      each(count++, image);
    }
  };
  const av::Packet packet = av::make_packet();
  for (;;) {
    const int code = av_read_frame(video.input.get(), packet.get());
    if (code == AVERROR_EOF) break;
    av::check_read(code, path);
    const bool ours = packet->stream_index == video.stream->index;
    const int sent = ours ? avcodec_send_packet(decoder.get(), packet.get()) : 0;
    av_packet_unref(packet.get());
    av::check_read(sent, path);
    drain();
  }
  av::check_read(avcodec_send_packet(decoder.get(), nullptr), path);
  drain();
  video.info.frames = count;
  return video.info;
}

}  // namespace turbodiff::media
