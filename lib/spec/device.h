// The requested device of the networks.
#pragma once

#include <string>
#include <string_view>

namespace turbodiff::spec {

/// "auto", "cpu", "cuda" or "cuda:N".
struct DeviceChoice {
  enum class Kind { automatic, cpu, cuda };
  Kind kind = Kind::automatic;
  int index = 0;  ///< of a CUDA device
  bool operator==(const DeviceChoice&) const = default;
};

/// Error bad_request for anything else.
DeviceChoice parse_device(std::string_view text);
/// "auto", "cpu", "cuda:0"
std::string to_string(const DeviceChoice& device);

}  // namespace turbodiff::spec
