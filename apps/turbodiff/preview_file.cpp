#include "preview_file.h"

#include <system_error>

#include "core/error.h"
#include "media/png.h"

namespace turbodiff::app {
namespace fs = std::filesystem;

bool PreviewFile::is_wanted() const {
  std::error_code error;
  return fs::exists(wanted(), error);
}

void PreviewFile::write(std::span<const std::uint8_t> rgb, int width, int height) {
  std::error_code error;
  fs::remove(wanted(), error);
  const fs::path temporary = file_.string() + ".new";
  try {
    media::Image image(width, height);
    image.rgb.assign(rgb.begin(), rgb.end());
    media::write_png(temporary, image);
    fs::rename(temporary, file_);
  } catch (const std::exception& problem) {
    fs::remove(temporary, error);
    log_.debug("no preview: {}", problem.what());
  }
}

}  // namespace turbodiff::app
