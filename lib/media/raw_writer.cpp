#include "media/raw_writer.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

namespace turbodiff::media {

namespace {

std::string npy_header(const VideoSettings& s) {
  std::string text = fmt::format("{{'descr': '|u1', 'fortran_order': False, 'shape': ({}, {}, {}, 3), }}",
                                 s.frames, s.height, s.width);
  const std::size_t before = 10;
  while ((before + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header.push_back(static_cast<char>(text.size() & 0xff));
  header.push_back(static_cast<char>(text.size() >> 8));
  return header + text;
}

std::string safetensors_header(const VideoSettings& s, std::map<std::string, std::string> tags) {
  tags["fps"] = fmt::format("{}/{}", s.fps_num, s.fps_den);
  const std::uint64_t bytes = std::uint64_t{3} * s.frames * s.height * s.width;
  const nlohmann::json json = {
      {"__metadata__", tags},
      {"frames",
       {{"dtype", "U8"}, {"shape", {s.frames, s.height, s.width, 3}}, {"data_offsets", {0, bytes}}}}};
  std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  while (text.size() % 8 != 0) text += ' ';
  std::string header;
  for (int shift = 0; shift < 64; shift += 8) {
    header.push_back(static_cast<char>(static_cast<std::uint64_t>(text.size()) >> shift & 0xff));
  }
  return header + text;
}

}  // namespace

NpyWriter::NpyWriter(const std::filesystem::path& path, const VideoSettings& settings)
    : VideoWriter(path, settings), sink_(path) {
  sink_.write(npy_header(settings));
}

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path, const VideoSettings& settings)
    : VideoWriter(path, settings), sink_(path) {
  sink_.write(safetensors_header(settings, all_tags()));
}

}  // namespace turbodiff::media
