#include "weights/gguf.h"

#include <fmt/format.h>
#include <algorithm>
#include <bit>
#include <optional>
#include <unordered_set>
#include <utility>

#include "weights/byte_reader.h"

namespace turbodiff::weights {
namespace {

constexpr std::uint64_t longest_name = 4096;
constexpr std::uint32_t most_dimensions = 8;
constexpr std::uint64_t shown_array_items = 64;
constexpr std::uint64_t default_alignment = 32;
constexpr std::string_view original_shape_key = "comfy.gguf.orig_shape.";

/// Types of values in key-value pairs.
enum class ValueType : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, array, u64, i64, f64 };

struct ElementType {
  Dtype dtype = Dtype::f32;
  BlockFormat block = BlockFormat::none;
};

/// ggml_type of a tensor.
std::optional<ElementType> element_type(std::uint32_t type) {
  switch (type) {
    case 0:
      return ElementType{Dtype::f32};
    case 1:
      return ElementType{Dtype::f16};
    case 2:
      return ElementType{Dtype::f32, BlockFormat::q4_0};
    case 3:
      return ElementType{Dtype::f32, BlockFormat::q4_1};
    case 6:
      return ElementType{Dtype::f32, BlockFormat::q5_0};
    case 7:
      return ElementType{Dtype::f32, BlockFormat::q5_1};
    case 8:
      return ElementType{Dtype::f32, BlockFormat::q8_0};
    case 10:
      return ElementType{Dtype::f32, BlockFormat::q2_k};
    case 11:
      return ElementType{Dtype::f32, BlockFormat::q3_k};
    case 12:
      return ElementType{Dtype::f32, BlockFormat::q4_k};
    case 13:
      return ElementType{Dtype::f32, BlockFormat::q5_k};
    case 14:
      return ElementType{Dtype::f32, BlockFormat::q6_k};
    case 20:
      return ElementType{Dtype::f32, BlockFormat::iq4_nl};
    case 23:
      return ElementType{Dtype::f32, BlockFormat::iq4_xs};
    case 24:
      return ElementType{Dtype::i8};
    case 25:
      return ElementType{Dtype::i16};
    case 26:
      return ElementType{Dtype::i32};
    case 27:
      return ElementType{Dtype::i64};
    case 28:
      return ElementType{Dtype::f64};
    case 30:
      return ElementType{Dtype::bf16};
    default:
      return std::nullopt;
  }
}

struct Entry {
  std::string name;
  ElementType type;
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
    if (version == 0x02000000 || version == 0x03000000) bad_file(file_.where, "it is a big-endian GGUF file");
    if (version != 2 && version != 3)
      bad_file(file_.where, fmt::format("it is GGUF version {}; versions 2 and 3 can be read", version),
               "convert it with a current GGUF tool");
    const auto tensor_count = reader_.read<std::uint64_t>();
    const auto pair_count = reader_.read<std::uint64_t>();
    if (pair_count > reader_.remaining() / 12 || tensor_count > reader_.remaining() / 24)
      bad_file(file_.where, fmt::format("it claims {} tensors and {} keys, more than its size allows",
                                        tensor_count, pair_count));
    for (std::uint64_t i = 0; i < pair_count; ++i) read_pair();
    std::vector<Entry> entries;
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
    bad_file(file_.where, fmt::format("key '{}' has the unknown type {}", printable(key),
                                      static_cast<std::uint32_t>(type)));
  }

  /// Arrays of arrays exist in the format's grammar only and are refused by scalar().
  std::string array(const std::string& key) {
    const auto type = static_cast<ValueType>(reader_.read<std::uint32_t>());
    const auto count = reader_.read<std::uint64_t>();
    if (count > reader_.remaining())
      bad_file(file_.where,
               fmt::format("key '{}' claims {} values, more than its size allows", printable(key), count));
    std::string shown;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string item = scalar(type, key);
      if (count <= shown_array_items) shown += (i > 0 ? ", " : "") + item;
    }
    return count <= shown_array_items ? "[" + shown + "]" : fmt::format("[{} values]", count);
  }

  void read_pair() {
    const std::string_view name = text("a key");
    if (name.empty() || name.size() > longest_name) bad_file(file_.where, "it has an empty or overlong key");
    const std::string key(name);
    const auto type = static_cast<ValueType>(reader_.read<std::uint32_t>());
    std::string value = type == ValueType::array ? array(key) : scalar(type, key);
    if (key == "general.alignment") {
      if (type != ValueType::u32) bad_file(file_.where, "general.alignment is no 32-bit number");
      alignment_ = std::stoull(value);
      if (!std::has_single_bit(alignment_) || alignment_ > 1u << 20)
        bad_file(file_.where,
                 fmt::format("general.alignment is {}, which is no sensible power of two", alignment_));
    }
    if (!table_.metadata.emplace(key, std::move(value)).second)
      bad_file(file_.where, fmt::format("it has the key '{}' twice", printable(key)));
  }

  Entry read_entry() {
    Entry entry;
    const std::string_view name = text("a tensor name");
    if (name.empty() || name.size() > longest_name)
      bad_file(file_.where, "it has an empty or overlong tensor name");
    entry.name = name;
    const auto fail = [&](const std::string& problem) {
      bad_file(file_.where, fmt::format("tensor '{}' {}", printable(entry.name), problem));
    };
    const auto dimensions = reader_.read<std::uint32_t>();
    if (dimensions > most_dimensions) fail(fmt::format("has {} dimensions", dimensions));
    for (std::uint32_t i = 0; i < dimensions; ++i) {
      const auto size = reader_.read<std::uint64_t>();
      if (size > static_cast<std::uint64_t>(INT64_MAX)) fail("has an impossible shape");
      entry.shape.insert(entry.shape.begin(), static_cast<std::int64_t>(size));
    }
    const auto type = reader_.read<std::uint32_t>();
    const auto known = element_type(type);
    if (!known)
      bad_file(file_.where,
               fmt::format("tensor '{}' has the unsupported GGUF type {}", printable(entry.name), type),
               "supported are F32, F16, BF16, F64, I8 to I64, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K to Q6_K, "
               "IQ4_NL and "
               "IQ4_XS");
    entry.type = *known;
    entry.offset = reader_.read<std::uint64_t>();
    const auto count = checked_numel(entry.shape);
    if (!count) fail("has the impossible shape " + shape_text(entry.shape));
    const BlockLayout layout = entry.type.block == BlockFormat::none
                                   ? BlockLayout{1, size_of(entry.type.dtype)}
                                   : layout_of(entry.type.block);
    if ((entry.shape.empty() ? 1 : entry.shape.back()) % layout.elements != 0)
      fail(fmt::format("of shape {} has rows that are no multiple of the {} values of a {} block",
                       shape_text(entry.shape), layout.elements, name_of(entry.type.block)));
    if (__builtin_mul_overflow(static_cast<std::uint64_t>(*count / layout.elements), layout.bytes,
                               &entry.bytes))
      fail("has the impossible shape " + shape_text(entry.shape));
    return entry;
  }

  /// The shape a file had to flatten to fit the four dimensions ggml allows.
  void restore_shape(Entry& entry) {
    const auto found = table_.metadata.find(std::string(original_shape_key) + entry.name);
    if (found == table_.metadata.end()) return;
    std::vector<std::int64_t> shape;
    for (const char c : found->second) {
      if (c == '[' || c == ',') shape.push_back(0);
      if (c >= '0' && c <= '9' && !shape.empty() && shape.back() < (std::int64_t{1} << 40))
        shape.back() = shape.back() * 10 + (c - '0');
    }
    if (shape.size() > most_dimensions || checked_numel(shape) != checked_numel(entry.shape))
      bad_file(file_.where,
               fmt::format("tensor '{}' has {} values, its {}* key says {}", printable(entry.name),
                           *checked_numel(entry.shape), original_shape_key, printable(found->second)));
    entry.shape = std::move(shape);
  }

  void place(std::vector<Entry>&& entries) {
    const std::uint64_t start = (reader_.position() + alignment_ - 1) / alignment_ * alignment_;
    const std::uint64_t size = file_.bytes.size();
    const std::uint64_t available = start < size ? size - start : 0;
    std::unordered_set<std::string> names;
    std::vector<const Entry*> order;
    for (Entry& entry : entries) {
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
    std::sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) {
      return std::pair(a->offset, a->bytes) < std::pair(b->offset, b->bytes);
    });
    for (std::size_t i = 1; i < order.size(); ++i)
      if (order[i]->offset < order[i - 1]->offset + order[i - 1]->bytes)
        bad_file(file_.where,
                 fmt::format("the data of tensor '{}' overlap another tensor's", printable(order[i]->name)));
    for (Entry& entry : entries) {
      restore_shape(entry);
      auto strides = contiguous_strides(entry.shape);
      table_.tensors.push_back(
          {std::move(entry.name), entry.type.dtype, std::move(entry.shape), std::move(strides),
           file_.bytes.data() + (entry.bytes > 0 ? start + entry.offset : 0), file_.owner, entry.type.block});
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
