// Recognises what a file is that should be a model or tokenizer: the result of a failed download, or an
// archive.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace turbodiff::core {

struct ForeignFile {
  std::string what;  ///< "it is a web page, not a model": the end of an error message
  std::string hint;  ///< what to do
};

/// Recognises web pages and other answers of a server, Git LFS and git-annex pointers, links that were copied
/// as text, downloads that are still zeros, and compressed files, by the first bytes of the file. Nothing for
/// everything else. No model format is ever recognised as one of these.
std::optional<ForeignFile> recognise_foreign_file(std::span<const std::uint8_t> bytes);

}  // namespace turbodiff::core
