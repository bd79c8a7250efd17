// Segmentation of a word into pieces by a unigram language model: the path of the largest summed log
// probability. Kudo, "Subword Regularization", 2018; agrees with models/unigram of the Hugging Face
// tokenizers library, ties and all: scores add up in double, of equal paths the one found first (smaller
// start) stays.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text/sentencepiece/sentencepiece_model.h"

namespace turbodiff::text {

class Unigram {
 public:
  /// `model` must outlive this; `unknown_id` is its one piece of type unknown.
  Unigram(const SentencePieceModel& model, std::int32_t unknown_id);

  /// Appends the ids of `word` (well-formed UTF-8, spaces already written as U+2581). A character that is no
  /// piece costs min_score - 10; neighbours of that kind are joined, and become <0xNN> pieces where the model
  /// has byte fallback and all of them, else one unknown id.
  void append_ids(std::string_view word, std::vector<std::int32_t>& ids) const;

 private:
  void append_piece(std::string_view piece, std::vector<std::int32_t>& ids) const;
  std::int32_t find(std::string_view text) const;
  std::string_view text_of(std::size_t rank) const { return model_.pieces[by_text_[rank]].text; }

  const SentencePieceModel& model_;
  const std::vector<std::uint32_t>& by_text_;
  std::int32_t unknown_id_;
  double unknown_score_;
  std::vector<std::int32_t> byte_ids_;  // 256 ids of <0x00>..<0xFF>, -1 where missing; empty without fallback
};

}  // namespace turbodiff::text
