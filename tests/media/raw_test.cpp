#include <nlohmann/json.hpp>
#include <string>

#include "media/image_reader.h"
#include "synthetic.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::media;
using namespace turbodiff::testing;

namespace {

std::string frames_as_bytes(int width, int height, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    const Image image = moving_disc(width, height, i, count);
    all.append(image.rgb.begin(), image.rgb.end());
  }
  return all;
}

}  // namespace

TEST_CASE("raw: npy is NumPy format 1.0 with the frames as they are") {
  const TempDir dir;
  for (const int width : {7, 1000}) {
    write_video(dir / "a.part", Container::npy, settings_of(width, 5, 3),
                [=](int i) { return moving_disc(width, 5, i, 3); });
    const std::string bytes = read_file(dir / "a.part");
    REQUIRE(bytes.starts_with(std::string("\x93NUMPY\x01\x00", 8)));
    const std::size_t header =
        static_cast<unsigned char>(bytes[8]) + 256u * static_cast<unsigned char>(bytes[9]);
    CHECK((10 + header) % 64 == 0);
    const std::string text = bytes.substr(10, header);
    CHECK(text.starts_with("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 5, " +
                           std::to_string(width) + ", 3), }"));
    CHECK(text.back() == '\n');
    CHECK(bytes.substr(10 + header) == frames_as_bytes(width, 5, 3));
  }
}

TEST_CASE("raw: safetensors has one U8 tensor and the tags") {
  const TempDir dir;
  VideoSettings settings = settings_of(6, 4, 2);
  settings.tags["title"] = "t";
  write_video(dir / "a", Container::safetensors, settings, [](int i) { return moving_disc(6, 4, i, 2); });
  const std::string bytes = read_file(dir / "a");
  std::uint64_t header = 0;
  for (int i = 7; i >= 0; --i) header = header << 8 | static_cast<unsigned char>(bytes[i]);
  CHECK(header % 8 == 0);
  const auto json = nlohmann::json::parse(bytes.substr(8, header));
  CHECK(json["frames"]["dtype"] == "U8");
  CHECK(json["frames"]["shape"] == nlohmann::json({2, 4, 6, 3}));
  CHECK(json["frames"]["data_offsets"] == nlohmann::json({0, 2 * 4 * 6 * 3}));
  CHECK(json["__metadata__"] == nlohmann::json({{"title", "t"}, {"fps", "16/1"}}));
  CHECK(bytes.substr(8 + header) == frames_as_bytes(6, 4, 2));
}

TEST_CASE("raw: png comes back exactly, odd sizes too") {
  const TempDir dir;
  for (const auto& [width, height] : {std::pair{37, 23}, std::pair{64, 48}, std::pair{1, 1}}) {
    const Image image = moving_disc(width, height, 0, 2);
    write_video(dir / "a.part", Container::png, settings_of(width, height, 1), [&](int) { return image; });
    const Image back = read_image(dir / "a.part");
    CHECK(back.width == width);
    CHECK(back.height == height);
    CHECK(back.rgb == image.rgb);
  }
}
