// Picture sizes: the named resolutions of TurboDiffusion (rcm/datasets/utils.py, VIDEO_RES_SIZE_INFO) and the
// constraints on every size.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::spec {

/// Width and height in pixels.
struct Size {
  int width = 0;
  int height = 0;
  bool operator==(const Size&) const = default;
};

/// Both sides of a video are multiples of this: the autoencoder's stride 8 times the transformer's patch
/// of 2.
inline constexpr int size_multiple = 16;
inline constexpr int largest_side = 8192;

/// Names of the resolutions ("480p", "720p", "480", "512", "720") and of the aspect ratios ("16:9", ...), in
/// the order they are shown.
std::vector<std::string_view> resolution_names();
std::vector<std::string_view> aspect_ratio_names();

/// Size of a named resolution, or nothing when either name is unknown.
std::optional<Size> find_resolution(std::string_view resolution, std::string_view aspect_ratio);

/// Parses "WIDTHxHEIGHT". Error bad_request when it is not that, or when a side is no multiple of 16 or out
/// of range; the hint then names the nearest size that is valid.
Size parse_size(std::string_view text);

/// "832x480"
std::string to_string(Size size);

/// The nearest valid size (each side to the nearest multiple of 16, at least 16).
Size nearest_size(Size size);

/// The size for a picture of `image` pixels with about the area of `target` and the picture's own aspect
/// ratio: sqrt(area / r) by sqrt(area * r) with r = height / width, each divided by 16, rounded half to even,
/// times 16 (TurboDiffusion, wan2.2_i2v_infer.py, --adaptive_resolution).
Size adapt_size(Size target, Size image);

}  // namespace turbodiff::spec
