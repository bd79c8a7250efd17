// The umT5 tokenizer: SentencePiece unigram as the Hugging Face fast tokenizer of google/umt5-xxl runs it.
// Text -> special tokens cut out -> character map -> trailing spaces dropped, runs of spaces joined -> words,
// each opened by U+2581 -> unigram pieces -> ids, and </s> at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::text {

/// Immutable and thread-safe; copies share one model.
class Tokenizer {
 public:
  /// Loads a SentencePiece `.model` file. Error bad_request, naming the file, when it is missing, empty, cut
  /// short, not a unigram SentencePiece model, or without an end-of-sequence, padding or unknown piece.
  static Tokenizer from_file(const std::filesystem::path& path);
  /// The same from memory, as single-file checkpoints carry it (a uint8 tensor). `origin` stands in error
  /// messages.
  static Tokenizer from_bytes(std::span<const std::uint8_t> bytes, const std::string& origin);

  /// Ids of `clean_text` (see clean_prompt; ill-formed UTF-8 counts as U+FFFD) followed by eos_id(): 1 to
  /// `max_length` of them, cut so that the last one is still eos_id(), not padded. The empty text is [eos].
  /// Pieces of type control, unknown and user-defined that the text spells out (`</s>`, `<pad>`, ...) become
  /// their ids. Error bad_request when `max_length` is 0.
  std::vector<std::int32_t> encode(std::string_view clean_text, std::size_t max_length = 512) const;

  std::int32_t pad_id() const;
  std::int32_t eos_id() const;
  std::int32_t unk_id() const;
  std::size_t vocab_size() const;

 private:
  struct State;
  explicit Tokenizer(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace turbodiff::text
