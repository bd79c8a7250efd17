#include "json_schema.h"
#include "turbodiff_process.h"

using namespace turbodiff;
using namespace turbodiff::testing;

TEST_CASE("videos become one picture; unreadable files are skipped") {
  Workplace place;
  REQUIRE(place.run(quick_generate({"a red circle", "-o", "a.mp4"})).code == 0);
  REQUIRE(place.run(quick_generate({"a red circle", "-o", "b.webm"})).code == 0);
  CHECK(place.run({"info", "b.webm", "--json"}).json()["video"]["frames"] == 5);
  write_file(place.path("broken.mp4"), "no video");
  const auto made =
      place.run({"contact-sheet", "a.mp4", "broken.mp4", "b.webm", "-o", "sheet.png", "--json"});
  REQUIRE_MESSAGE(made.code == 0, made.err);
  CHECK(schema_violations(read_schema("contact-sheet"), made.json()) == std::vector<std::string>{});
  CHECK(made.json()["files"] == nlohmann::json({place.text_path("a.mp4"), place.text_path("b.webm")}));
  CHECK(made.err.find("broken.mp4") != std::string::npos);
  // Five pictures of 32x32 in each of two rows, below a name of 8 pixels, 4 pixels around each.
  const std::string png = read_file(place.path("sheet.png"));
  CHECK(png.substr(16, 8) == std::string("\0\0\0\xb8\0\0\0\x64", 8));
  // The sheet itself is a picture.
  CHECK(place.run({"contact-sheet", "sheet.png", "-o", "again.png", "--pictures", "1"}).code == 0);
  CHECK(place.run({"contact-sheet", "a.mp4", "-o", "sheet.png"}).code == 2);
  CHECK(place.run({"contact-sheet", "a.mp4", "-o", "sheet.png", "--force"}).code == 0);
}

TEST_CASE("a sheet has a largest size, or is none") {
  Workplace place;
  REQUIRE(place
              .run({"generate", "a red circle", "--steps", "1", "--frames", "5", "--size", "128x128", "-o",
                    "a.mp4"})
              .code == 0);
  const auto full = place.run({"contact-sheet", "a.mp4", "-o", "full.png", "--json"}).json();
  CHECK(full["picture_width"] == 320);
  const std::string most = std::to_string(full["bytes"].get<int>() / 2);
  const auto small = place.run({"contact-sheet", "a.mp4", "-o", "small.png", "--max-size", most, "--json"});
  REQUIRE_MESSAGE(small.code == 0, small.err);
  CHECK(small.json()["bytes"].get<int>() <= full["bytes"].get<int>() / 2);
  CHECK(small.json()["picture_width"].get<int>() < 128);
  CHECK(place.run({"contact-sheet", "a.mp4", "-o", "none.png", "--max-size", "100"}).code == 4);
  CHECK(place.run({"contact-sheet", "missing.mp4", "-o", "none.png"}).code == 2);
  CHECK(place.run({"contact-sheet", "a.mp4", "-o", "none.jpg"}).code == 2);
  CHECK_FALSE(std::filesystem::exists(place.path("none.png")));
}
