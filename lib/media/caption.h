// Captions in pictures.
#pragma once

#include <string_view>

#include "media/image.h"

namespace turbodiff::media {

inline constexpr int caption_height = 8;  ///< pixels, descenders included

/// Draws one line of `text` in light grey with its upper left corner at (left, top). Letters are 5x7 pixels
/// and one pixel apart; characters outside ASCII are boxes. What exceeds `max_width` pixels or the picture is
/// omitted, with ".." at the end.
void draw_caption(Image& image, int left, int top, int max_width, std::string_view text);

}  // namespace turbodiff::media
