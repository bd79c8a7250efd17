#include "media/gif_format.h"

#include "fuzz_file.h"
#include "fuzz_text.h"

/// The input is a GIF file whose comments are read; then it is the indices of a frame that is written.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  const auto& file = fuzz::file_of(data, size, "a.gif");
  fuzz::expect_error_only([&] {
    std::size_t total = 0;
    for (const auto& [name, value] : media::read_gif_comments(file)) total += name.size() + value.size();
    fuzz::require(total <= 2 * size + 16, "comments come from the file");
  });
  constexpr std::size_t most = 4096;
  if (size < 2 || size > most) return 0;
  media::GifFrame frame;
  frame.width = 1 + data[0] % 64;
  frame.height = static_cast<int>(size - 1) / frame.width;
  if (frame.height == 0) return 0;
  frame.palette.assign(256, media::Colour{1, 2, 3});
  frame.indices.assign(data + 1, data + 1 + frame.width * frame.height);
  const std::string text(reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 600));
  const std::string whole = media::gif_header(frame.width, frame.height, {{"comment", text}}) +
                            media::gif_frame(frame) + media::gif_trailer;
  const auto& written =
      fuzz::file_of(reinterpret_cast<const std::uint8_t*>(whole.data()), whole.size(), "a.gif");
  const auto comments = media::read_gif_comments(written);
  fuzz::require(comments.size() == 1 && comments.begin()->second == text,
                "a comment is read as it was written");
  return 0;
}
