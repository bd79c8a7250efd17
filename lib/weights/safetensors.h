// Reader for safetensors: an 8-byte header length, a JSON header, the data.
// Format: https://github.com/huggingface/safetensors#format
#pragma once

#include "weights/tensor_table.h"

namespace turbodiff::weights {

/// Reads the tensor table of a safetensors file; the views point into `file`. Checked: header within 100 MB
/// and the file, no duplicate keys, every range inside the data, as long as dtype and shape say, and the
/// ranges together without overlap or hole. A dtype that cannot be read makes its tensor unreadable, not the
/// file; keys that the format does not know and metadata that are no text are no reason to refuse it either.
/// Error bad_request that names file and tensor.
TensorTable read_safetensors(const FileBytes& file);

}  // namespace turbodiff::weights
