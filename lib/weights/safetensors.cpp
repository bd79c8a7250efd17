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

std::optional<Dtype> dtype_named(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Dtype>, 12> known = {{{"F64", Dtype::f64},
                                                                                {"F32", Dtype::f32},
                                                                                {"F16", Dtype::f16},
                                                                                {"BF16", Dtype::bf16},
                                                                                {"F8_E4M3", Dtype::f8_e4m3},
                                                                                {"F8_E5M2", Dtype::f8_e5m2},
                                                                                {"I64", Dtype::i64},
                                                                                {"I32", Dtype::i32},
                                                                                {"I16", Dtype::i16},
                                                                                {"I8", Dtype::i8},
                                                                                {"U8", Dtype::u8},
                                                                                {"BOOL", Dtype::boolean}}};
  for (const auto& [text, dtype] : known)
    if (text == name) return dtype;
  return std::nullopt;
}

/// What the header says of one tensor.
struct Entry {
  std::string name;
  std::optional<Dtype> dtype;
  std::optional<std::vector<std::int64_t>> shape;
  std::optional<std::vector<std::uint64_t>> range;
};

/// Walks the header without building a document, so that neither its depth nor its size costs memory.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const std::string& where) : where_(where) {}

  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;

  bool start_object(std::size_t) override {
    if (in_array_ || depth_ == 2) refuse("nests deeper than a tensor's description");
    ++depth_;
    return true;
  }
  bool end_object() override {
    if (--depth_ == 1) {
      if (!in_metadata_) check_complete();
      in_metadata_ = false;
    }
    return true;
  }
  bool key(std::string& text) override {
    if (depth_ == 1) {
      if (!names_.insert(text).second)
        bad_file(where_, "its header describes '" + printable(text) + "' twice");
      in_metadata_ = text == "__metadata__";
      if (!in_metadata_) entries.push_back({text, {}, {}, {}});
    } else if (!in_metadata_ && text != "dtype" && text != "shape" && text != "data_offsets") {
      refuse("has the unknown key '" + printable(text) + "'");
    }
    key_ = text;
    return true;
  }
  bool string(std::string& text) override {
    if (depth_ == 2 && in_metadata_) {
      metadata[key_] = text;
      return true;
    }
    if (depth_ != 2 || in_array_ || key_ != "dtype") refuse("has text where none belongs");
    if (entry().dtype) refuse("gives its dtype twice");
    entry().dtype = dtype_named(text);
    if (!entry().dtype)
      bad_file(where_,
               "tensor '" + printable(entry().name) + "' has the unsupported dtype '" + printable(text) + "'",
               "supported are F64, F32, F16, BF16, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U8 and BOOL");
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ != 2 || in_array_ || in_metadata_ || key_ == "dtype") refuse("has a list where none belongs");
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
    in_array_ = false;
    return true;
  }
  bool number_unsigned(std::uint64_t value) override {
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
  bool number_integer(std::int64_t) override { refuse("has a negative number"); }
  bool number_float(double, const std::string&) override { refuse("has a number that is no integer"); }
  bool null() override { refuse("has a null"); }
  bool boolean(bool) override { refuse("has a truth value"); }
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
  void check_complete() {
    if (!entry().dtype || !entry().shape || !entry().range || entry().range->size() != 2)
      refuse("lacks its dtype, shape or offsets");
  }

  const std::string& where_;
  std::unordered_set<std::string> names_;
  std::string key_;
  int depth_ = 0;
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
    const auto count = checked_numel(*entry.shape);
    std::int64_t bytes = 0;
    if (!count || __builtin_mul_overflow(*count, static_cast<std::int64_t>(size_of(*entry.dtype)), &bytes) ||
        static_cast<std::uint64_t>(bytes) != end - begin)
      fail("of shape " + shape_text(*entry.shape) + " and dtype " + std::string(name_of(*entry.dtype)) +
           " has " + std::to_string(end - begin) + " bytes");
  }
  check_cover(handler.entries, data_size, where);
  for (Entry& entry : handler.entries) {
    auto strides = contiguous_strides(*entry.shape);
    table.tensors.push_back({std::move(entry.name), *entry.dtype, std::move(*entry.shape), std::move(strides),
                             data + (*entry.range)[0], file.owner, BlockFormat::none});
  }
  return table;
}

}  // namespace turbodiff::weights
