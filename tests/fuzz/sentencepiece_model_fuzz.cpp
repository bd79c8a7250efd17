#include "text/sentencepiece/sentencepiece_model.h"

#include <cmath>
#include <set>
#include <vector>

#include "fuzz_text.h"
#include "text/sentencepiece/char_map.h"

/// The input is a file of a SentencePiece model.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  const std::vector<std::uint8_t> bytes(data, data + size);  // reading one byte too far is seen
  return fuzz::expect_error_only([&] {
    const text::SentencePieceModel model = text::parse_sentencepiece_model(bytes, "fuzz");
    fuzz::require(!model.pieces.empty(), "a model has pieces");
    std::set<std::string_view> texts;
    for (const text::Piece& piece : model.pieces) {
      fuzz::require(!piece.text.empty() && texts.insert(piece.text).second, "texts are there, and once");
      fuzz::require(std::isfinite(piece.score), "scores are numbers");
    }
    text::CharMap(model.precompiled_charsmap, "fuzz").normalize("a\xC3\xA9\xE2\x80\x8D z");
  });
}
