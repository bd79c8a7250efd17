// Repairs of bytes that were UTF-8 before single bytes of them were altered.
// Agrees with ftfy.fixes of github.com/rspeer/python-ftfy 6.3.1.
#pragma once

#include <string>
#include <string_view>

namespace turbodiff::text {

/// Restores byte A0 where a space (20) has replaced it inside what would otherwise be UTF-8.
std::string restore_byte_a0(std::string_view bytes);

/// Replaces UTF-8 sequences of which bytes were lost, and lone 1A bytes, by U+FFFD in UTF-8. Byte 1A stands
/// for a lost byte, as may one `?` in a sequence.
std::string replace_lossy_sequences(std::string_view bytes);

}  // namespace turbodiff::text
