#include "demo/npy.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <regex>

#include "core/error.h"

namespace turbodiff::demo {

Clip read_npy(const std::filesystem::path& path) {
  const auto refuse = [&](const std::string& why) {
    return Error::bad_request(fmt::format("{}: {}", path.string(), why), "save a uint8 array [T, H, W, 3]");
  };
  std::ifstream in(path, std::ios::binary);
  if (!in) throw refuse("cannot be opened");
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (bytes.size() < 12 || bytes.compare(0, 6, "\x93NUMPY") != 0) throw refuse("not an .npy file");
  const auto byte = [&](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at]));
  };
  const bool wide = byte(6) > 1;  // versions 2 and 3 have a 4-byte header length
  const std::size_t length = byte(8) | byte(9) << 8 | (wide ? byte(10) << 16 | byte(11) << 24 : 0);
  const std::size_t start = wide ? 12 : 10;
  if (length > bytes.size() - start) throw refuse("the header is cut off");
  const std::string header = bytes.substr(start, length);

  std::smatch shape;
  static const std::regex pattern(R"('shape':\s*\((\d{1,6}),\s*(\d{1,6}),\s*(\d{1,6}),\s*3\))");
  if (!std::regex_search(header, shape, pattern)) throw refuse("not of shape [T, H, W, 3]");
  if (header.find("'|u1'") == std::string::npos ||
      header.find("'fortran_order': False") == std::string::npos) {
    throw refuse("not uint8 in C order");
  }
  Clip clip{{}, std::stoi(shape[1]), std::stoi(shape[2]), std::stoi(shape[3])};
  const std::size_t size = static_cast<std::size_t>(clip.count) * clip.height * clip.width * 3;
  if (bytes.size() - start - length != size) throw refuse("the data do not fit the shape");
  clip.pixels.assign(bytes.end() - static_cast<std::ptrdiff_t>(size), bytes.end());
  return clip;
}

}  // namespace turbodiff::demo
