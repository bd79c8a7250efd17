#include "weights/torch_zip.h"

#include <algorithm>
#include <utility>

#include "weights/byte_reader.h"
#include "weights/pickle/pickle.h"
#include "weights/zip_archive.h"

namespace turbodiff::weights {
namespace {

/// Expanded tensors (stride 0) may be larger than their storage, but not without limit.
constexpr std::int64_t most_expanded_elements = std::int64_t{1} << 26;

/// "NAME/" of the one entry NAME/data.pkl.
std::string find_folder(const ZipArchive& archive, const std::string& where) {
  constexpr std::string_view suffix = "/data.pkl";
  const ZipEntry* found = nullptr;
  for (const ZipEntry& entry : archive.entries()) {
    const std::string_view name = entry.name;
    if (!name.ends_with(suffix) || name.find('/') != name.size() - suffix.size()) continue;
    if (found) bad_file(where, "the archive holds two checkpoints");
    found = &entry;
  }
  if (!found)
    bad_file(where, "it is a zip archive without the data.pkl of a PyTorch checkpoint",
             "pass a .pth, .safetensors or .gguf file; unpack it first if the archive contains one");
  return found->name.substr(0, found->name.size() - suffix.size() + 1);
}

void check_byte_order(const ZipArchive& archive, const std::string& folder, const std::string& where) {
  const ZipEntry* entry = archive.find(folder + "byteorder");
  if (!entry) return;
  const auto bytes = archive.stored(*entry);
  const std::string_view order(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (order != "little")
    bad_file(where, "it was written on a big-endian machine", "save it again on a little-endian one");
}

/// Number of elements from the start of the storage to the end of the tensor's last; nullopt on overflow.
std::optional<std::uint64_t> reach_of(const PickledTensor& tensor) {
  std::uint64_t reach = tensor.offset;
  for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
    std::uint64_t step = 0;
    if (__builtin_mul_overflow(static_cast<std::uint64_t>(tensor.shape[i] - 1),
                               static_cast<std::uint64_t>(tensor.strides[i]), &step) ||
        __builtin_add_overflow(reach, step, &reach))
      return std::nullopt;
  }
  return reach == UINT64_MAX ? std::nullopt : std::optional(reach + 1);
}

TensorView view_of(PickledTensor&& tensor, const ZipArchive& archive, const std::string& folder,
                   const FileBytes& file) {
  const auto fail = [&](const std::string& problem) {
    bad_file(file.where, "tensor '" + printable(tensor.name) + "' " + problem);
  };
  const ZipEntry* entry = archive.find(folder + "data/" + tensor.storage.key);
  if (!entry)
    fail("refers to the storage '" + printable(tensor.storage.key) + "', which is not in the archive");
  if (!tensor.unreadable.empty()) {
    TensorView view{std::move(tensor.name), Dtype::u8,  std::move(tensor.shape), {},
                    file.bytes.data(),      file.owner, BlockFormat::none};
    if (!checked_numel(view.shape)) fail("has the impossible shape " + shape_text(view.shape));
    view.strides = contiguous_strides(view.shape);
    view.unreadable = std::move(tensor.unreadable);
    return view;
  }
  const auto bytes = archive.stored(*entry);
  const std::size_t element = size_of(tensor.dtype);
  const std::size_t storage_element = tensor.storage.untyped ? 1 : size_of(tensor.storage.dtype);
  if (tensor.storage.size > bytes.size() / storage_element)
    fail("needs a storage of " + std::to_string(tensor.storage.size) + " elements; the archive has " +
         std::to_string(bytes.size()) + " bytes");
  const auto count = checked_numel(tensor.shape);
  if (!count) fail("has the impossible shape " + shape_text(tensor.shape));
  const std::uint64_t available = tensor.storage.size * storage_element / element;
  TensorView view{std::move(tensor.name), tensor.dtype, std::move(tensor.shape), {},
                  bytes.data(),           file.owner,   BlockFormat::none};
  tensor.name = view.name;
  tensor.shape = view.shape;
  if (*count == 0) {
    view.strides = contiguous_strides(view.shape);
    return view;
  }
  const auto reach = reach_of(tensor);
  if (!reach || *reach > available)
    fail("of shape " + shape_text(view.shape) + " reaches beyond its storage of " +
         std::to_string(available) + " elements");
  if (*count > most_expanded_elements && static_cast<std::uint64_t>(*count) > available)
    fail("expands " + std::to_string(available) + " elements to " + std::to_string(*count));
  view.strides = std::move(tensor.strides);
  view.data = bytes.data() + static_cast<std::size_t>(tensor.offset) * element;
  return view;
}

}  // namespace

TensorTable read_torch_zip(const FileBytes& file) {
  const ZipArchive archive(file);
  const std::string folder = find_folder(archive, file.where);
  check_byte_order(archive, folder, file.where);
  const ZipEntry& pickle = *archive.find(folder + "data.pkl");
  auto tensors = read_pickled_tensors(archive.stored(pickle), file.where);
  if (tensors.empty()) bad_file(file.where, "it holds no tensors");
  TensorTable table;
  table.header = {{pickle.offset, pickle.size}, archive.directory()};
  for (PickledTensor& tensor : tensors)
    table.tensors.push_back(view_of(std::move(tensor), archive, folder, file));
  return table;
}

}  // namespace turbodiff::weights
