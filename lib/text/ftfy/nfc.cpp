#include "text/ftfy/nfc.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "core/error.h"
#include "text/utf8.h"

namespace turbodiff::text {

std::u32string to_nfc(std::u32string text) {
  constexpr char32_t first_that_can_change = 0x300;
  if (std::all_of(text.begin(), text.end(), [](char32_t c) { return c < first_that_can_change; }))
    return text;

  const std::string bytes = encode_utf8(text);
  utf8proc_uint8_t* result = nullptr;
  const utf8proc_ssize_t length = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(bytes.data()), static_cast<utf8proc_ssize_t>(bytes.size()),
      &result, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(result, &std::free);
  if (length < 0) {
    throw Error::work_failed(std::string("the prompt cannot be normalised: ") + utf8proc_errmsg(length));
  }
  return decode_utf8({reinterpret_cast<const char*>(result), static_cast<std::size_t>(length)});
}

}  // namespace turbodiff::text
