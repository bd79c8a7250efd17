#include "media/container.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>

#include "core/error.h"

extern "C" {
#include <libavcodec/avcodec.h>
}

namespace turbodiff::media {

namespace {

struct Known {
  Container container;
  const char* encoder;  // nullptr: written without FFmpeg
};

constexpr std::array<Known, 6> known{{{Container::mp4, "libx264"},
                                      {Container::webm, "libvpx-vp9"},
                                      {Container::gif, nullptr},
                                      {Container::png, "png"},
                                      {Container::npy, nullptr},
                                      {Container::safetensors, nullptr}}};

const Known& entry(Container container) {
  return *std::find_if(known.begin(), known.end(), [&](const Known& k) { return k.container == container; });
}

bool is_safetensors(const std::string& head) {
  if (head.size() < 9 || head[8] != '{') return false;
  std::uint64_t header = 0;
  for (int i = 7; i >= 0; --i) header = header << 8 | static_cast<unsigned char>(head[i]);
  return header >= 2 && header <= 100'000'000;
}

}  // namespace

Container container_of_content(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string head(16, '\0');
  in.read(head.data(), 16);
  if (in.gcount() == 0) {
    const char* reason = errno != 0 ? std::strerror(errno) : "the file is empty";
    throw Error::bad_request(fmt::format("cannot read '{}': {}", path.string(), reason));
  }
  head.resize(static_cast<std::size_t>(in.gcount()));
  if (head.starts_with("\x89PNG\r\n\x1a\n")) return Container::png;
  if (head.starts_with("GIF87a") || head.starts_with("GIF89a")) return Container::gif;
  if (head.starts_with("\x93NUMPY")) return Container::npy;
  if (head.starts_with("\x1a\x45\xdf\xa3")) return Container::webm;
  if (head.size() >= 8 && head.substr(4, 4) == "ftyp") return Container::mp4;
  if (is_safetensors(head)) return Container::safetensors;
  throw Error::bad_request(
      fmt::format("'{}' is not an mp4, webm, gif, png, npy or safetensors file", path.string()));
}

bool available(Container container) {
  const char* encoder = entry(container).encoder;
  return !encoder || avcodec_find_encoder_by_name(encoder);
}

void require_available(Container container) {
  if (available(container)) return;
  throw Error::bad_request(fmt::format("this system's FFmpeg has no {} encoder, which .{} files need",
                                       entry(container).encoder, name_of(container)),
                           "install an FFmpeg with it, or write .gif, .npy or .safetensors");
}

}  // namespace turbodiff::media
