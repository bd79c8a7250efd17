#include "preview_file.h"

#include <system_error>

#include "core/os/output_file.h"
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
  try {
    media::Image image(width, height);
    image.rgb.assign(rgb.begin(), rgb.end());
    core::OutputFile output(file_, /*force=*/true, core::Readers::owner);
    media::write_png(output.temp_path(), image);
    output.commit();
  } catch (const std::exception& problem) {
    log_.debug("no preview: {}", problem.what());
  }
}

}  // namespace turbodiff::app
