#include "spec/device.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/text/strings.h"

namespace turbodiff::spec {

DeviceChoice parse_device(std::string_view text) {
  if (text == "auto") return {DeviceChoice::Kind::automatic, 0};
  if (text == "cpu") return {DeviceChoice::Kind::cpu, 0};
  if (text == "cuda") return {DeviceChoice::Kind::cuda, 0};
  if (text.starts_with("cuda:")) {
    const auto index = core::parse_integer(text.substr(5));
    if (index && *index >= 0 && *index < 1024) return {DeviceChoice::Kind::cuda, static_cast<int>(*index)};
  }
  throw Error::bad_request(fmt::format("--device: unknown device '{}'", text),
                           "one of auto, cpu, cuda, cuda:N");
}

std::string to_string(const DeviceChoice& device) {
  switch (device.kind) {
    case DeviceChoice::Kind::automatic:
      return "auto";
    case DeviceChoice::Kind::cpu:
      return "cpu";
    case DeviceChoice::Kind::cuda:
      return fmt::format("cuda:{}", device.index);
  }
  return "auto";
}

}  // namespace turbodiff::spec
