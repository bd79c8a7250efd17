// Owners for FFmpeg's C handles; its return codes and log as Errors.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/cpu.h>
#include <libswscale/swscale.h>
}

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/error.h"

namespace turbodiff::media::av {

struct Free {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVCodecContext* codec) const { avcodec_free_context(&codec); }
  void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
};
struct CloseInput {
  void operator()(AVFormatContext* input) const { avformat_close_input(&input); }
};
struct CloseOutput {
  void operator()(AVFormatContext* output) const {
    avio_closep(&output->pb);
    avformat_free_context(output);
  }
};
using Frame = std::unique_ptr<AVFrame, Free>;
using Packet = std::unique_ptr<AVPacket, Free>;
using Codec = std::unique_ptr<AVCodecContext, Free>;
using Scaler = std::unique_ptr<SwsContext, Free>;
using Input = std::unique_ptr<AVFormatContext, CloseInput>;
using Output = std::unique_ptr<AVFormatContext, CloseOutput>;

/// Redirects FFmpeg's log from the terminal and clears the last message of this thread. Called at the start
/// of every operation that uses FFmpeg.
void quiet();

/// "Invalid data found when processing input (moov atom not found)": av_strerror and, where there is one, the
/// last message FFmpeg logged on this thread since `quiet`.
std::string describe(int code);

/// Throws bad_request "cannot read PATH: ..." when `code` is negative; else returns it.
int check_read(int code, const std::filesystem::path& path);

/// Throws `write_error` when `code` is negative; else returns it.
int check_write(int code, const std::filesystem::path& path);

/// A URL that FFmpeg opens as this file whatever characters its name has.
std::string url_of(const std::filesystem::path& path);

/// Opens an mp4, webm or gif file. Throws bad_request.
Input open_input(const std::filesystem::path& path);

/// A new frame buffer, padded and aligned as FFmpeg's vector code needs. Throws work_failed.
Frame make_frame(int width, int height, AVPixelFormat format);

Packet make_packet();

std::map<std::string, std::string> to_map(const AVDictionary* dictionary);

}  // namespace turbodiff::media::av
