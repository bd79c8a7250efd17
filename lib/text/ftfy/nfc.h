// Unicode normalisation form C (Unicode Standard Annex 15).
#pragma once

#include <string>

namespace turbodiff::text {

/// `text` (no surrogates) in form C by libutf8proc's data (Unicode 14.0 in version 2.8, as Python 3.11).
/// Error work_failed when memory runs out.
std::u32string to_nfc(std::u32string text);

}  // namespace turbodiff::text
