// turbodiff contact-sheet FILE... -o PNG
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "core/error.h"
#include "core/output_file.h"
#include "core/text_width.h"
#include "core/units.h"
#include "media/contact_sheet.h"
#include "media/container.h"
#include "media/image_reader.h"
#include "media/video_reader.h"

namespace turbodiff::app {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;
using media::Container;

/// A sheet that is too large is drawn again with narrower pictures, down to these.
constexpr int narrowest = 40;

struct SheetFlags {
  std::vector<std::string> files;
  std::string output;
  int pictures = 5;
  int width = 320;
  std::optional<std::string> max_size;
  bool force = false;
};

void add_video(media::ContactSheet& sheet, const std::string& file) {
  media::VideoInfo info = media::read_video_info(file);
  if (info.frames <= 0) info = media::read_video(file, [](std::int64_t, const media::Image&) {});
  const auto frames = static_cast<int>(info.frames);
  sheet.begin_video(info.width, info.height, frames);
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
      sheet.begin_video(picture.width, picture.height, 1);
      sheet.add(picture.rgb);
      return;
    }
    default:
      throw Error::bad_request(fmt::format("'{}' has no pictures to show", core::escape_control(file)),
                               "give .mp4, .webm, .gif or .png files");
  }
}

/// The files that could be shown; the others are told. Error bad_request when there is none.
std::vector<std::string> draw(cli::Program& program, const SheetFlags& flags, int width, bool tell,
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
      if (tell && flags.files.size() > 1) program.log().warn("left out: {}", error.message());
      if (!first) first = error;
    }
  }
  if (shown.empty()) throw Error(*first);
  sheet.write(path);
  return shown;
}

void make_sheet(cli::Program& program, const SheetFlags& flags) {
  if (!flags.output.ends_with(".png")) throw Error::bad_request("--output must end in .png");
  const std::uint64_t most = flags.max_size ? core::parse_bytes(*flags.max_size) : UINT64_MAX;
  core::OutputFile output(program.paths().expand(flags.output), flags.force);
  int width = flags.width;
  std::vector<std::string> shown = draw(program, flags, width, true, output.temp_path());
  std::uint64_t bytes = fs::file_size(output.temp_path());
  while (bytes > most && width > narrowest) {
    width = std::max(narrowest, width * 2 / 3);
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

}  // namespace

void add_contact_sheet(cli::Program& program) {
  const auto flags = std::make_shared<SheetFlags>();
  CLI::App& command =
      program.add_command("contact-sheet", "Show videos at a glance: one picture, one row a video",
                          [flags](cli::Program& running) { make_sheet(running, *flags); });
  command
      .add_option("FILE", flags->files,
                  "Videos and pictures (.mp4, .webm, .gif, .png); what cannot be read is left out")
      ->required()
      ->type_name("FILE...")
      ->group("Arguments");
  command.add_option("-o,--output", flags->output, "The picture to write")
      ->required()
      ->type_name("PNG")
      ->group("Options");
  command.add_option("--pictures", flags->pictures, "Frames of each video, from the first to the last (5)")
      ->check(CLI::Range(1, 100).description(""))
      ->type_name("N")
      ->group("Options");
  command.add_option("--width", flags->width, "Widest picture in pixels (320)")
      ->check(CLI::Range(narrowest, 4096).description(""))
      ->type_name("N")
      ->group("Options");
  command.add_option("--max-size", flags->max_size, "Narrower pictures where the file would be larger")
      ->type_name("2MB")
      ->group("Options");
  command.add_flag("--force", flags->force, "Replace an existing file")->group("Options");
}

}  // namespace turbodiff::app
