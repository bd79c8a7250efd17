#include "media/png.h"

#include "fuzz_file.h"
#include "fuzz_text.h"
#include "media/image_reader.h"

/// The input is a file of a picture (PNG, JPEG or WebP): its texts and its pixels are read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  const auto& file = fuzz::file_of(data, size, "a.png");
  fuzz::expect_error_only([&] {
    std::size_t total = 0;
    for (const auto& [name, value] : media::read_png_text(file)) total += name.size() + value.size();
    fuzz::require(total <= 2 * size + 16, "texts come from the file");
  });
  // A few bytes may stand for a picture of 2^28 pixels, which is right but takes its time.
  const auto big_endian = [&](std::size_t at) {
    return data[at] * (1U << 24) + data[at + 1] * (1U << 16) + data[at + 2] * (1U << 8) + data[at + 3];
  };
  constexpr std::uint64_t most_pixels = 1 << 20;
  if (size >= 24 && static_cast<std::uint64_t>(big_endian(16)) * big_endian(20) > most_pixels) return 0;
  return fuzz::expect_error_only([&] {
    const media::Image image = media::read_image(file);
    fuzz::require(image.width > 0 && image.height > 0, "a picture has pixels");
    fuzz::require(image.rgb.size() == static_cast<std::size_t>(image.width) * image.height * 3,
                  "a picture has three bytes a pixel");
  });
}
