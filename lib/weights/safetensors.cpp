#include "weights/safetensors.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>
#include <utility>

#include "weights/byte_reader.h"

namespace turbodiff::weights {
namespace {

constexpr std::uint64_t largest_header = 100'000'000;
constexpr std::size_t most_dimensions = 16;

/// An element type of the format: how many bits it has, and which of ours it is, if any.
struct SafetensorsType {
  std::string_view name;
  std::int64_t bits;
  std::optional<Dtype> dtype;
};

/// All that the format knows (safetensors/src/tensor.rs in huggingface/safetensors). Files may hold others;
/// those and the ones without a type of ours can be in a file, only not be read.
constexpr std::array<SafetensorsType, 22> element_types = {{{"F64", 64, Dtype::f64},
                                                            {"F32", 32, Dtype::f32},
                                                            {"F16", 16, Dtype::f16},
                                                            {"BF16", 16, Dtype::bf16},
                                                            {"F8_E4M3", 8, Dtype::f8_e4m3},
                                                            {"F8_E5M2", 8, Dtype::f8_e5m2},
                                                            {"I64", 64, Dtype::i64},
                                                            {"I32", 32, Dtype::i32},
                                                            {"I16", 16, Dtype::i16},
                                                            {"I8", 8, Dtype::i8},
                                                            {"U8", 8, Dtype::u8},
                                                            {"BOOL", 8, Dtype::boolean},
                                                            {"U16", 16, std::nullopt},
                                                            {"U32", 32, std::nullopt},
                                                            {"U64", 64, std::nullopt},
                                                            {"C64", 64, std::nullopt},
                                                            {"F8_E8M0", 8, std::nullopt},
                                                            {"F8_E4M3FNUZ", 8, std::nullopt},
                                                            {"F8_E5M2FNUZ", 8, std::nullopt},
                                                            {"F6_E2M3", 6, std::nullopt},
                                                            {"F6_E3M2", 6, std::nullopt},
                                                            {"F4", 4, std::nullopt}}};

/// Null for a type that the format does not know, or not yet.
const SafetensorsType* element_type_named(std::string_view name) {
  const auto found = std::find_if(element_types.begin(), element_types.end(),
                                  [&](const SafetensorsType& type) { return type.name == name; });
  return found == element_types.end() ? nullptr : &*found;
}

/// What the header says of one tensor.
struct Entry {
  std::string name;
  std::optional<std::string> dtype;
  std::optional<std::vector<std::int64_t>> shape;
  std::optional<std::vector<std::uint64_t>> range;
};

/// Walks the header without building a document, so that neither its depth nor its size costs memory. Of a
/// tensor's description it takes dtype, shape and offsets; of the metadata whatever is text, a number or a
/// truth value. Everything else is skipped: programs add keys of their own.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const std::string& where) : where_(where) {}

  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;

  bool start_object(std::size_t) override {
    if (skip_start()) return true;
    if (in_array_) refuse("has an object where none belongs");
    if (depth_ == 2) return start_skipping("an object");
    ++depth_;
    return true;
  }
  bool end_object() override {
    if (skip_end()) return true;
    if (--depth_ == 1) {
      if (!in_metadata_) check_complete();
      in_metadata_ = false;
    }
    return true;
  }
  bool key(std::string& text) override {
    if (skipping_ > 0) return true;
    if (depth_ == 1) {
      if (!names_.insert(text).second)
        bad_file(where_, "its header describes '" + printable(text) + "' twice");
      in_metadata_ = text == "__metadata__";
      if (!in_metadata_) entries.push_back({text, {}, {}, {}});
    }
    key_ = text;
    return true;
  }
  bool string(std::string& text) override {
    if (scalar(text)) return true;
    if (depth_ != 2 || in_array_ || key_ != "dtype") refuse("has text where none belongs");
    if (entry().dtype) refuse("gives its dtype twice");
    entry().dtype = text;
    return true;
  }
  bool start_array(std::size_t) override {
    if (skip_start()) return true;
    if (depth_ == 2 && !in_array_ && (in_metadata_ || !is_description_key())) return start_skipping("a list");
    if (depth_ != 2 || in_array_ || key_ == "dtype") refuse("has a list where none belongs");
    in_array_ = true;
    if (key_ == "shape") {
      if (entry().shape) refuse("gives its shape twice");
      entry().shape.emplace();
    } else {
      if (entry().range) refuse("gives its offsets twice");
      entry().range.emplace();
    }
    return true;
  }
  bool end_array() override {
    if (skip_end()) return true;
    in_array_ = false;
    return true;
  }
  bool number_unsigned(std::uint64_t value) override {
    if (scalar(std::to_string(value))) return true;
    if (!in_array_) refuse("has a number where none belongs");
    if (value > static_cast<std::uint64_t>(INT64_MAX)) refuse("has a number beyond 63 bits");
    if (key_ == "shape") {
      if (entry().shape->size() == most_dimensions) refuse("has more than 16 dimensions");
      entry().shape->push_back(static_cast<std::int64_t>(value));
    } else {
      if (entry().range->size() == 2) refuse("has more than two offsets");
      entry().range->push_back(value);
    }
    return true;
  }
  bool number_integer(std::int64_t value) override {
    return scalar(std::to_string(value)) || (refuse("has a negative number"), false);
  }
  bool number_float(double, const std::string& text) override {
    return scalar(text) || (refuse("has a number that is no integer"), false);
  }
  bool null() override {
    // Some writers say null instead of leaving the metadata out.
    if (depth_ == 1 && in_metadata_) {
      in_metadata_ = false;
      return true;
    }
    return scalar(std::nullopt) || (refuse("has a null where none belongs"), false);
  }
  bool boolean(bool value) override {
    return scalar(value ? "true" : "false") || (refuse("has a truth value where none belongs"), false);
  }
  bool binary(nlohmann::json::binary_t&) override { refuse("has binary data"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    bad_file(where_, "its header is not JSON at byte " + std::to_string(position));
  }

 private:
  [[noreturn]] void refuse(const std::string& problem) const {
    if (in_metadata_ || entries.empty()) bad_file(where_, "its header " + problem);
    bad_file(where_, "the header of tensor '" + printable(entries.back().name) + "' " + problem);
  }
  Entry& entry() {
    if (entries.empty()) refuse("has a value without a name");
    return entries.back();
  }
  bool is_description_key() const { return key_ == "dtype" || key_ == "shape" || key_ == "data_offsets"; }
  /// Takes a value that is metadata or under a key that means nothing here; false for all others.
  bool scalar(const std::optional<std::string>& value) {
    if (skipping_ > 0) return true;
    if (depth_ != 2 || in_array_ || (!in_metadata_ && is_description_key())) return false;
    if (in_metadata_ && value) metadata[key_] = *value;
    return true;
  }
  bool start_skipping(const char* what) {
    if (!in_metadata_ && is_description_key()) refuse(std::string("has ") + what + " where none belongs");
    skipping_ = 1;
    return true;
  }
  bool skip_start() {
    if (skipping_ == 0) return false;
    if (++skipping_ > deepest) refuse("nests deeper than 100 levels");
    return true;
  }
  bool skip_end() { return skipping_ > 0 && (--skipping_, true); }
  void check_complete() {
    if (!entry().dtype || !entry().shape || !entry().range || entry().range->size() != 2)
      refuse("lacks its dtype, shape or offsets");
  }

  static constexpr int deepest = 100;
  const std::string& where_;
  std::unordered_set<std::string> names_;
  std::string key_;
  int depth_ = 0;
  int skipping_ = 0;  ///< levels of a value that means nothing here
  bool in_metadata_ = false;
  bool in_array_ = false;
};

/// Ranges must lie one after the other from 0 to the end of the data, as the format demands.
void check_cover(const std::vector<Entry>& entries, std::uint64_t data_size, const std::string& where) {
  std::vector<const Entry*> order;
  for (const Entry& entry : entries) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const Entry* a, const Entry* b) { return *a->range < *b->range; });
  std::uint64_t end = 0;
  for (const Entry* entry : order) {
    if ((*entry->range)[0] != end)
      bad_file(where, "the data of tensor '" + printable(entry->name) + "' " +
                          ((*entry->range)[0] < end ? "overlap another tensor's"
                                                    : "do not follow the previous ones"));
    end = (*entry->range)[1];
  }
  if (end != data_size)
    bad_file(where, std::to_string(data_size - end) + " bytes at its end belong to no tensor");
}

/// The bytes of a tensor must be as many as shape and dtype say, where the dtype is known.
void check_size(const Entry& entry, const std::string& where) {
  const auto count = checked_numel(*entry.shape);
  const SafetensorsType* type = element_type_named(*entry.dtype);
  const std::uint64_t given = (*entry.range)[1] - (*entry.range)[0];
  std::int64_t bits = 0;
  const bool fits = type == nullptr ? count.has_value()
                                    : count && !__builtin_mul_overflow(*count, type->bits, &bits) &&
                                          bits % 8 == 0 && static_cast<std::uint64_t>(bits / 8) == given;
  if (!fits)
    bad_file(where, "tensor '" + printable(entry.name) + "' of shape " + shape_text(*entry.shape) +
                        " and dtype " + printable(*entry.dtype) + " has " + std::to_string(given) + " bytes");
}

}  // namespace

TensorTable read_safetensors(const FileBytes& file) {
  const std::string& where = file.where;
  ByteReader reader(file.bytes, 0, where);
  const auto header_size = reader.read<std::uint64_t>();
  if (header_size > largest_header)
    bad_file(where,
             "its header claims " + std::to_string(header_size) + " bytes; the format allows 100,000,000");
  const std::string_view header = reader.take_text(header_size);
  HeaderReader handler(where);
  nlohmann::json::sax_parse(header.begin(), header.end(), &handler);
  const std::uint64_t data_size = reader.remaining();
  const std::uint8_t* data = file.bytes.data() + reader.position();

  TensorTable table;
  table.header.push_back({0, reader.position()});
  table.metadata = std::move(handler.metadata);
  for (Entry& entry : handler.entries) {
    const auto fail = [&](const std::string& problem) {
      bad_file(where, "tensor '" + printable(entry.name) + "' " + problem);
    };
    const std::uint64_t begin = (*entry.range)[0];
    const std::uint64_t end = (*entry.range)[1];
    if (begin > end) fail("ends before it begins");
    if (end > data_size)
      fail("reaches to byte " + std::to_string(end) + " of the data, of which there are " +
           std::to_string(data_size));
    check_size(entry, where);
  }
  check_cover(handler.entries, data_size, where);
  for (Entry& entry : handler.entries) {
    const SafetensorsType* type = element_type_named(*entry.dtype);
    auto strides = contiguous_strides(*entry.shape);
    TensorView view{std::move(entry.name),    Dtype::u8,  std::move(*entry.shape), std::move(strides),
                    data + (*entry.range)[0], file.owner, BlockFormat::none};
    if (type != nullptr && type->dtype)
      view.dtype = *type->dtype;
    else
      view.unreadable = entry.dtype->empty() ? "(none)" : std::move(*entry.dtype);
    table.tensors.push_back(std::move(view));
  }
  return table;
}

}  // namespace turbodiff::weights
