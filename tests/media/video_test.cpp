#include <sched.h>

#include <array>
#include <set>
#include <string>

#include "media/av_support.h"
#include "synthetic.h"
#include "testing.h"

using namespace turbodiff;
using namespace turbodiff::media;
using namespace turbodiff::testing;

namespace {

struct Case {
  Container container;
  int width, height, frames, fps_num, fps_den;
  double psnr;
  const char* codec;
};

/// The samples of the first decoded frame in the middle of the picture, before any conversion.
std::array<int, 3> raw_middle(const std::filesystem::path& path) {
  av::Input input = av::open_input(path);
  REQUIRE(avformat_find_stream_info(input.get(), nullptr) >= 0);
  const AVCodec* codec = avcodec_find_decoder(input->streams[0]->codecpar->codec_id);
  av::Codec decoder(avcodec_alloc_context3(codec));
  REQUIRE(avcodec_parameters_to_context(decoder.get(), input->streams[0]->codecpar) >= 0);
  REQUIRE(avcodec_open2(decoder.get(), codec, nullptr) >= 0);
  const av::Packet packet = av::make_packet();
  while (av_read_frame(input.get(), packet.get()) >= 0) {
    REQUIRE(avcodec_send_packet(decoder.get(), packet.get()) >= 0);
    av_packet_unref(packet.get());
  }
  avcodec_send_packet(decoder.get(), nullptr);
  const av::Frame frame(av_frame_alloc());
  REQUIRE(avcodec_receive_frame(decoder.get(), frame.get()) >= 0);
  REQUIRE(frame->format == AV_PIX_FMT_YUV420P);
  const int x = frame->width / 2, y = frame->height / 2;
  return {frame->data[0][y * frame->linesize[0] + x], frame->data[1][y / 2 * frame->linesize[1] + x / 2],
          frame->data[2][y / 2 * frame->linesize[2] + x / 2]};
}

}  // namespace

TEST_CASE("video: mp4 and webm keep size, count, rate, colours and pictures") {
  const TempDir dir;
  const Case cases[] = {{Container::mp4, 128, 96, 17, 16, 1, 35, "h264"},
                        {Container::mp4, 66, 34, 5, 30000, 1001, 35, "h264"},
                        {Container::mp4, 64, 64, 1, 24, 1, 35, "h264"},
                        {Container::webm, 128, 96, 17, 16, 1, 35, "vp9"},
                        {Container::webm, 65, 33, 3, 25, 1, 35, "vp9"}};
  for (const Case& c : cases) {
    CAPTURE(name_of(c.container));
    CAPTURE(c.width);
    VideoSettings settings = settings_of(c.width, c.height, c.frames);
    settings.fps_num = c.fps_num;
    settings.fps_den = c.fps_den;
    const auto make = [&](int i) { return moving_disc(c.width, c.height, i, c.frames); };
    const auto path = dir / "video.part";
    write_video(path, c.container, settings, make);
    CHECK(container_of_content(path) == c.container);

    int decoded = 0;
    const VideoInfo info = read_video(path, [&](std::int64_t index, const Image& frame) {
      CHECK(index == decoded);
      CHECK(psnr(frame, make(decoded)) > c.psnr);
      ++decoded;
    });
    CHECK(decoded == c.frames);
    CHECK(info.frames == c.frames);
    CHECK(info.width == c.width);
    CHECK(info.height == c.height);
    if (c.container == Container::mp4 || c.frames > 1) {
      CHECK(info.fps_num * static_cast<long long>(c.fps_den) ==
            info.fps_den * static_cast<long long>(c.fps_num));
    }
    CHECK(info.duration_s ==
          doctest::Approx(static_cast<double>(c.frames) * c.fps_den / c.fps_num).epsilon(0.01));
    CHECK(info.codec == c.codec);
    CHECK(info.pixel_format == "yuv420p");
    CHECK(info.colour_matrix == "bt709");
    CHECK(info.colour_primaries == "bt709");
    CHECK(info.colour_transfer == "bt709");
    CHECK(info.colour_range == "tv");
  }
}

TEST_CASE("video: samples follow the BT.709 matrix in limited range") {
  const TempDir dir;
  struct Solid {
    std::array<int, 3> rgb;
    std::array<int, 3> yuv;
  };
  // Y = 16 + 219 (0.2126 R + 0.7152 G + 0.0722 B),
  // Cb = 128 + 224 (B - Y') / 1.8556, Cr = 128 + 224 (R - Y') / 1.5748
  const Solid solids[] = {{{255, 0, 0}, {63, 102, 240}},
                          {{0, 255, 0}, {173, 42, 26}},
                          {{0, 0, 255}, {32, 240, 118}},
                          {{255, 255, 255}, {235, 128, 128}},
                          {{0, 0, 0}, {16, 128, 128}}};
  for (const Container container : {Container::mp4, Container::webm}) {
    for (const Solid& solid : solids) {
      CAPTURE(name_of(container));
      CAPTURE(solid.yuv[0]);
      Image image(64, 64);
      for (int i = 0; i < 64 * 64; ++i)
        std::copy(solid.rgb.begin(), solid.rgb.end(), image.rgb.begin() + i * 3);
      const auto path = dir / "solid.part";
      write_video(path, container, settings_of(64, 64, 1), [&](int) { return image; });
      const std::array<int, 3> yuv = raw_middle(path);
      for (int c = 0; c < 3; ++c) CHECK(std::abs(yuv[c] - solid.yuv[c]) <= 1);
      const Image back = decode_all(path).at(0);
      for (int c = 0; c < 3; ++c) CHECK(std::abs(back.pixel(32, 32)[c] - solid.rgb[c]) <= 4);
    }
  }
}

TEST_CASE("video: chroma edges stay where they are") {
  const TempDir dir;
  Image image(64, 64);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) image.pixel(x, y)[x < 32 ? 0 : 2] = 200;
  }
  const auto path = dir / "edge.part";
  VideoSettings settings = settings_of(64, 64, 1);
  settings.quality = 5;
  write_video(path, Container::mp4, settings, [&](int) { return image; });
  const Image back = decode_all(path).at(0);
  for (int x = 0; x < 64; ++x) {
    if (x >= 26 && x < 38) continue;
    CAPTURE(x);
    for (int c = 0; c < 3; ++c) CHECK(std::abs(back.pixel(x, 40)[c] - image.pixel(x, 40)[c]) <= 8);
  }
  const int left = back.pixel(31, 40)[0] - back.pixel(31, 40)[2],
            right = back.pixel(32, 40)[2] - back.pixel(32, 40)[0];
  CHECK(left > 0);
  CHECK(right > 0);
}

TEST_CASE("video: the mp4 index stands in front") {
  const TempDir dir;
  const auto path = dir / "a.mp4";
  write_video(path, Container::mp4, settings_of(64, 48, 5), [](int i) { return moving_disc(64, 48, i, 5); });
  const std::string bytes = read_file(path);
  const auto moov = bytes.find("moov"), mdat = bytes.find("mdat");
  REQUIRE(moov != std::string::npos);
  REQUIRE(mdat != std::string::npos);
  CHECK(moov < mdat);
}

TEST_CASE("video: the same frames give the same bytes, on one processor or more") {
  const TempDir dir;
  cpu_set_t before, one;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  }
  for (const Container container :
       {Container::mp4, Container::webm, Container::gif, Container::npy, Container::safetensors}) {
    CAPTURE(name_of(container));
    VideoSettings settings = settings_of(96, 64, 9);
    settings.tags = {{"title", "a disc"}};
    settings.recipe_json = "{}";
    const auto make = [](int i) { return moving_disc(96, 64, i, 9); };
    write_video(dir / "first.part", container, settings, make);
    REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
    write_video(dir / "second.tmp", container, settings, make);
    REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
    CHECK(read_file(dir / "first.part") == read_file(dir / "second.tmp"));
  }
}

TEST_CASE("video: pictures of a few macroblocks are encoded to the same bytes every time") {
  const TempDir dir;
  for (const auto& [width, height] : {std::pair{64, 48}, {80, 80}, {96, 64}, {112, 64}}) {
    for (const Container container : {Container::mp4, Container::webm}) {
      CAPTURE(width);
      CAPTURE(name_of(container));
      std::set<std::string> outcomes;
      for (int run = 0; run < 12; ++run) {
        write_video(dir / "one", container, settings_of(width, height, 9),
                    [&](int i) { return moving_disc(width, height, i, 9); });
        outcomes.insert(read_file(dir / "one"));
      }
      CHECK(outcomes.size() == 1);
    }
  }
}

TEST_CASE("video: quality moves size and closeness") {
  const TempDir dir;
  const auto make = [](int i) { return moving_disc(128, 96, i, 9); };
  VideoSettings fine = settings_of(128, 96, 9), coarse = fine;
  fine.quality = 10;
  coarse.quality = 40;
  write_video(dir / "fine", Container::mp4, fine, make);
  write_video(dir / "coarse", Container::mp4, coarse, make);
  CHECK(std::filesystem::file_size(dir / "fine") > std::filesystem::file_size(dir / "coarse"));
  CHECK(psnr(decode_all(dir / "fine").at(4), make(4)) > psnr(decode_all(dir / "coarse").at(4), make(4)) + 3);
}

TEST_CASE("video: names that FFmpeg could take for something else") {
  const TempDir dir;
  for (const char* name : {"pipe:1", "a%03d", "-", "concat:x|y", "ünïcödé \"q\""}) {
    CAPTURE(name);
    write_video(dir / name, Container::mp4, settings_of(32, 32, 1), [](int) { return Image(32, 32, 80); });
    CHECK(read_video_info(dir / name).width == 32);
  }
}
