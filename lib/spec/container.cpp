#include "spec/container.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/text/strings.h"

namespace turbodiff::spec {
namespace {

constexpr std::array<std::pair<Container, std::string_view>, 6> names{
    {{Container::mp4, "mp4"},
     {Container::webm, "webm"},
     {Container::gif, "gif"},
     {Container::png, "png"},
     {Container::npy, "npy"},
     {Container::safetensors, "safetensors"}}};

constexpr const char* supported =
    "use .mp4, .webm, .gif, .png (one frame), .npy or .safetensors (raw frames)";

}  // namespace

std::string_view name_of(Container container) {
  for (const auto& [candidate, name] : names)
    if (candidate == container) return name;
  return "unknown";
}

Container container_of(const std::filesystem::path& path) {
  const std::string extension = core::to_lower(path.extension().string());
  if (extension.size() < 2)
    throw Error::bad_request(fmt::format("the output name '{}' has no extension", path.string()), supported);
  for (const auto& [container, name] : names)
    if (extension.substr(1) == name) return container;
  throw Error::bad_request(fmt::format("cannot write {} files ('{}')", extension, path.string()), supported);
}

}  // namespace turbodiff::spec
