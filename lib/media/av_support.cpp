#include "media/av_support.h"

#include <fmt/format.h>

#include <cstdarg>
#include <cstdio>

#include "media/file_sink.h"

extern "C" {
#include <libavutil/error.h>
#include <libavutil/log.h>
}

namespace turbodiff::media::av {

namespace {

// FFmpeg's log callback is one for the whole process and carries no context of ours.
std::string& last_message() {
  thread_local std::string message;
  return message;
}

void keep_message(void*, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_ERROR) return;
  char line[512];
  std::vsnprintf(line, sizeof line, format, arguments);
  std::string text = line;
  while (!text.empty() && (text.back() == '\n' || text.back() == '.' || text.back() == ' ')) text.pop_back();
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  if (!text.empty()) last_message() = text;
}

std::string code_text(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

}  // namespace

void quiet() {
  av_log_set_callback(keep_message);
  last_message().clear();
}

std::string describe(int code) {
  std::string text = code_text(code);
  if (!last_message().empty()) text += fmt::format(" ({})", last_message());
  return text;
}

int check_read(int code, const std::filesystem::path& path) {
  if (code < 0) throw Error::bad_request(fmt::format("cannot read '{}': {}", path.string(), describe(code)));
  return code;
}

int check_write(int code, const std::filesystem::path& path) {
  if (code >= 0) return code;
  const bool from_system = -code < 4096;
  if (from_system) throw_write_error(path, AVUNERROR(code), last_message());
  throw Error::work_failed(fmt::format("cannot write '{}': {}", path.string(), describe(code)));
}

std::string url_of(const std::filesystem::path& path) {
  return "file:" + path.string();
}

Input open_input(const std::filesystem::path& path) {
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", "file", 0);
  av_dict_set(&options, "format_whitelist", "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,gif", 0);
  AVFormatContext* input = nullptr;
  const int code = avformat_open_input(&input, url_of(path).c_str(), nullptr, &options);
  av_dict_free(&options);
  check_read(code, path);
  return Input(input);
}

Frame make_frame(int width, int height, AVPixelFormat format) {
  Frame frame(av_frame_alloc());
  if (!frame) throw Error::work_failed("out of memory for a video frame");
  frame->width = width;
  frame->height = height;
  frame->format = format;
  if (const int code = av_frame_get_buffer(frame.get(), 0); code < 0) {
    throw Error::work_failed(
        fmt::format("cannot allocate a {}x{} video frame: {}", width, height, code_text(code)));
  }
  return frame;
}

Packet make_packet() {
  Packet packet(av_packet_alloc());
  if (!packet) throw Error::work_failed("out of memory for a video packet");
  return packet;
}

std::map<std::string, std::string> to_map(const AVDictionary* dictionary) {
  std::map<std::string, std::string> tags;
  const AVDictionaryEntry* entry = nullptr;
  while ((entry = av_dict_get(dictionary, "", entry, AV_DICT_IGNORE_SUFFIX))) tags[entry->key] = entry->value;
  return tags;
}

}  // namespace turbodiff::media::av
