// Small tensors in safetensors files of our own: latents, embeddings, states.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/os/output_file.h"
#include "weights/tensor_source.h"

namespace turbodiff::model {

/// Writes named tensors, fp64 as such and every other type as fp32. The file is written atomically, replaces
/// an existing one, and is on the disk when this returns. Errors as core::OutputFile.
void save_tensors(const std::filesystem::path& path,
                  const std::vector<std::pair<std::string, at::Tensor>>& tensors,
                  const std::map<std::string, std::string>& metadata = {},
                  core::Readers readers = core::Readers::by_umask);

/// A copy of a tensor of `file`: fp64 as such, every other type as fp32. Error bad_request when it is
/// missing.
at::Tensor load_tensor(const weights::TensorSource& file, std::string_view name);

}  // namespace turbodiff::model
