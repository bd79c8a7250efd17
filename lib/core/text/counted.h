// Numbers with a noun.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace turbodiff::core {

/// "1 frame", "2 frames".
inline std::string counted(std::int64_t count, std::string_view thing) {
  return std::to_string(count) + " " + std::string(thing) + (count == 1 ? "" : "s");
}

}  // namespace turbodiff::core
