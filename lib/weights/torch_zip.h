// Reader for what torch.save writes since PyTorch 1.6: a zip archive of a pickle and one entry for each
// storage.
#pragma once

#include "weights/tensor_table.h"

namespace turbodiff::weights {

/// Reads NAME/data.pkl with the allow-listed pickle reader (pickle.h) and points the tensors at the stored
/// bytes of NAME/data/KEY. Nested dictionaries flatten with dots ("state_dict.net.x"); leaves that are no
/// tensors are skipped. Error bad_request that names file and tensor when a storage is missing, compressed or
/// shorter than strides and shape reach, when the archive is big-endian, or when it holds no tensor at all.
TensorTable read_torch_zip(const FileBytes& file);

}  // namespace turbodiff::weights
