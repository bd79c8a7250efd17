// turbodiff info: what it does
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text/counted.h"
#include "core/text/text_width.h"
#include "core/units.h"
#include "media/container.h"
#include "media/metadata.h"
#include "media/video_reader.h"
#include "media_commands.h"
#include "spec/option_table.h"
#include "spec/recipe.h"

namespace turbodiff::app {
namespace {

using Json = nlohmann::ordered_json;
using media::Container;

struct FileInfo {
  std::filesystem::path path;
  Container container = Container::mp4;
  std::optional<media::VideoInfo> video;
  std::map<std::string, std::string> tags;
  std::optional<spec::Recipe> recipe;
};

FileInfo read_file_info(const std::string& path) {
  FileInfo info;
  info.path = std::filesystem::absolute(path).lexically_normal();
  info.container = media::container_of_content(info.path);
  if (info.container == Container::mp4 || info.container == Container::webm ||
      info.container == Container::gif)
    info.video = media::read_video_info(info.path);
  if (info.container != Container::npy) info.tags = media::read_tags(info.path);
  if (const auto text = info.tags.find(media::recipe_tag); text != info.tags.end()) {
    try {
      info.recipe = spec::parse_recipe(text->second, path);
    } catch (const Error&) {
      info.recipe.reset();
    }
  }
  return info;
}

double fps_of(const media::VideoInfo& video) {
  return video.fps_den > 0 ? static_cast<double>(video.fps_num) / video.fps_den : 0;
}

Json json_of(const FileInfo& info) {
  Json video = nullptr;
  if (info.video)
    video = {{"width", info.video->width},
             {"height", info.video->height},
             {"frames", info.video->frames},
             {"fps", fps_of(*info.video)},
             {"duration_s", info.video->duration_s},
             {"codec", info.video->codec},
             {"pixel_format", info.video->pixel_format}};
  Json tags = Json::object();
  for (const auto& [name, value] : info.tags)
    if (name != media::recipe_tag) tags[name] = value;
  return {{"path", info.path.string()},
          {"container", media::name_of(info.container)},
          {"video", std::move(video)},
          {"recipe", info.recipe ? spec::to_json(*info.recipe) : Json(nullptr)},
          {"tags", std::move(tags)}};
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string text_of(const FileInfo& info, const std::string& shown) {
  std::string text;
  const auto line = [&](const std::string& name, const std::string& value) {
    text += fmt::format("{:<20} {}\n", name, core::escape_control(value));
  };
  line("file", shown);
  line("container", std::string(media::name_of(info.container)));
  if (info.video)
    line("video", fmt::format("{}x{}, {}, {} fps, {}, {}", info.video->width, info.video->height,
                              core::counted(info.video->frames, "frame"), fps_of(*info.video),
                              core::format_duration(info.video->duration_s), info.video->codec));
  if (!info.recipe) {
    line("recipe", "none: not made by turbodiff, or its metadata was removed");
    return text;
  }
  line("made by", info.recipe->program);
  line("model", fmt::format("{} (fingerprint {})", info.recipe->model_name, info.recipe->fingerprint));
  for (const spec::Option& option : spec::option_table()) {
    if (option.also_grid || !option.recorded) continue;
    if (const Json value = spec::get_json(info.recipe->options, option); !value.is_null())
      line(std::string(option.name), text_of(value));
  }
  return text;
}

}  // namespace

void run_info(cli::Program& program, const std::string& path) {
  const FileInfo info = read_file_info(path);
  if (program.flags().json)
    program.print_json(json_of(info));
  else
    program.print(text_of(info, path));
}

}  // namespace turbodiff::app
