// UTF-8 decoders that refuse what is not UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace turbodiff::text {

/// `bytes` as code points; none when they are not well-formed UTF-8 (surrogates are not).
std::optional<std::u32string> decode_strict_utf8(std::string_view bytes);

/// The same, but lets through CESU-8 (a character beyond U+FFFF as two encoded surrogates) and Java's C0 80
/// for U+0000, mixed with UTF-8. Agrees with the codec utf-8-variants of github.com/rspeer/python-ftfy 6.3.1
/// to the point that, at the very end, a line feed passes for the last byte of either.
std::optional<std::u32string> decode_utf8_variants(std::string_view bytes);

}  // namespace turbodiff::text
