#include "spec/resolution.h"

#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::spec;

TEST_CASE("the tables of the reference") {
  CHECK(find_resolution("480p", "16:9") == Size{832, 480});
  CHECK(find_resolution("480p", "1:1") == Size{640, 640});
  CHECK(find_resolution("720p", "16:9") == Size{1280, 720});
  CHECK(find_resolution("720p", "3:4") == Size{720, 960});
  CHECK(find_resolution("480", "16:9") == Size{768, 432});
  CHECK(find_resolution("480", "1:1") == Size{480, 480});
  CHECK(find_resolution("512", "4:3") == Size{640, 512});
  CHECK(find_resolution("720", "9:16") == Size{704, 1280});
  CHECK(!find_resolution("1080p", "16:9"));
  CHECK(!find_resolution("480p", "21:9"));
}

TEST_CASE("every named size is valid") {
  for (const auto resolution : resolution_names())
    for (const auto ratio : aspect_ratio_names()) {
      const auto size = find_resolution(resolution, ratio);
      REQUIRE(size);
      CHECK(nearest_size(*size) == *size);
      CHECK(parse_size(to_string(*size)) == *size);
    }
}

TEST_CASE("sizes that do not fit name the nearest that does") {
  const auto hint = [](const char* text) { return testing::error_of([&] { parse_size(text); }).hint(); };
  CHECK(hint("850x470") == "the nearest size is 848x464");
  CHECK(hint("8x8") == "the nearest size is 16x16");
  CHECK(hint("832") == "for example 832x480");
  CHECK(hint("832x") == "for example 832x480");
  CHECK(hint("x480") == "for example 832x480");
  CHECK(hint("0x16") == "sides go from 16 to 8192 pixels");
  CHECK(hint("99999999999x16") == "for example 832x480");
  CHECK(parse_size("96X112") == Size{96, 112});
}

TEST_CASE("adaptive size rounds half to even") {
  CHECK(adapt_size({40, 40}, {100, 100}) == Size{32, 32});
  CHECK(adapt_size({1280, 720}, {1280, 720}) == Size{1280, 720});
  CHECK(adapt_size({1280, 720}, {720, 1280}) == Size{720, 1280});
  CHECK(adapt_size({832, 480}, {1000, 1000}) == Size{624, 624});
  CHECK(adapt_size({16, 16}, {10000, 1}).height == 16);
}
