#include "media/contact_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "media/caption.h"
#include "media/pixel_convert.h"
#include "media/png.h"

namespace turbodiff::media {

int sheet_frame(int place, int shown, int total) {
  if (shown <= 1) return 0;
  return static_cast<int>((2LL * place * (total - 1) + (shown - 1)) / (2LL * (shown - 1)));
}

ContactSheet::ContactSheet(SheetSettings settings) : settings_(settings) {
  if (settings_.pictures < 1 || settings_.columns < 1 || settings_.gap < 0 ||
      settings_.max_picture_width < 1) {
    throw Error::bad_request("a contact sheet needs at least one picture, one column and one pixel");
  }
}

void ContactSheet::begin_video(int width, int height, int total_frames, std::string name) {
  if (width < 1 || height < 1 || total_frames < 1) {
    throw Error::work_failed("a contact sheet needs a video of at least one frame");
  }
  videos_.push_back({width, height, total_frames, 0, {}, std::move(name)});
}

void ContactSheet::add(std::span<const std::uint8_t> rgb) {
  if (videos_.empty()) throw Error::work_failed("a frame came to the contact sheet before its video");
  Video& video = videos_.back();
  if (rgb.size() != static_cast<std::size_t>(video.width) * video.height * 3) {
    throw Error::work_failed(fmt::format("frame {} for the contact sheet has {} bytes, not {}x{}x3",
                                         video.seen, rgb.size(), video.width, video.height));
  }
  if (video.seen == video.total) {
    throw Error::work_failed(
        fmt::format("the contact sheet's video has {} frames, another one came", video.total));
  }
  const int index = video.seen++;
  const int shown = std::min(settings_.pictures, video.total);
  const int next = static_cast<int>(video.pictures.size());
  if (next == shown || sheet_frame(next, shown, video.total) != index) return;
  Image picture(video.width, video.height);
  picture.rgb.assign(rgb.begin(), rgb.end());
  if (video.width > settings_.max_picture_width) {
    const double ratio = static_cast<double>(settings_.max_picture_width) / video.width;
    const int height = std::max(1, static_cast<int>(std::lround(video.height * ratio)));
    picture = resized(picture, settings_.max_picture_width, height);
  }
  video.pictures.push_back(std::move(picture));
}

Image ContactSheet::compose() const {
  const int gap = settings_.gap;
  int width = 0, height = gap;
  for (const Video& video : videos_) {
    if (video.pictures.empty()) continue;
    const int count = static_cast<int>(video.pictures.size());
    const int columns = std::min(count, settings_.columns);
    const int rows = (count + columns - 1) / columns;
    width = std::max(width, gap + columns * (video.pictures[0].width + gap));
    height += rows * (video.pictures[0].height + gap);
    if (!video.name.empty()) height += caption_height + gap;
  }
  if (width == 0) throw Error::work_failed("the contact sheet has no frame to show");

  Image sheet(width, height, settings_.background);
  int top = gap;
  for (const Video& video : videos_) {
    if (!video.pictures.empty() && !video.name.empty()) {
      draw_caption(sheet, gap, top, width - 2 * gap, video.name);
      top += caption_height + gap;
    }
    for (std::size_t i = 0; i < video.pictures.size(); ++i) {
      const Image& picture = video.pictures[i];
      const int column = static_cast<int>(i) % settings_.columns;
      if (i > 0 && column == 0) top += picture.height + gap;
      const int left = gap + column * (picture.width + gap);
      for (int y = 0; y < picture.height; ++y) {
        std::memcpy(sheet.pixel(left, top + y), picture.pixel(0, y),
                    static_cast<std::size_t>(picture.width) * 3);
      }
    }
    if (!video.pictures.empty()) top += video.pictures[0].height + gap;
  }
  return sheet;
}

void ContactSheet::write(const std::filesystem::path& path,
                         const std::map<std::string, std::string>& tags) const {
  write_png(path, compose(), tags);
}

}  // namespace turbodiff::media
