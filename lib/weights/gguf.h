// Reader for GGUF, versions 2 and 3: key-value pairs, tensor table, aligned data.
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
#pragma once

#include "weights/tensor_table.h"

namespace turbodiff::weights {

/// Reads key-value pairs and tensor table; the views point into `file`. Dimensions come out outermost first,
/// and `comfy.gguf.orig_shape.NAME` (integers, outermost first) replaces the shape of tensor NAME where a
/// file had to store it with fewer dimensions. Types: F32, F16, BF16, F64, I8..I64 and those of
/// block_format.h; tensors of other types are unreadable. A big-endian or version 1 file, one part of a split
/// model, and every count, length or offset that does not fit the file is an Error bad_request that names
/// file and tensor or key.
TensorTable read_gguf(const FileBytes& file);

}  // namespace turbodiff::weights
