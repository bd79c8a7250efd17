// The precompiled character map of a SentencePiece model (nmt_nfkc and its kin): a Darts double-array trie
// from UTF-8 keys to replacement strings. Layout: [u32 trie bytes][trie: u32 units][replacements,
// NUL-terminated].
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace turbodiff::text {

class CharMap {
 public:
  /// Takes the model's `precompiled_charsmap`; empty means that nothing is replaced. Error bad_request,
  /// naming `origin`, when the blob's sizes do not fit together.
  CharMap(std::string_view blob, const std::string& origin);

  /// `text` (well-formed UTF-8) with every extended grapheme cluster of fewer than 6 bytes, else every
  /// character, replaced by the map. A cluster is replaced as a whole by what its shortest mapped prefix maps
  /// to: that is how the Hugging Face tokenizers library (normalizers/precompiled.rs) reads these maps, and
  /// with it the reference.
  std::string normalize(std::string_view text) const;

 private:
  std::optional<std::string_view> replacement_of(std::string_view key) const;

  std::vector<std::uint32_t> units_;
  std::string replacements_;
};

}  // namespace turbodiff::text
