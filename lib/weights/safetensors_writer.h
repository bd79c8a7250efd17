// Writes safetensors files, tensor by tensor, without holding them in memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/dtype.h"

namespace turbodiff::weights {

/// Name, dtype and shape of a tensor to write.
struct TensorSpec {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<std::int64_t> shape;
};

/// Writes the header on construction; then write() takes the data of all tensors, in the order of `tensors`,
/// in pieces of any size; finish() closes the file. The caller chooses a temporary path and renames it.
/// Errors: work_failed when the disk does not take the data (disk full), when more or fewer bytes come than
/// the shapes say, or when two tensors have one name.
class SafetensorsWriter {
 public:
  SafetensorsWriter(const std::filesystem::path& path, const std::vector<TensorSpec>& tensors,
                    const std::map<std::string, std::string>& metadata = {});
  void write(std::span<const std::uint8_t> bytes);
  void write(std::span<const float> values);
  void finish();

 private:
  std::filesystem::path path_;
  std::ofstream out_;
  std::uint64_t remaining_ = 0;
};

/// A whole tensor in memory.
struct TensorData {
  TensorSpec spec;
  std::span<const std::uint8_t> bytes;
};

/// Writes a small file in one call.
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorData>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace turbodiff::weights
