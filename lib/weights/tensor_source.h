// A checkpoint file of any supported format, opened for reading.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/os/mapped_file.h"
#include "weights/tensor_table.h"

namespace turbodiff::weights {

enum class FileFormat { torch_zip, safetensors, gguf };

/// "pth", "safetensors", "gguf".
std::string_view name_of(FileFormat format);

/// One file behind a source, with the ranges that describe its tensors (for the model fingerprint).
struct SourceFile {
  std::shared_ptr<const core::MappedFile> file;
  std::vector<ByteRange> header;
};

/// The named tensors of a file, under the names the file gives them. Immutable and thread-safe after opening;
/// opening maps the file and reads its tensor table only.
class TensorSource {
 public:
  /// Opens `path`; the format is recognised by content. A `*.index.json` of sharded safetensors opens all of
  /// its shards as one source. Error bad_request for a missing, truncated, malicious or unsupported file.
  static std::shared_ptr<const TensorSource> open(const std::filesystem::path& path);

  FileFormat format() const { return format_; }
  const std::filesystem::path& path() const { return path_; }
  /// Tensor names in file order.
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<TensorView>& tensors() const { return tensors_; }
  /// Null when there is no such tensor. It may be unreadable (tensor_view.h).
  const TensorView* find(std::string_view name) const;
  /// Error bad_request that names tensor and file when there is no such tensor, or its values cannot be read.
  const TensorView& at(std::string_view name) const;
  /// safetensors `__metadata__`, or the GGUF key-value pairs as text; empty for .pth.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  /// The mapped files: one, or the index file followed by its shards.
  const std::vector<SourceFile>& files() const { return files_; }

 private:
  TensorSource(FileFormat format, std::filesystem::path path);
  void append(TensorTable&& table, std::shared_ptr<const core::MappedFile> file);
  static std::shared_ptr<const TensorSource> open_index(std::shared_ptr<const core::MappedFile> index);

  FileFormat format_;
  std::filesystem::path path_;
  std::vector<std::string> names_;
  std::vector<TensorView> tensors_;
  std::unordered_map<std::string, std::size_t> index_;
  std::map<std::string, std::string> metadata_;
  std::vector<SourceFile> files_;
};

}  // namespace turbodiff::weights
