// A SentencePiece model file: the fields of its protobuf that encoding needs.
// Format: sentencepiece_model.proto of github.com/google/sentencepiece.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace turbodiff::text {

/// Numbers as in the protobuf's enum.
enum class PieceType : std::uint8_t {
  normal = 1,
  unknown = 2,
  control = 3,
  user_defined = 4,
  unused = 5,
  byte = 6
};

/// A vocabulary entry; its id is its index in the model.
struct Piece {
  std::string text;    // UTF-8, a space written as U+2581
  float score = 0.0f;  // log probability
  PieceType type = PieceType::normal;
};

struct SentencePieceModel {
  std::vector<Piece> pieces;           // never empty, texts unique and not empty, scores finite
  std::vector<std::uint32_t> by_text;  // ids in the order of their texts' bytes
  std::string precompiled_charsmap;    // normalisation map, see CharMap; may be empty
  bool add_dummy_prefix = true;        // a word boundary before the first word
  bool byte_fallback = false;          // unknown characters are spelled in <0xNN> pieces
  std::string eos_piece = "</s>";
  std::string pad_piece = "<pad>";
};

/// Parses `bytes`. Error bad_request, naming `origin`, when they are empty, not a SentencePiece model, cut
/// short, or a model of a kind other than unigram.
SentencePieceModel parse_sentencepiece_model(std::span<const std::uint8_t> bytes, const std::string& origin);

}  // namespace turbodiff::text
