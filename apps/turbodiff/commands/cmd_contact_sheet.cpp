// turbodiff contact-sheet: what it does
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/os/output_file.h"
#include "core/text/text_width.h"
#include "core/units.h"
#include "media/contact_sheet.h"
#include "media/container.h"
#include "media/image_reader.h"
#include "media/video_reader.h"
#include "media_commands.h"

namespace turbodiff::app {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;
using media::Container;

void add_video(media::ContactSheet& sheet, const std::string& file) {
  media::VideoInfo info = media::read_video_info(file);
  if (info.frames <= 0) info = media::read_video(file, [](std::int64_t, const media::Image&) {});
  const auto frames = static_cast<int>(info.frames);
  sheet.begin_video(info.width, info.height, frames, fs::path(file).filename().string());
  media::read_video(file, [&](std::int64_t index, const media::Image& frame) {
    if (index < frames) sheet.add(frame.rgb);
  });
}

void add_file(media::ContactSheet& sheet, const std::string& file) {
  switch (media::container_of_content(file)) {
    case Container::mp4:
    case Container::webm:
    case Container::gif:
      return add_video(sheet, file);
    case Container::png: {
      const media::Image picture = media::read_image(file);
      sheet.begin_video(picture.width, picture.height, 1, fs::path(file).filename().string());
      sheet.add(picture.rgb);
      return;
    }
    default:
      throw Error::bad_request(fmt::format("'{}' has no pictures to show", core::escape_control(file)),
                               "give .mp4, .webm, .gif or .png files");
  }
}

/// The files that could be shown; the others are logged. Error bad_request when there is none.
std::vector<std::string> draw(cli::Program& program, const SheetFlags& flags, int width, bool log_skipped,
                              const fs::path& path) {
  media::SheetSettings settings;
  settings.pictures = settings.columns = flags.pictures;
  settings.max_picture_width = width;
  media::ContactSheet sheet(settings);
  std::vector<std::string> shown;
  std::optional<Error> first;
  for (const std::string& file : flags.files) {
    try {
      add_file(sheet, file);
      shown.push_back(fs::absolute(file).lexically_normal().string());
    } catch (const Error& error) {
      if (error.code() == ErrorCode::interrupted) throw;
      if (log_skipped && flags.files.size() > 1) program.log().warn("left out: {}", error.message());
      if (!first) first = error;
    }
  }
  if (shown.empty()) throw Error(*first);
  sheet.write(path);
  return shown;
}

}  // namespace

void run_contact_sheet(cli::Program& program, const SheetFlags& flags) {
  if (!flags.output.ends_with(".png")) throw Error::bad_request("--output must end in .png");
  const std::uint64_t most = flags.max_size ? core::parse_bytes(*flags.max_size) : UINT64_MAX;
  core::OutputFile output(program.paths().expand(flags.output), flags.force);
  int width = flags.width;
  std::vector<std::string> shown = draw(program, flags, width, true, output.temp_path());
  std::uint64_t bytes = fs::file_size(output.temp_path());
  while (bytes > most && width > narrowest_picture) {
    width = std::max(narrowest_picture, width * 2 / 3);
    shown = draw(program, flags, width, false, output.temp_path());
    bytes = fs::file_size(output.temp_path());
  }
  if (bytes > most)
    throw Error::refused(fmt::format("the contact sheet of {} files has {}, more than --max-size",
                                     shown.size(), core::format_bytes(bytes)),
                         "give fewer files or pictures");
  output.commit();
  const std::string path = fs::absolute(output.final_path()).lexically_normal().string();
  if (program.flags().json)
    program.print_json({{"path", path}, {"files", shown}, {"bytes", bytes}, {"picture_width", width}});
  else if (!program.flags().quiet)
    program.print(path + "\n");
}

}  // namespace turbodiff::app
