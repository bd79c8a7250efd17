#include "weights/safetensors_writer.h"

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "core/os/file_system.h"
#include "core/retry.h"
#include "weights/byte_reader.h"
#include "weights/tensor_view.h"

namespace turbodiff::weights {
namespace {

const char* format_name(Dtype dtype) {
  switch (dtype) {
    case Dtype::f64:
      return "F64";
    case Dtype::f32:
      return "F32";
    case Dtype::f16:
      return "F16";
    case Dtype::bf16:
      return "BF16";
    case Dtype::f8_e4m3:
      return "F8_E4M3";
    case Dtype::f8_e5m2:
      return "F8_E5M2";
    case Dtype::i64:
      return "I64";
    case Dtype::i32:
      return "I32";
    case Dtype::i16:
      return "I16";
    case Dtype::i8:
      return "I8";
    case Dtype::u8:
      return "U8";
    case Dtype::boolean:
      break;
  }
  return "BOOL";
}

[[noreturn]] void throw_write_error(const std::filesystem::path& path, int error) {
  const std::string message = "cannot write '" + path.string() + "'";
  if (error == 0) throw Error::work_failed(message, "is the disk full?");
  const std::string whole = message + ": " + std::strerror(error);
  if (!core::is_out_of_space(error)) throw Error::work_failed(whole);
  const Error full = Error::refused(whole, core::out_of_space_hint(error));
  if (error == EFBIG) throw full;  // the limit is the same at the next try
  throw PassingError(full);
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(const std::filesystem::path& path,
                                     const std::vector<TensorSpec>& tensors,
                                     const std::map<std::string, std::string>& metadata)
    : path_(path), out_(path, std::ios::binary | std::ios::trunc) {
  if (!out_) throw Error::work_failed("cannot create '" + path.string() + "'");
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::set<std::string> names;
  for (const TensorSpec& tensor : tensors) {
    const auto count = checked_numel(tensor.shape);
    if (!count || !names.insert(tensor.name).second || tensor.name == "__metadata__")
      throw Error::work_failed("cannot write tensor '" + printable(tensor.name) + "' of shape " +
                               shape_text(tensor.shape) + " to '" + path.string() + "'");
    const std::uint64_t begin = remaining_;
    remaining_ += static_cast<std::uint64_t>(*count) * size_of(tensor.dtype);
    header[tensor.name] = {
        {"dtype", format_name(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {begin, remaining_}}};
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  // The data begin at a cache line, and so does each tensor up to the first of an odd size.
  constexpr std::size_t cache_line = 64, length_field = sizeof(std::uint64_t);
  text.resize((text.size() + length_field + cache_line - 1) / cache_line * cache_line - length_field, ' ');
  const std::uint64_t size = text.size();
  errno = 0;
  out_.write(reinterpret_cast<const char*>(&size), sizeof(size));
  out_.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!out_) throw_write_error(path_, errno);
}

void SafetensorsWriter::write(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > remaining_)
    throw Error::work_failed("more data than its tensors hold were given for '" + path_.string() + "'");
  remaining_ -= bytes.size();
  errno = 0;
  out_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!out_) throw_write_error(path_, errno);
}

void SafetensorsWriter::write(std::span<const float> values) {
  write(std::span(reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()));
}

void SafetensorsWriter::finish() {
  if (remaining_ != 0)
    throw Error::work_failed(std::to_string(remaining_) + " bytes are missing for '" + path_.string() + "'");
  errno = 0;
  out_.close();
  if (!out_) throw_write_error(path_, errno);
}

void write_safetensors(const std::filesystem::path& path, const std::vector<TensorData>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<TensorSpec> specs;
  for (const TensorData& tensor : tensors) specs.push_back(tensor.spec);
  SafetensorsWriter writer(path, specs, metadata);
  for (const TensorData& tensor : tensors) {
    const auto count = checked_numel(tensor.spec.shape);
    if (!count || tensor.bytes.size() != static_cast<std::uint64_t>(*count) * size_of(tensor.spec.dtype))
      throw Error::work_failed("tensor '" + printable(tensor.spec.name) + "' of shape " +
                               shape_text(tensor.spec.shape) + " comes with " +
                               std::to_string(tensor.bytes.size()) + " bytes");
    writer.write(tensor.bytes);
  }
  writer.finish();
}

}  // namespace turbodiff::weights
