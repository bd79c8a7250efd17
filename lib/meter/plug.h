// A smart plug between the machine and the wall, asked over HTTP.
//   shelly     /status           Gen 1: meters[0] {power W, total watt-minutes}
//   shelly2    /rpc/Switch.GetStatus?id=0   Gen 2 and later: {apower W, aenergy.total Wh}
//   tasmota    /cm?cmnd=Status%208          StatusSNS.ENERGY {Power W, Total kWh}
// after the makers' descriptions of their interfaces.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace turbodiff::meter {

enum class PlugType { shelly, shelly2, tasmota };
std::optional<PlugType> plug_type_named(std::string_view name);

struct PlugReading {
  std::int64_t milliwatts = 0;
  std::optional<std::int64_t> counter_uj;  ///< since the plug was reset; coarse
};

/// Parses the answer of a plug; nothing when it is invalid, or the plug marks its value as invalid.
std::optional<PlugReading> parse_plug(PlugType type, std::string_view body);

class Plug {
 public:
  /// GET of a URL: the body of a good answer, nothing otherwise.
  using Fetch = std::function<std::optional<std::string>(const std::string& url)>;

  /// `url` is the plug's address, "http://192.168.1.20"; a path in it replaces the type's usual one.
  Plug(PlugType type, const std::string& url, Fetch fetch);
  const std::string& url() const { return url_; }
  std::optional<PlugReading> read() const;

 private:
  PlugType type_;
  std::string url_;
  Fetch fetch_;
};

}  // namespace turbodiff::meter
