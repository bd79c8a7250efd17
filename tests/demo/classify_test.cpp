#include "demo/classify.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "demo/draw.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::demo;
using turbodiff::testing::error_of;
using turbodiff::testing::read_file;

namespace {

Clip red_circle(const std::string& motion, int count = 17, int size = 96) {
  return draw("circle", {228, 32, 32}, {8, 8, 8}, track(motion, count, size), size);
}

Clip resized_canvas(const Clip& clip, int width) {
  Clip wide{{}, clip.count, clip.height, width};
  wide.pixels.resize(static_cast<std::size_t>(clip.count) * clip.height * width * 3, clip.pixels[0]);
  for (int row = 0; row < clip.count * clip.height; ++row) {
    std::copy_n(clip.pixels.begin() + static_cast<std::ptrdiff_t>(row) * clip.width * 3, clip.width * 3,
                wide.pixels.begin() + static_cast<std::ptrdiff_t>(row) * width * 3);
  }
  return wide;
}

}  // namespace

TEST_CASE("every drawn combination of colour, shape, motion and background is named") {
  int clips = 0;
  for (const NamedColor& color : colors()) {
    for (const NamedColor& background : backgrounds()) {
      if (color.name == background.name) continue;
      for (const std::string& shape : shapes()) {
        for (const std::string& motion : motions()) {
          const Clip clip = draw(shape, color.rgb, background.rgb, track(motion, 9, 64), 64);
          const Attributes want{color.name, shape, motion, background.name};
          const Attributes got = classify(clip.frames()).attributes;
          CAPTURE(fmt::format("{} {} {} on {}", color.name, shape, motion, background.name));
          CHECK(got.color == want.color);
          CHECK(got.shape == want.shape);
          CHECK(got.motion == want.motion);
          CHECK(got.background == want.background);
          ++clips;
        }
      }
    }
  }
  CHECK(clips == 357);
}

TEST_CASE("the answers and measurements are those of the Python classifier") {
  std::istringstream lines(read_file(TURBODIFF_SOURCE_DIR "/tests/demo/data/classified.jsonl"));
  int clips = 0;
  for (std::string line; std::getline(lines, line); ++clips) {
    const auto row = nlohmann::json::parse(line);
    std::vector<Place> places;
    for (const auto& p : row["places"]) places.push_back({p[0], p[1], p[2]});
    Clip clip = draw(row["shape"], row["color"], row["background"], places, row["size"]);
    add_noise(clip, row["noise"], row["seed"]);
    const Classification got = classify(clip.frames());
    const auto& want = row["answer"];
    CAPTURE(line);
    CHECK(got.attributes.color == want["color"].get<std::string>());
    CHECK(got.attributes.shape == want["shape"].get<std::string>());
    CHECK(got.attributes.motion == want["motion"].get<std::string>());
    CHECK(got.attributes.background == want["background"].get<std::string>());
    REQUIRE(got.measurements.has_value() == want.contains("measurements"));
    if (!got.measurements) continue;
    const auto& exact = want["measurements"];
    CHECK(got.measurements->dx == exact["dx"].get<double>());
    CHECK(got.measurements->dy == exact["dy"].get<double>());
    CHECK(got.measurements->area_ratio == exact["area_ratio"].get<double>());
    CHECK(got.measurements->iou == exact["iou"].get<std::array<double, 3>>());
    CHECK(got.measurements->rgb == exact["rgb"].get<std::array<float, 3>>());
  }
  CHECK(clips == 120);
}

TEST_CASE("a clip without anything in it has a background only") {
  Clip clip = draw("circle", {132, 132, 132}, {128, 128, 128}, track("still"));
  const Classification got = classify(clip.frames());
  CHECK(got.attributes == Attributes{"", "", "", "gray"});
  CHECK(!got.measurements);
}

TEST_CASE("a shape too small in most frames has a colour but no shape and no motion") {
  std::vector<Place> places(8, Place{48, 48, 20});
  for (std::size_t k = 0; k < 6; ++k) places[k].radius = 1;
  const Clip clip = draw("square", {40, 72, 232}, {248, 248, 248}, places);
  CHECK(classify(clip.frames()).attributes == Attributes{"blue", "", "", "white"});
}

TEST_CASE("motion is read from the first and the last sixth of the frames") {
  CHECK(classify(red_circle("right", 5).frames()).measurements->dx == doctest::Approx(48).epsilon(0.01));
  const auto up = *classify(red_circle("up").frames()).measurements;
  CHECK(up.dy == doctest::Approx(-45).epsilon(0.01));
  CHECK(up.dx == 0);
  CHECK(classify(red_circle("shrink").frames()).measurements->area_ratio < 0.2);
  CHECK(classify(red_circle("still", 1).frames()).attributes.motion == "still");
  CHECK(classify(red_circle("right", 60).frames()).attributes.motion == "right");
}

TEST_CASE("noise below half the contrast changes nothing") {
  Clip clip = draw("triangle", {32, 176, 64}, {8, 8, 8}, track("left"));
  const Attributes clean = classify(clip.frames()).attributes;
  add_noise(clip, 40, 3);
  CHECK(classify(clip.frames()).attributes == clean);
  CHECK(clean == Attributes{"green", "triangle", "left", "black"});
}

TEST_CASE("frames need not be square") {
  const Clip wide = resized_canvas(red_circle("down"), 160);
  CHECK(classify(wide.frames()).attributes == Attributes{"red", "circle", "down", "black"});
}

TEST_CASE("sizes that do not fit the pixels are refused") {
  const Clip clip = red_circle("still", 2, 16);
  Frames frames = clip.frames();
  frames.count = 3;
  CHECK(error_of([&] { classify(frames); }).code() == ErrorCode::bad_request);
  CHECK(error_of([&] { classify(Frames{}); }).code() == ErrorCode::bad_request);
  CHECK(error_of([] { draw("hexagon", {}, {}, track("still")); }).message().find("hexagon") !=
        std::string::npos);
}
