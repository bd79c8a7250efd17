#include <set>
#include <string>

#include "media/gif_palette.h"
#include "synthetic.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::media;
using namespace turbodiff::testing;

TEST_CASE("gif: pictures of few colours come back exactly") {
  const TempDir dir;
  const auto make = [](int i) { return flat_square(96, 40, i); };
  write_video(dir / "flat.part", Container::gif, settings_of(96, 40, 8), make);
  const auto frames = decode_all(dir / "flat.part");
  REQUIRE(frames.size() == 8);
  for (int i = 0; i < 8; ++i) {
    CAPTURE(i);
    CHECK(frames[i].rgb == make(i).rgb);
  }
}

TEST_CASE("gif: gradients stay close, whatever the size") {
  const TempDir dir;
  for (const auto& [width, height] : {std::pair{160, 120}, std::pair{33, 1}, std::pair{1, 1}}) {
    CAPTURE(width);
    const auto make = [w = width, h = height](int i) { return moving_disc(w, h, i, 6); };
    write_video(dir / "g", Container::gif, settings_of(width, height, 6), make);
    const auto frames = decode_all(dir / "g");
    REQUIRE(frames.size() == 6);
    for (int i = 0; i < 6; ++i) CHECK(psnr(frames[i], make(i)) > 34);
  }
}

TEST_CASE("gif: a frame of many codes outgrows and renews the LZW dictionary") {
  const TempDir dir;
  Image noise(200, 200);
  std::uint32_t state = 1;
  for (int i = 0; i < 200 * 200; ++i) {
    state = state * 1664525u + 1013904223u;
    const std::uint8_t level = static_cast<std::uint8_t>(state >> 24 & 0xfc);
    noise.rgb[i * 3] = level;
    noise.rgb[i * 3 + 1] = static_cast<std::uint8_t>(255 - level);
    noise.rgb[i * 3 + 2] = level / 2;
  }
  write_video(dir / "noise", Container::gif, settings_of(200, 200, 1), [&](int) { return noise; });
  CHECK(decode_all(dir / "noise").at(0).rgb == noise.rgb);
}

TEST_CASE("gif: still pixels cost nothing and small tremor is not repainted") {
  const TempDir dir;
  const Image still = moving_disc(160, 120, 0, 2);
  write_video(dir / "one", Container::gif, settings_of(160, 120, 1), [&](int) { return still; });
  write_video(dir / "ten", Container::gif, settings_of(160, 120, 10), [&](int i) {
    Image tremor = still;
    for (std::size_t k = i % 2; k < tremor.rgb.size(); k += 2)
      tremor.rgb[k] = static_cast<std::uint8_t>(still.rgb[k] ^ (i % 2));
    return tremor;
  });
  const auto one = std::filesystem::file_size(dir / "one"), ten = std::filesystem::file_size(dir / "ten");
  CHECK(ten < one + 9 * 64);
  CHECK(decode_all(dir / "ten").size() == 10);
}

TEST_CASE("gif: delays add up to the true duration") {
  const TempDir dir;
  VideoSettings settings = settings_of(16, 16, 80);
  settings.fps_num = 16;
  write_video(dir / "t", Container::gif, settings,
              [](int i) { return Image(16, 16, static_cast<std::uint8_t>(3 * i)); });
  const std::string bytes = read_file(dir / "t");
  int total_cs = 0, blocks = 0;
  std::set<int> delays;
  for (std::size_t at = bytes.find("\x21\xf9\x04"); at != std::string::npos;
       at = bytes.find("\x21\xf9\x04", at + 1)) {
    const int delay =
        static_cast<unsigned char>(bytes[at + 4]) + 256 * static_cast<unsigned char>(bytes[at + 5]);
    delays.insert(delay);
    total_cs += delay;
    ++blocks;
  }
  CHECK(blocks == 80);
  CHECK(total_cs == 500);
  CHECK(delays == std::set<int>{6, 7});
}

TEST_CASE("gif: palettes hold at most what they may") {
  const Image picture = moving_disc(200, 150, 1, 4);
  const Palette palette = make_palette(picture.rgb, 255);
  CHECK(palette.colours.size() == 255);
  CHECK_FALSE(palette.exact);
  CHECK(palette.rms_error > 0);
  CHECK(palette.rms_error < 6);
  const std::vector<std::uint8_t> two{1, 2, 3, 1, 2, 3, 9, 9, 9};
  const Palette exact = make_palette(two, 2);
  CHECK(exact.exact);
  CHECK(exact.colours == std::vector<Colour>{{1, 2, 3}, {9, 9, 9}});
  const Palette merged = make_palette(two, 1);
  REQUIRE(merged.colours.size() == 1);
  CHECK(merged.colours[0] == Colour{4, 4, 5});
}
