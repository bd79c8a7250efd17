#include "media/metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "media/av_support.h"
#include "media/container.h"
#include "media/file_view.h"
#include "media/gif_format.h"
#include "media/png.h"

namespace turbodiff::media {

namespace {

using Tags = std::map<std::string, std::string>;

Tags safetensors_tags(const std::filesystem::path& path) {
  const FileView file(path);
  const std::string_view bytes = file.view();
  std::uint64_t size = 0;
  for (int i = 7; i >= 0; --i) size = size << 8 | static_cast<unsigned char>(bytes[i]);
  const auto damaged = [&] {
    return Error::bad_request(
        fmt::format("cannot read '{}': its safetensors header is damaged", path.string()));
  };
  if (size > bytes.size() - 8) throw damaged();
  const auto json = nlohmann::json::parse(bytes.substr(8, size), nullptr, false);
  if (!json.is_object()) throw damaged();
  Tags tags;
  if (!json.contains("__metadata__")) return tags;
  if (!json["__metadata__"].is_object()) throw damaged();
  for (const auto& [name, value] : json["__metadata__"].items()) {
    if (!value.is_string()) throw damaged();
    tags[name] = value.get<std::string>();
  }
  return tags;
}

Tags read_raw(const std::filesystem::path& path) {
  switch (container_of_content(path)) {
    case Container::png:
      return read_png_text(path);
    case Container::gif:
      return read_gif_comments(path);
    case Container::safetensors:
      return safetensors_tags(path);
    case Container::npy:
      throw Error::bad_request(fmt::format(".npy files hold no metadata ('{}')", path.string()),
                               "write .safetensors to keep the settings with raw frames");
    case Container::mp4:
    case Container::webm:
      break;
  }
  av::quiet();
  return av::to_map(av::open_input(path)->metadata);
}

}  // namespace

std::map<std::string, std::string> read_tags(const std::filesystem::path& path) {
  Tags tags;
  for (auto& [name, value] : read_raw(path)) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    tags[lower] = std::move(value);
  }
  return tags;
}

std::string read_recipe(const std::filesystem::path& path) {
  const Tags tags = read_tags(path);
  const auto found = tags.find(recipe_tag);
  if (found == tags.end()) {
    throw Error::bad_request(fmt::format("'{}' holds no recipe", path.string()),
                             "only unchanged files written by turbodiff carry one");
  }
  return found->second;
}

}  // namespace turbodiff::media
