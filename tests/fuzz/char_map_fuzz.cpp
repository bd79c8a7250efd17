#include "text/sentencepiece/char_map.h"

#include <algorithm>

#include "fuzz_text.h"

/// The first two bytes are the size of the map; the map and a text follow.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  fuzz::Input input(data, size);
  std::size_t map_size = input.byte();
  map_size = map_size << 8 | input.byte();
  const std::string rest = input.rest();
  map_size = std::min(map_size, rest.size());
  return fuzz::expect_error_only([&] {
    const text::CharMap map(rest.substr(0, map_size), "fuzz");
    // The tokenizer hands in nothing but well-formed UTF-8.
    std::string plain;
    for (const char c : rest.substr(map_size)) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x80)
        plain += c;
      else
        plain += {static_cast<char>(0xC0 | byte >> 6), static_cast<char>(0x80 | (byte & 0x3F))};
    }
    const std::string once = map.normalize(plain);
    fuzz::require(once == map.normalize(plain), "the same text is the same again");
    fuzz::require(map.normalize("").empty(), "nothing stays nothing");
    fuzz::require(once.size() <= (plain.size() + 1) * (map_size + 4), "a replacement comes from the map");
  });
}
