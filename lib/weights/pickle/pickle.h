// A pickle reader that can build the state dictionaries torch.save writes and nothing else.
//
// Pickle is a program for a stack machine that may import and call anything; this one knows only the opcodes
// that data need, and only these names, none of which is ever executed: collections.OrderedDict, torch.Size,
// torch._utils._rebuild_tensor_v2, _rebuild_tensor_v3, _rebuild_parameter, torch.*Storage,
// torch.storage.UntypedStorage, torch.device and the torch dtypes. Objects of some classes of plain data that
// training checkpoints hold beside the weights (argparse.Namespace, NumPy's numbers, ...) are read over: they
// become a value without contents.
// Opcodes: CPython's Lib/pickletools.py; call signatures: torch/_utils.py.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/dtype.h"

namespace turbodiff::weights {

/// A storage as a tensor refers to it: an entry data/KEY of the archive.
struct PickledStorage {
  std::string key;
  Dtype dtype = Dtype::f32;
  bool untyped = false;         ///< counted in bytes; the tensor determines the dtype
  std::string unreadable = {};  ///< name of an element type whose values cannot be read; else empty
  std::uint64_t size = 0;       ///< elements, or bytes when untyped
};

/// A tensor as the pickle describes it. Offset and strides in elements; not yet checked against the storage.
struct PickledTensor {
  std::string name;  ///< keys of the dictionaries around it, joined with dots
  PickledStorage storage;
  Dtype dtype = Dtype::f32;
  std::string unreadable = {};  ///< as PickledStorage::unreadable
  std::uint64_t offset = 0;
  std::vector<std::int64_t> shape;    ///< none negative
  std::vector<std::int64_t> strides;  ///< none negative, as many as dimensions
};

/// Runs the pickle in `bytes` and returns the tensors of the dictionary it builds, in order. `where` names
/// the file in errors. Error bad_request for a truncated or malformed pickle, one that imports a name not on
/// the list (the message says which), one that nests deeper than 32 dictionaries or contains itself, or one
/// whose top is no dictionary.
std::vector<PickledTensor> read_pickled_tensors(std::span<const std::uint8_t> bytes,
                                                const std::string& where);

}  // namespace turbodiff::weights
