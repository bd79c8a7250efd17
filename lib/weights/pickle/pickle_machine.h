// The stack machine behind pickle.h: opcodes to a graph of plain values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weights/byte_reader.h"
#include "weights/pickle/pickle.h"

namespace turbodiff::weights {

/// Index of a value; values may be shared and may contain themselves.
using ValueId = std::uint32_t;

struct PickleValue {
  enum class Kind : std::uint8_t {
    none,
    boolean,
    integer,
    real,
    text,
    bytes,
    sequence,
    dictionary,
    name,
    storage,
    tensor,
    opaque
  };
  Kind kind = Kind::none;
  std::int64_t integer = 0;         ///< integer and boolean; for storage and tensor an index into their list
  std::string_view text = {};       ///< text and bytes: points into the pickle
  std::string imported = {};        ///< name: "module.attribute"
  std::vector<ValueId> items = {};  ///< sequence: tuple, list or set
  std::vector<std::pair<ValueId, ValueId>> pairs = {};  ///< dictionary, in order of insertion
};

/// Runs a pickle once. Every opcode makes at most one value, so memory is bounded by the size of the pickle.
class PickleMachine {
 public:
  PickleMachine(std::span<const std::uint8_t> bytes, const std::string& where);

  /// The value the pickle leaves. Error bad_request for anything that is not plain data (see pickle.h).
  ValueId run();

  const PickleValue& value(ValueId id) const { return values_[id]; }
  const PickledTensor& tensor(const PickleValue& value) const {
    return tensors_[static_cast<std::size_t>(value.integer)];
  }

 private:
  [[noreturn]] void malformed(const std::string& problem) const;
  void step(std::uint8_t opcode);
  bool step_literal(std::uint8_t opcode);
  bool step_container(std::uint8_t opcode);
  bool step_memo(std::uint8_t opcode);

  void push(PickleValue value);
  void push_text(PickleValue::Kind kind, std::uint64_t size);
  void push_integer(std::int64_t value);
  void push_long(std::uint64_t size);
  ValueId pop();
  ValueId top() const;
  std::vector<ValueId> pop_to_mark();
  std::string_view line();
  std::vector<ValueId>& items_of(ValueId container);
  void set_items(ValueId container, const std::vector<ValueId>& flat);
  void memoize(std::uint32_t slot);
  void recall(std::uint32_t slot);

  void import(std::string_view module, std::string_view attribute);
  void reduce();
  void build();
  void make_object();
  void persistent_id();
  PickleValue rebuild_tensor(const std::vector<ValueId>& arguments, bool with_dtype);

  const PickleValue& expect(ValueId id, PickleValue::Kind kind, const char* what) const;
  std::uint64_t expect_size(ValueId id, const char* what) const;
  std::vector<std::int64_t> expect_sizes(ValueId id, const char* what) const;

  ByteReader reader_;
  const std::string& where_;
  std::vector<PickleValue> values_;
  std::vector<PickledStorage> storages_;
  std::vector<PickledTensor> tensors_;
  std::vector<ValueId> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, ValueId> memo_;
};

/// The meaning of an imported name.
enum class Import : std::uint8_t {
  refused,
  ordered_dict,
  rebuild_tensor_v2,
  rebuild_tensor_v3,
  rebuild_parameter,
  size,
  device,
  storage,
  dtype,
  data  ///< a class of plain data: it becomes a value without contents
};

struct ImportMeaning {
  Import kind = Import::refused;
  Dtype dtype = Dtype::f32;
  bool untyped = false;
  std::string_view unreadable = {};  ///< of storage and dtype: its name, where values cannot be read
};

/// Meaning of "module.attribute"; refused when it is not on the allow-list. Never imports anything.
ImportMeaning meaning_of(std::string_view qualified_name);

}  // namespace turbodiff::weights
