// Builds small checkpoint files byte by byte, well-formed or not.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "testing.h"
#include "weights/tensor_table.h"

namespace turbodiff::testing {

inline std::filesystem::path data_file(const std::string& name) {
  return std::filesystem::path(TURBODIFF_SOURCE_DIR) / "tests/weights/data" / name;
}

/// `text` as the bytes of a file called "test".
inline weights::FileBytes as_file(std::string text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  return {{reinterpret_cast<const std::uint8_t*>(owner->data()), owner->size()}, owner, "test"};
}

template <typename T>
std::string little_endian(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

/// What one archive entry claims in its two headers.
struct ZipItem {
  std::string name;
  std::string data;
  std::uint16_t method = 0;
  std::uint16_t flags = 0;
  bool zip64 = false;             ///< sizes and offset in the zip64 extra field
  std::string local_name = {};    ///< name in the local header, where it differs
  std::int64_t extra_size = 0;    ///< added to the size in the table of contents only
  std::int64_t offset_shift = 0;  ///< added to the offset in the table of contents
};

inline std::string zip_local_header(const ZipItem& item, std::uint64_t size) {
  const std::string& name = item.local_name.empty() ? item.name : item.local_name;
  const bool later = (item.flags & 8) != 0;
  const std::string extra = item.zip64 && !later
                                ? little_endian<std::uint16_t>(1) + little_endian<std::uint16_t>(16) +
                                      little_endian(size) + little_endian(size)
                                : "";
  const auto short_size = later ? 0u : item.zip64 ? 0xffffffffu : static_cast<std::uint32_t>(size);
  return "PK\x03\x04" + little_endian<std::uint16_t>(45) + little_endian(item.flags) +
         little_endian(item.method) + std::string(8, '\0') + little_endian(short_size) +
         little_endian(short_size) + little_endian(static_cast<std::uint16_t>(name.size())) +
         little_endian(static_cast<std::uint16_t>(extra.size())) + name + extra;
}

inline std::string zip_central_header(const ZipItem& item, std::uint64_t size, std::uint64_t offset) {
  size += static_cast<std::uint64_t>(item.extra_size);
  offset += static_cast<std::uint64_t>(item.offset_shift);
  std::string extra;
  if (item.zip64)
    extra = little_endian<std::uint16_t>(1) + little_endian<std::uint16_t>(24) + little_endian(size) +
            little_endian(size) + little_endian(offset);
  const auto short_size = item.zip64 ? 0xffffffffu : static_cast<std::uint32_t>(size);
  const auto short_offset = item.zip64 ? 0xffffffffu : static_cast<std::uint32_t>(offset);
  return "PK\x01\x02" + little_endian<std::uint16_t>(45) + little_endian<std::uint16_t>(45) +
         little_endian(item.flags) + little_endian(item.method) + std::string(8, '\0') +
         little_endian(short_size) + little_endian(short_size) +
         little_endian(static_cast<std::uint16_t>(item.name.size())) +
         little_endian(static_cast<std::uint16_t>(extra.size())) + std::string(2 + 2 + 6, '\0') +
         little_endian(short_offset) + item.name + extra;
}

/// End records; with `zip64` the 64-bit ones in front and nothing but markers in the classic one.
inline std::string zip_end(std::uint64_t count, std::uint64_t size, std::uint64_t offset, bool zip64) {
  std::string end;
  if (zip64) {
    end = "PK\x06\x06" + little_endian<std::uint64_t>(44) + little_endian<std::uint16_t>(45) +
          little_endian<std::uint16_t>(45) + std::string(8, '\0') + little_endian(count) +
          little_endian(count) + little_endian(size) + little_endian(offset);
    end +=
        "PK\x06\x07" + std::string(4, '\0') + little_endian(offset + size) + little_endian<std::uint32_t>(1);
  }
  const auto short_count = zip64 ? std::uint16_t{0xffff} : static_cast<std::uint16_t>(count);
  end += "PK\x05\x06" + std::string(4, '\0') + little_endian(short_count) + little_endian(short_count) +
         little_endian(zip64 ? 0xffffffffu : static_cast<std::uint32_t>(size)) +
         little_endian(zip64 ? 0xffffffffu : static_cast<std::uint32_t>(offset)) + std::string(2, '\0');
  return end;
}

inline std::string make_zip(const std::vector<ZipItem>& items, bool zip64 = false) {
  std::string archive, directory;
  for (const ZipItem& item : items) {
    directory += zip_central_header(item, item.data.size(), archive.size());
    archive += zip_local_header(item, item.data.size()) + item.data;
  }
  const std::uint64_t offset = archive.size();
  return archive + directory + zip_end(items.size(), directory.size(), offset, zip64);
}

/// Pickle opcodes (protocol 2) for plain values.
inline std::string pickled_text(const std::string& text) {
  return "X" + little_endian(static_cast<std::uint32_t>(text.size())) + text;
}
inline std::string pickled_int(std::int64_t value) {
  return value >= INT32_MIN && value <= INT32_MAX ? "J" + little_endian(static_cast<std::int32_t>(value))
                                                  : "\x8a\x08" + little_endian(value);
}
inline std::string pickled_tuple(const std::vector<std::int64_t>& values) {
  std::string code = "(";
  for (const std::int64_t value : values) code += pickled_int(value);
  return code + "t";
}
inline std::string pickled_storage(const std::string& type, const std::string& key, std::int64_t size) {
  return "(" + pickled_text("storage") + "c" + type + "\n" + pickled_text(key) + pickled_text("cpu") +
         pickled_int(size) + "tQ";
}
/// A tensor over storage `key` of `size` elements of torch.FloatStorage (or `type`, "module\nname").
inline std::string pickled_tensor(const std::string& key, std::int64_t size, std::int64_t offset,
                                  const std::vector<std::int64_t>& shape,
                                  const std::vector<std::int64_t>& strides,
                                  const std::string& type = "torch\nFloatStorage") {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + pickled_storage(type, key, size) + pickled_int(offset) +
         pickled_tuple(shape) + pickled_tuple(strides) + "\x89" + "ccollections\nOrderedDict\n)RtR";
}
/// A whole pickle of a dictionary whose items are `key` + code of the value.
inline std::string pickled_dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string code = "\x80\x02}(";
  for (const auto& [key, value] : items) code += pickled_text(key) + value;
  return code + "u.";
}

/// torch.save's archive around a pickle and its storages.
inline std::string make_pth(const std::string& pickle,
                            const std::vector<std::pair<std::string, std::string>>& storages) {
  std::vector<ZipItem> items = {{"model/data.pkl", pickle}, {"model/byteorder", "little"}};
  for (const auto& [key, data] : storages) items.push_back({"model/data/" + key, data});
  return make_zip(items);
}

inline std::string floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

/// A safetensors file with the given header text.
inline std::string make_safetensors(const std::string& header, const std::string& data = "") {
  return little_endian(static_cast<std::uint64_t>(header.size())) + header + data;
}

inline std::string gguf_text(const std::string& text) {
  return little_endian(static_cast<std::uint64_t>(text.size())) + text;
}
/// Tensor table line; `dimensions` innermost first, as in the file.
inline std::string gguf_tensor(const std::string& name, const std::vector<std::uint64_t>& dimensions,
                               std::uint32_t type, std::uint64_t offset) {
  std::string line = gguf_text(name) + little_endian(static_cast<std::uint32_t>(dimensions.size()));
  for (const std::uint64_t size : dimensions) line += little_endian(size);
  return line + little_endian(type) + little_endian(offset);
}
inline std::string make_gguf(const std::vector<std::string>& pairs, const std::vector<std::string>& tensors,
                             const std::string& data, std::uint32_t version = 3, std::size_t alignment = 32) {
  std::string file = "GGUF" + little_endian(version) + little_endian<std::uint64_t>(tensors.size()) +
                     little_endian<std::uint64_t>(pairs.size());
  for (const std::string& pair : pairs) file += pair;
  for (const std::string& tensor : tensors) file += tensor;
  file.resize((file.size() + alignment - 1) / alignment * alignment, '\0');
  return file + data;
}

}  // namespace turbodiff::testing
