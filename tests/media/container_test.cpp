#include "media/container.h"

#include <string>

#include "synthetic.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::media;
using namespace turbodiff::testing;

TEST_CASE("container: extensions name formats and nothing is guessed") {
  CHECK(container_of("a.mp4") == Container::mp4);
  CHECK(container_of("dir.gif/b.WebM") == Container::webm);
  CHECK(container_of("a.b.GIF") == Container::gif);
  CHECK(container_of("a.png") == Container::png);
  CHECK(container_of("a.npy") == Container::npy);
  CHECK(container_of("a.safetensors") == Container::safetensors);
  for (const char* name : {"a.avi", "a.mp4.tmp", "mp4", "a.", ".mp4", "dir.mp4/a", "a.jpg"}) {
    CAPTURE(name);
    const Error error = error_of([&] { container_of(name); });
    CHECK(error.code() == ErrorCode::bad_request);
    CHECK(error.message().find(name) != std::string::npos);
    CHECK(error.hint().find(".webm") != std::string::npos);
  }
}

TEST_CASE("container: every format can be written here") {
  for (const Container container : {Container::mp4, Container::webm, Container::gif, Container::png,
                                    Container::npy, Container::safetensors}) {
    CHECK(available(container));
    CHECK_NOTHROW(require_available(container));
  }
}

TEST_CASE("container: what does not fit is said before the first frame") {
  const auto message = [](Container container, VideoSettings settings) {
    return error_of([&] { check_settings(container, settings); });
  };
  const Error odd = message(Container::mp4, settings_of(65, 64, 5));
  CHECK(odd.code() == ErrorCode::bad_request);
  CHECK(odd.message().find("even sides, not 65x64") != std::string::npos);
  CHECK(odd.hint().find("66x64") != std::string::npos);
  CHECK_NOTHROW(check_settings(Container::webm, settings_of(65, 63, 5)));
  CHECK(message(Container::png, settings_of(64, 64, 2)).message().find("one frame") != std::string::npos);
  CHECK(message(Container::mp4, settings_of(0, 64, 2)).code() == ErrorCode::bad_request);
  CHECK(message(Container::mp4, settings_of(64, 64, 0)).code() == ErrorCode::bad_request);
  VideoSettings fast = settings_of(64, 64, 2);
  fast.fps_num = 60;
  CHECK(message(Container::gif, fast).message().find("50 frames a second") != std::string::npos);
  CHECK_NOTHROW(check_settings(Container::mp4, fast));
  fast.fps_den = 0;
  CHECK(message(Container::mp4, fast).code() == ErrorCode::bad_request);
}
