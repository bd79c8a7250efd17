#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

#include "media/contact_sheet.h"
#include "media/image_reader.h"
#include "media/png.h"
#include "synthetic.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::media;
using namespace turbodiff::testing;

namespace {

constexpr Container streamed[] = {Container::mp4, Container::webm, Container::gif, Container::npy,
                                  Container::safetensors};

/// Files of this process cannot grow past `bytes` in this scope, as on a disk that is full.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  sighandler_t handler_;
};

Image noise(int width, int height, int seed) {
  Image image(width, height);
  std::uint32_t state = static_cast<std::uint32_t>(seed) * 2654435761u + 1;
  for (std::uint8_t& value : image.rgb) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<std::uint8_t>(state >> 24);
  }
  return image;
}

}  // namespace

TEST_CASE("failure: a file that cannot grow is an error of its own kind") {
  const TempDir dir;
  for (const Container container : streamed) {
    CAPTURE(name_of(container));
    const FileSizeLimit limit(20000);
    const Error error = error_of([&] {
      write_video(dir / "big", container, settings_of(128, 128, 40),
                  [](int i) { return noise(128, 128, i); });
    });
    CHECK(error.code() == ErrorCode::refused);
    CHECK(error.message().find("File too large") != std::string::npos);
    CHECK(error.message().find("big") != std::string::npos);
    CHECK_FALSE(error.hint().empty());
  }
  const FileSizeLimit limit(2000);
  CHECK(error_of([&] { write_png(dir / "big.png", noise(128, 128, 1)); }).code() == ErrorCode::refused);
}

TEST_CASE("failure: a full device") {
  for (const Container container : streamed) {
    CAPTURE(name_of(container));
    const Error error = error_of([&] {
      write_video("/dev/full", container, settings_of(64, 64, 20), [](int i) { return noise(64, 64, i); });
    });
    CHECK(error.code() == ErrorCode::refused);
    CHECK(error.message().find("No space left on device") != std::string::npos);
  }
}

TEST_CASE("failure: a path that cannot be opened") {
  const TempDir dir;
  for (const Container container : {Container::mp4, Container::webm, Container::gif, Container::png,
                                    Container::npy, Container::safetensors}) {
    CAPTURE(name_of(container));
    const Error error =
        error_of([&] { VideoWriter::create(dir / "no/such/folder/a", container, settings_of(64, 64, 1)); });
    CHECK(error.code() == ErrorCode::bad_request);
    CHECK(error.message().find("No such file or directory") != std::string::npos);
  }
}

TEST_CASE("failure: frames of the wrong size, too few and too many") {
  const TempDir dir;
  const Image frame(64, 64, 10);
  for (const Container container : streamed) {
    CAPTURE(name_of(container));
    const auto writer = VideoWriter::create(dir / "a", container, settings_of(64, 64, 2));
    CHECK(error_of([&] { writer->write(Image(64, 63).rgb); }).code() == ErrorCode::work_failed);
    writer->write(frame.rgb);
    CHECK(error_of([&] { writer->finish(); }).message().find("1 of 2 frames") != std::string::npos);
    writer->write(frame.rgb);
    CHECK(error_of([&] { writer->write(frame.rgb); }).code() == ErrorCode::work_failed);
    CHECK_NOTHROW(writer->finish());
  }
}

TEST_CASE("failure: FFmpeg stays silent on stderr") {
  const TempDir dir;
  std::fflush(stderr);
  const int saved = dup(2);
  const std::string log = dir / "stderr";
  REQUIRE(std::freopen(log.c_str(), "w", stderr));
  write_video(dir / "ok.mp4", Container::mp4, settings_of(64, 64, 3), [](int i) { return noise(64, 64, i); });
  write_video(dir / "ok.webm", Container::webm, settings_of(64, 64, 3),
              [](int i) { return noise(64, 64, i); });
  write_file(dir / "cut.mp4", read_file(dir / "ok.mp4").substr(0, 1200));
  write_file(dir / "cut.png", "\x89PNG\r\n\x1a\n and no more");
  const Error video = error_of([&] { decode_all(dir / "cut.mp4"); });
  const Error picture = error_of([&] { read_image(dir / "cut.png"); });
  std::fflush(stderr);
  dup2(saved, 2);
  close(saved);
  CHECK(read_file(log) == "");
  CHECK(video.code() == ErrorCode::bad_request);
  CHECK(video.message().find("cut.mp4") != std::string::npos);
  CHECK(picture.code() == ErrorCode::bad_request);
  CHECK(picture.message().find('\n') == std::string::npos);
}
