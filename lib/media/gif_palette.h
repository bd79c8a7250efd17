// A picture's 256 colours: variance-based median cut (Heckbert 1982; Wu 1991) and nearest-colour lookup.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "media/gif_format.h"

namespace turbodiff::media {

struct Palette {
  std::vector<Colour> colours;
  bool exact = false;    ///< every pixel's colour is in `colours`
  double rms_error = 0;  ///< per channel, in levels, over the pixels it was made from
};

/// The palette of at most `limit` colours for `pixels` (uint8 [N, 3], N >= 1). Pictures with no more
/// colours than that get exactly those.
Palette make_palette(std::span<const std::uint8_t> pixels, int limit);

/// Nearest palette entry by squared RGB distance; caches its results.
class NearestColour {
 public:
  explicit NearestColour(const std::vector<Colour>& colours);
  int operator()(int r, int g, int b);

 private:
  const std::vector<Colour>& colours_;
  std::vector<std::uint32_t> keys_;
  std::vector<std::uint8_t> values_;
};

}  // namespace turbodiff::media
