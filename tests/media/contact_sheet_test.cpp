#include "media/contact_sheet.h"

#include <string>
#include <vector>

#include "media/image_reader.h"
#include "media/png.h"
#include "synthetic.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::media;
using namespace turbodiff::testing;

namespace {

void add_video(ContactSheet& sheet, int width, int height, int total, int base) {
  sheet.begin_video(width, height, total);
  for (int i = 0; i < total; ++i) sheet.add(Image(width, height, static_cast<std::uint8_t>(base + i)).rgb);
}

}  // namespace

TEST_CASE("sheet: frames are spaced evenly from the first to the last") {
  const auto places = [](int shown, int total) {
    std::vector<int> all;
    for (int i = 0; i < shown; ++i) all.push_back(sheet_frame(i, shown, total));
    return all;
  };
  CHECK(places(5, 81) == std::vector<int>{0, 20, 40, 60, 80});
  CHECK(places(5, 17) == std::vector<int>{0, 4, 8, 12, 16});
  CHECK(places(3, 4) == std::vector<int>{0, 2, 3});
  CHECK(places(4, 4) == std::vector<int>{0, 1, 2, 3});
  CHECK(places(1, 9) == std::vector<int>{0});
}

TEST_CASE("sheet: pictures stand in rows with gaps between") {
  const TempDir dir;
  ContactSheet sheet({.pictures = 3, .columns = 3, .gap = 2, .max_picture_width = 100, .background = 7});
  add_video(sheet, 10, 6, 9, 100);
  add_video(sheet, 20, 8, 2, 200);
  sheet.write(dir / "sheet.png", {{"title", "sheet"}});
  const Image image = read_image(dir / "sheet.png");
  REQUIRE(image.width == 2 + 2 * 22);
  REQUIRE(image.height == 2 + 6 + 2 + 8 + 2);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      int expected = 7;
      if (y >= 2 && y < 8 && x < 38 && (x - 2) % 12 < 10 && x >= 2) expected = 100 + 4 * ((x - 2) / 12);
      if (y >= 10 && y < 18 && (x - 2) % 22 < 20 && x >= 2) expected = 200 + (x - 2) / 22;
      if (image.pixel(x, y)[0] != expected) {
        CAPTURE(x);
        CAPTURE(y);
        REQUIRE(static_cast<int>(image.pixel(x, y)[0]) == expected);
      }
    }
  }
  CHECK(read_png_text(dir / "sheet.png").at("Title") == "sheet");
}

TEST_CASE("sheet: rows wrap and wide frames shrink by averaging") {
  ContactSheet sheet({.pictures = 4, .columns = 2, .gap = 0, .max_picture_width = 16, .background = 0});
  sheet.begin_video(64, 32, 4);
  for (int i = 0; i < 4; ++i) {
    Image stripes(64, 32);
    for (int y = 0; y < 32; ++y) {
      for (int x = 0; x < 64; ++x)
        stripes.pixel(x, y)[1] = static_cast<std::uint8_t>(x % 2 ? 40 * i : 40 * i + 20);
    }
    sheet.add(stripes.rgb);
  }
  const Image image = sheet.compose();
  REQUIRE(image.width == 32);
  REQUIRE(image.height == 16);
  for (int i = 0; i < 4; ++i) {
    const std::uint8_t* p = image.pixel(16 * (i % 2) + 8, 8 * (i / 2) + 4);
    CHECK(std::abs(p[1] - (40 * i + 10)) <= 1);
    CHECK(p[0] <= 1);
  }
}

TEST_CASE("sheet: a sheet that would be wrong is refused") {
  ContactSheet sheet;
  CHECK(error_of([&] { sheet.compose(); }).code() == ErrorCode::work_failed);
  CHECK(error_of([&] { sheet.add(Image(4, 4).rgb); }).code() == ErrorCode::work_failed);
  sheet.begin_video(4, 4, 1);
  CHECK(error_of([&] { sheet.add(Image(4, 5).rgb); }).code() == ErrorCode::work_failed);
  sheet.add(Image(4, 4).rgb);
  CHECK(error_of([&] { sheet.add(Image(4, 4).rgb); }).code() == ErrorCode::work_failed);
  CHECK(error_of([] { ContactSheet({.pictures = 0}); }).code() == ErrorCode::bad_request);
}

TEST_CASE("sheet: a name stands above its pictures, cut to their width") {
  const auto ink_of = [](const std::string& name) {
    ContactSheet sheet({.pictures = 1, .columns = 1});
    sheet.begin_video(64, 32, 1, name);
    sheet.add(Image(64, 32, 10).rgb);
    const Image image = sheet.compose();
    CHECK(image.width == 72);
    CHECK(image.height == (name.empty() ? 40 : 52));
    CHECK(image.pixel(4, image.height - 36)[0] == 10);
    std::vector<int> columns;
    for (int x = 0; x < image.width; ++x)
      for (int y = 4; y < 12; ++y)
        if (image.pixel(x, y)[0] == 0xD0) columns.push_back(x);
    return columns;
  };
  CHECK(ink_of("").empty());
  // A vertical bar in the first column and a dot's two columns in the middle of the second letter.
  CHECK(ink_of("[")[0] == 5);
  CHECK(ink_of("l.").size() == 10 + 4);
  const auto cut = ink_of(std::string(40, 'M'));
  CHECK(cut.back() < 68);
  CHECK(cut.size() < 10u * 19);
  CHECK(ink_of("\u732B") == ink_of("\u72D7"));  // boxes
}
