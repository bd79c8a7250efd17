#include "media/encoded_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "media/file_sink.h"

namespace turbodiff::media {

namespace {

constexpr int encoder_threads = 1;

// With libx264's AVX-512 functions the same small pictures (64x48, 96x64) encode to other bytes from run to
// run; with its AVX2 functions they do not, at the same speed.
constexpr const char* x264_without_avx512 = "asm=MMX2,SSE2Fast,SSSE3,SSE4.2,AVX,FMA3,LZCNT,BMI2,AVX2";

class Options {
 public:
  ~Options() { av_dict_free(&dictionary_); }
  Options() = default;
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  Options& set(const char* name, const std::string& value) {
    av_dict_set(&dictionary_, name, value.c_str(), 0);
    return *this;
  }
  AVDictionary** get() { return &dictionary_; }

 private:
  AVDictionary* dictionary_ = nullptr;
};

}  // namespace

EncodedWriter::EncodedWriter(const std::filesystem::path& path, Format format, const VideoSettings& settings)
    : VideoWriter(path, settings), to_yuv_(settings.width, settings.height), packet_(av::make_packet()) {
  av::quiet();
  AVFormatContext* output = nullptr;
  av::check_write(avformat_alloc_output_context2(&output, nullptr, format == Format::mp4 ? "mp4" : "webm",
                                                 av::url_of(path).c_str()),
                  path);
  output_.reset(output);
  output_->flags |= AVFMT_FLAG_BITEXACT;
  open_encoder(format);
  open_container(format);
  frame_ = av::make_frame(settings.width, settings.height, AV_PIX_FMT_YUV420P);
}

void EncodedWriter::open_encoder(Format format) {
  const bool mp4 = format == Format::mp4;
  const AVCodec* codec = avcodec_find_encoder_by_name(mp4 ? "libx264" : "libvpx-vp9");
  encoder_.reset(avcodec_alloc_context3(codec));
  if (!encoder_) throw Error::work_failed("out of memory for the video encoder");
  const VideoSettings& s = settings();
  encoder_->width = s.width;
  encoder_->height = s.height;
  encoder_->time_base = {s.fps_den, s.fps_num};
  encoder_->framerate = {s.fps_num, s.fps_den};
  encoder_->sample_aspect_ratio = {1, 1};
  encoder_->pix_fmt = AV_PIX_FMT_YUV420P;
  encoder_->color_range = AVCOL_RANGE_MPEG;
  encoder_->colorspace = AVCOL_SPC_BT709;
  encoder_->color_primaries = AVCOL_PRI_BT709;
  encoder_->color_trc = AVCOL_TRC_BT709;
  encoder_->chroma_sample_location = AVCHROMA_LOC_LEFT;
  encoder_->thread_count = encoder_threads;
  encoder_->gop_size = std::max(1, 4 * s.fps_num / s.fps_den);
  encoder_->flags |= AV_CODEC_FLAG_BITEXACT;
  if (output_->oformat->flags & AVFMT_GLOBALHEADER) encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;

  Options options;
  const int quality = s.quality >= 0 ? s.quality : mp4 ? 18 : 24;
  options.set("crf", std::to_string(quality));
  if (mp4) {
    options.set("preset", "medium");
    if (av_get_cpu_flags() & AV_CPU_FLAG_AVX512) options.set("x264-params", x264_without_avx512);
  } else {
    encoder_->bit_rate = 0;
    options.set("deadline", "good").set("cpu-used", "3").set("row-mt", "0").set("auto-alt-ref", "1");
  }
  if (const int code = avcodec_open2(encoder_.get(), codec, options.get()); code < 0) {
    throw Error::bad_request(fmt::format("the {} encoder refuses {}x{} at {}/{} frames a second: {}",
                                         mp4 ? "H.264" : "VP9", s.width, s.height, s.fps_num, s.fps_den,
                                         av::describe(code)));
  }
}

void EncodedWriter::open_container(Format format) {
  stream_ = avformat_new_stream(output_.get(), nullptr);
  if (!stream_) throw Error::work_failed("out of memory for the video container");
  av::check_write(avcodec_parameters_from_context(stream_->codecpar, encoder_.get()), path());
  stream_->time_base = encoder_->time_base;
  stream_->avg_frame_rate = encoder_->framerate;
  stream_->r_frame_rate = encoder_->framerate;
  for (const auto& [name, value] : all_tags()) {
    av_dict_set(&output_->metadata, name.c_str(), value.c_str(), 0);
  }
  if (const int code = avio_open(&output_->pb, output_->url, AVIO_FLAG_WRITE); code < 0) {
    throw open_error(path(), AVUNERROR(code));
  }
  Options options;
  if (format == Format::mp4) options.set("movflags", "+faststart+use_metadata_tags");
  av::check_write(avformat_write_header(output_.get(), options.get()), path());
}

void EncodedWriter::write_frame(std::span<const std::uint8_t> rgb) {
  av::quiet();
  av::check_write(av_frame_make_writable(frame_.get()), path());
  to_yuv_.convert(rgb, *frame_);
  frame_->pts = frames_written();
  send(frame_.get());
}

void EncodedWriter::send(const AVFrame* frame) {
  av::check_write(avcodec_send_frame(encoder_.get(), frame), path());
  for (;;) {
    const int code = avcodec_receive_packet(encoder_.get(), packet_.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) break;
    av::check_write(code, path());
    packet_->duration = 1;
    packet_->stream_index = stream_->index;
    av_packet_rescale_ts(packet_.get(), encoder_->time_base, stream_->time_base);
    av::check_write(av_interleaved_write_frame(output_.get(), packet_.get()), path());
    av::check_write(output_->pb->error, path());
  }
}

void EncodedWriter::close() {
  av::quiet();
  send(nullptr);
  av::check_write(av_write_trailer(output_.get()), path());
  avio_flush(output_->pb);
  av::check_write(output_->pb->error, path());
  av::check_write(avio_closep(&output_->pb), path());
}

}  // namespace turbodiff::media
