#include "weights/gguf.h"

#include <fmt/format.h>
#include <algorithm>
#include <bit>
#include <unordered_set>
#include <utility>

#include "weights/byte_reader.h"

namespace turbodiff::weights {
namespace {

constexpr std::uint64_t longest_gguf_key = 4096;
constexpr std::uint32_t most_gguf_dimensions = 8;
constexpr std::uint64_t shown_array_items = 64;
constexpr int deepest_array = 8;
constexpr std::uint64_t default_alignment = 32;
constexpr std::string_view original_shape_key = "comfy.gguf.orig_shape.";

/// Types of values in key-value pairs.
enum class ValueType : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

/// A ggml_type: what a tensor's data are made of.
struct GgufType {
  std::string name;
  std::int64_t elements = 1;  ///< of a block
  std::size_t bytes = 0;      ///< of a block; 0 where they are not known
  Dtype dtype = Dtype::f32;
  BlockFormat block = BlockFormat::none;
  bool readable = true;
};

GgufType plain(Dtype dtype) {
  return {std::string(name_of(dtype)), 1, size_of(dtype), dtype};
}
GgufType blocks(BlockFormat format) {
  const BlockLayout layout = layout_of(format);
  return {std::string(name_of(format)), layout.elements, layout.bytes, Dtype::f32, format};
}
GgufType foreign(const char* name, std::int64_t elements, std::size_t bytes) {
  return {name, elements, bytes, Dtype::u8, BlockFormat::none, false};
}

/// ggml_type of a tensor (enum ggml_type and the block_* structures of ggml's ggml.h and ggml-common.h).
GgufType element_type(std::uint32_t type) {
  switch (type) {
    case 0:
      return plain(Dtype::f32);
    case 1:
      return plain(Dtype::f16);
    case 2:
      return blocks(BlockFormat::q4_0);
    case 3:
      return blocks(BlockFormat::q4_1);
    case 6:
      return blocks(BlockFormat::q5_0);
    case 7:
      return blocks(BlockFormat::q5_1);
    case 8:
      return blocks(BlockFormat::q8_0);
    case 9:
      return foreign("Q8_1", 32, 36);
    case 10:
      return blocks(BlockFormat::q2_k);
    case 11:
      return blocks(BlockFormat::q3_k);
    case 12:
      return blocks(BlockFormat::q4_k);
    case 13:
      return blocks(BlockFormat::q5_k);
    case 14:
      return blocks(BlockFormat::q6_k);
    case 15:
      return foreign("Q8_K", 256, 292);
    case 16:
      return foreign("IQ2_XXS", 256, 66);
    case 17:
      return foreign("IQ2_XS", 256, 74);
    case 18:
      return foreign("IQ3_XXS", 256, 98);
    case 19:
      return foreign("IQ1_S", 256, 50);
    case 20:
      return blocks(BlockFormat::iq4_nl);
    case 21:
      return foreign("IQ3_S", 256, 110);
    case 22:
      return foreign("IQ2_S", 256, 82);
    case 23:
      return blocks(BlockFormat::iq4_xs);
    case 24:
      return plain(Dtype::i8);
    case 25:
      return plain(Dtype::i16);
    case 26:
      return plain(Dtype::i32);
    case 27:
      return plain(Dtype::i64);
    case 28:
      return plain(Dtype::f64);
    case 29:
      return foreign("IQ1_M", 256, 56);
    case 30:
      return plain(Dtype::bf16);
    case 34:
      return foreign("TQ1_0", 256, 54);
    case 35:
      return foreign("TQ2_0", 256, 66);
    case 39:
      return foreign("MXFP4", 32, 17);
    default:
      return {fmt::format("GGUF type {}", type), 1, 0, Dtype::u8, BlockFormat::none, false};
  }
}

struct GgufEntry {
  std::string name;
  GgufType type;
  std::vector<std::int64_t> shape;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

class GgufReader {
 public:
  explicit GgufReader(const FileBytes& file) : file_(file), reader_(file.bytes, 0, file.where) {}

  TensorTable read() {
    const std::string_view magic = reader_.take_text(4);
    if (magic != "GGUF") bad_file(file_.where, "it is no GGUF file");
    const auto version = reader_.read<std::uint32_t>();
    if (version == 0x01000000 || version == 0x02000000 || version == 0x03000000)
      bad_file(file_.where, "it is a big-endian GGUF file",
               "convert it to little-endian with gguf_convert_endian.py of llama.cpp, or get the "
               "little-endian one");
    if (version != 2 && version != 3)
      bad_file(file_.where, fmt::format("it is GGUF version {}; versions 2 and 3 can be read", version),
               "convert it with a current GGUF tool");
    const auto tensor_count = reader_.read<std::uint64_t>();
    const auto pair_count = reader_.read<std::uint64_t>();
    if (pair_count > reader_.remaining() / 12 || tensor_count > reader_.remaining() / 24)
      bad_file(file_.where, fmt::format("it claims {} tensors and {} keys, more than its size allows",
                                        tensor_count, pair_count));
    for (std::uint64_t i = 0; i < pair_count; ++i) read_pair();
    refuse_part();
    std::vector<GgufEntry> entries;
    for (std::uint64_t i = 0; i < tensor_count; ++i) entries.push_back(read_entry());
    table_.header = {{0, reader_.position()}};
    place(std::move(entries));
    return std::move(table_);
  }

 private:
  std::string_view text(const char* what) {
    const auto size = reader_.read<std::uint64_t>();
    if (size > reader_.remaining()) bad_file(file_.where, fmt::format("it ends within {}", what));
    return reader_.take_text(size);
  }

  template <typename T>
  std::string number() {
    return fmt::format("{}", reader_.read<T>());
  }

  std::string scalar(ValueType type, const std::string& key) {
    switch (type) {
      case ValueType::u8:
        return number<std::uint8_t>();
      case ValueType::i8:
        return number<std::int8_t>();
      case ValueType::u16:
        return number<std::uint16_t>();
      case ValueType::i16:
        return number<std::int16_t>();
      case ValueType::u32:
        return number<std::uint32_t>();
      case ValueType::i32:
        return number<std::int32_t>();
      case ValueType::f32:
        return number<float>();
      case ValueType::boolean:
        return reader_.read<std::uint8_t>() != 0 ? "true" : "false";
      case ValueType::text:
        return std::string(text("a text value"));
      case ValueType::u64:
        return number<std::uint64_t>();
      case ValueType::i64:
        return number<std::int64_t>();
      case ValueType::f64:
        return number<double>();
      case ValueType::array:
        break;
    }
    // Its length is not known either, so that nothing behind it can be found.
    bad_file(
        file_.where,
        fmt::format("key '{}' has the unknown type {}", printable(key), static_cast<std::uint32_t>(type)),
        "a newer tool may have written it; convert it with an older one, or get another format");
  }

  /// Of an array of arrays only the number of values is kept.
  std::string array(const std::string& key, int depth = 0) {
    if (depth == deepest_array)
      bad_file(file_.where, fmt::format("key '{}' nests deeper than 8 arrays", printable(key)));
    const auto type = static_cast<ValueType>(reader_.read<std::uint32_t>());
    const auto count = reader_.read<std::uint64_t>();
    if (count > reader_.remaining())
      bad_file(file_.where,
               fmt::format("key '{}' claims {} values, more than its size allows", printable(key), count));
    std::string shown;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string item = type == ValueType::array ? array(key, depth + 1) : scalar(type, key);
      if (count <= shown_array_items) shown += (i > 0 ? ", " : "") + item;
    }
    return count <= shown_array_items ? "[" + shown + "]" : fmt::format("[{} values]", count);
  }

  void read_pair() {
    const std::string_view name = text("a key");
    if (name.empty() || name.size() > longest_gguf_key)
      bad_file(file_.where, "it has an empty or overlong key");
    const std::string key(name);
    const auto type = static_cast<ValueType>(reader_.read<std::uint32_t>());
    std::string value = type == ValueType::array ? array(key) : scalar(type, key);
    if (key == "general.alignment") {
      if (value.empty() || value.size() > 18 || value.find_first_not_of("0123456789") != std::string::npos)
        bad_file(file_.where, fmt::format("general.alignment is '{}', no number", printable(value)));
      alignment_ = std::stoull(value);
      if (!std::has_single_bit(alignment_) || alignment_ > 1u << 20)
        bad_file(file_.where,
                 fmt::format("general.alignment is {}, which is no sensible power of two", alignment_));
    }
    if (!table_.metadata.emplace(key, std::move(value)).second)
      bad_file(file_.where, fmt::format("it has the key '{}' twice", printable(key)));
  }

  /// gguf-split cuts models into files of which each has its own tensor table.
  void refuse_part() {
    const auto count = table_.metadata.find("split.count");
    if (count == table_.metadata.end() || count->second == "0" || count->second == "1") return;
    bad_file(file_.where, fmt::format("it is one of {} parts of a GGUF model", printable(count->second)),
             "join them with llama.cpp's gguf-split --merge");
  }

  GgufEntry read_entry() {
    GgufEntry entry;
    const std::string_view name = text("a tensor name");
    if (name.empty() || name.size() > longest_gguf_key)
      bad_file(file_.where, "it has an empty or overlong tensor name");
    entry.name = name;
    const auto fail = [&](const std::string& problem) {
      bad_file(file_.where, fmt::format("tensor '{}' {}", printable(entry.name), problem));
    };
    const auto dimensions = reader_.read<std::uint32_t>();
    if (dimensions > most_gguf_dimensions) fail(fmt::format("has {} dimensions", dimensions));
    for (std::uint32_t i = 0; i < dimensions; ++i) {
      const auto size = reader_.read<std::uint64_t>();
      if (size > static_cast<std::uint64_t>(INT64_MAX)) fail("has an impossible shape");
      entry.shape.insert(entry.shape.begin(), static_cast<std::int64_t>(size));
    }
    const auto type = reader_.read<std::uint32_t>();
    entry.type = element_type(type);
    entry.offset = reader_.read<std::uint64_t>();
    const auto count = checked_numel(entry.shape);
    if (!count) fail("has the impossible shape " + shape_text(entry.shape));
    if (entry.type.bytes == 0) return entry;
    if ((entry.shape.empty() ? 1 : entry.shape.back()) % entry.type.elements != 0)
      fail(fmt::format("of shape {} has rows that are no multiple of the {} values of a {} block",
                       shape_text(entry.shape), entry.type.elements, entry.type.name));
    if (__builtin_mul_overflow(static_cast<std::uint64_t>(*count / entry.type.elements), entry.type.bytes,
                               &entry.bytes))
      fail("has the impossible shape " + shape_text(entry.shape));
    return entry;
  }

  /// The shape a file had to flatten to fit the four dimensions ggml allows.
  void restore_shape(GgufEntry& entry) {
    const auto found = table_.metadata.find(std::string(original_shape_key) + entry.name);
    if (found == table_.metadata.end()) return;
    std::vector<std::int64_t> shape;
    for (const char c : found->second) {
      if (c == '[' || c == ',') shape.push_back(0);
      if (c >= '0' && c <= '9' && !shape.empty() && shape.back() < (std::int64_t{1} << 40))
        shape.back() = shape.back() * 10 + (c - '0');
    }
    if (shape.size() > most_gguf_dimensions || checked_numel(shape) != checked_numel(entry.shape))
      bad_file(file_.where,
               fmt::format("tensor '{}' has {} values, its {}* key says {}", printable(entry.name),
                           *checked_numel(entry.shape), original_shape_key, printable(found->second)));
    entry.shape = std::move(shape);
  }

  void place(std::vector<GgufEntry>&& entries) {
    const std::uint64_t start = (reader_.position() + alignment_ - 1) / alignment_ * alignment_;
    const std::uint64_t size = file_.bytes.size();
    const std::uint64_t available = start < size ? size - start : 0;
    std::unordered_set<std::string> names;
    std::vector<const GgufEntry*> order;
    for (GgufEntry& entry : entries) {
      const std::string name = printable(entry.name);
      if (!names.insert(entry.name).second)
        bad_file(file_.where, fmt::format("it has two tensors '{}'", name));
      if (entry.offset % alignment_ != 0)
        bad_file(file_.where, fmt::format("tensor '{}' is not aligned to {} bytes", name, alignment_));
      if (entry.offset > available || entry.bytes > available - entry.offset)
        bad_file(file_.where,
                 fmt::format("tensor '{}' of {} bytes at offset {} reaches beyond the {} bytes of data", name,
                             entry.bytes, entry.offset, available));
      order.push_back(&entry);
    }
    std::sort(order.begin(), order.end(), [](const GgufEntry* a, const GgufEntry* b) {
      return std::pair(a->offset, a->bytes) < std::pair(b->offset, b->bytes);
    });
    for (std::size_t i = 1; i < order.size(); ++i)
      if (order[i]->offset < order[i - 1]->offset + order[i - 1]->bytes)
        bad_file(file_.where,
                 fmt::format("the data of tensor '{}' overlap another tensor's", printable(order[i]->name)));
    for (GgufEntry& entry : entries) {
      restore_shape(entry);
      auto strides = contiguous_strides(entry.shape);
      TensorView view{std::move(entry.name),
                      entry.type.dtype,
                      std::move(entry.shape),
                      std::move(strides),
                      file_.bytes.data() + (entry.bytes > 0 ? start + entry.offset : 0),
                      file_.owner,
                      entry.type.block};
      if (!entry.type.readable) view.unreadable = entry.type.name;
      table_.tensors.push_back(std::move(view));
    }
  }

  const FileBytes& file_;
  ByteReader reader_;
  TensorTable table_;
  std::uint64_t alignment_ = default_alignment;
};

}  // namespace

TensorTable read_gguf(const FileBytes& file) {
  return GgufReader(file).read();
}

}  // namespace turbodiff::weights
