#include <utility>

#include "weights/pickle/pickle_machine.h"

namespace turbodiff::weights {
namespace {

constexpr std::size_t longest_key = 255;
constexpr std::size_t most_pickle_dimensions = 16;
using Kind = PickleValue::Kind;

}  // namespace

void PickleMachine::import(std::string_view module, std::string_view attribute) {
  std::string name = std::string(module) + "." + std::string(attribute);
  if (meaning_of(name).kind == Import::refused)
    bad_file(
        where_, "refuses to import " + printable(name),
        "a checkpoint needs no code; if you trust the file, convert it to safetensors with its own tools");
  push({.kind = Kind::name, .imported = std::move(name)});
}

void PickleMachine::reduce() {
  const ValueId arguments_id = pop();
  const ValueId function_id = pop();
  const auto& arguments = expect(arguments_id, Kind::sequence, "a tuple of arguments").items;
  const auto& function = expect(function_id, Kind::name, "a function to call").imported;
  const auto need = [&](std::size_t least, std::size_t most) {
    if (arguments.size() < least || arguments.size() > most)
      malformed("calls " + function + " with wrong arguments");
  };
  switch (meaning_of(function).kind) {
    case Import::ordered_dict:
      need(0, 0);
      return push({.kind = Kind::dictionary});
    case Import::rebuild_tensor_v2:
      need(6, 7);
      return push(rebuild_tensor(arguments, false));
    case Import::rebuild_tensor_v3:
      need(7, 8);
      return push(rebuild_tensor(arguments, true));
    case Import::rebuild_parameter:
      need(3, 3);
      expect(arguments[0], Kind::tensor, "a tensor");
      return stack_.push_back(arguments[0]);
    case Import::size:
      need(1, 1);
      expect(arguments[0], Kind::sequence, "a tuple of sizes");
      return stack_.push_back(arguments[0]);
    case Import::device:
      need(1, 2);
      return push({.kind = Kind::opaque});
    case Import::data:
      return push({.kind = Kind::opaque});
    default:
      malformed("calls " + function + ", which is no function");
  }
}

/// An object's state: the attributes of a state dictionary (`_metadata`), which hold no tensors.
void PickleMachine::build() {
  pop();
  const Kind kind = values_[top()].kind;
  if (kind != Kind::dictionary && kind != Kind::opaque) malformed("gives a state to something that has none");
}

/// An object of a class, made without a call.
void PickleMachine::make_object() {
  expect(pop(), Kind::sequence, "a tuple of arguments");
  const auto& made = expect(pop(), Kind::name, "a class").imported;
  if (meaning_of(made).kind != Import::data)
    malformed("uses the instruction 0x81 for " + printable(made) + ", which no checkpoint needs");
  push({.kind = Kind::opaque});
}

void PickleMachine::persistent_id() {
  const auto& items = expect(pop(), Kind::sequence, "a storage").items;
  if (items.size() < 5 || items.size() > 6 || expect(items[0], Kind::text, "a storage").text != "storage")
    malformed("refers to an object outside that is no storage");
  const ImportMeaning type = meaning_of(expect(items[1], Kind::name, "a storage type").imported);
  if (type.kind != Import::storage) malformed("refers to an object outside that is no storage");
  if (items.size() == 6) expect(items[5], Kind::none, "a storage that is no view");
  PickledStorage storage;
  storage.key = expect(items[2], Kind::text, "a storage key").text;
  if (storage.key.size() > longest_key) malformed("has a storage key of more than 255 characters");
  storage.dtype = type.dtype;
  storage.untyped = type.untyped;
  storage.unreadable = type.unreadable;
  storage.size = expect_size(items[4], "a storage size");
  storages_.push_back(std::move(storage));
  push({.kind = Kind::storage, .integer = static_cast<std::int64_t>(storages_.size() - 1)});
}

/// torch._utils: (storage, offset, size, stride, requires_grad, backward_hooks[, dtype][, metadata]).
PickleValue PickleMachine::rebuild_tensor(const std::vector<ValueId>& arguments, bool with_dtype) {
  PickledTensor tensor;
  const auto index = expect(arguments[0], Kind::storage, "a storage").integer;
  tensor.storage = storages_[static_cast<std::size_t>(index)];
  tensor.offset = expect_size(arguments[1], "a storage offset");
  tensor.shape = expect_sizes(arguments[2], "a shape");
  tensor.strides = expect_sizes(arguments[3], "strides");
  if (tensor.shape.size() != tensor.strides.size())
    malformed("has a tensor whose strides do not fit its shape");
  tensor.dtype = tensor.storage.dtype;
  tensor.unreadable = tensor.storage.unreadable;
  if (with_dtype) {
    const ImportMeaning type = meaning_of(expect(arguments[6], Kind::name, "a dtype").imported);
    if (type.kind != Import::dtype) malformed("has a tensor without a dtype");
    tensor.dtype = type.dtype;
    tensor.unreadable = type.unreadable;
  } else if (tensor.storage.untyped && tensor.unreadable.empty()) {
    malformed("has a tensor without a dtype");
  }
  tensors_.push_back(std::move(tensor));
  return {.kind = Kind::tensor, .integer = static_cast<std::int64_t>(tensors_.size() - 1)};
}

const PickleValue& PickleMachine::expect(ValueId id, Kind kind, const char* what) const {
  if (values_[id].kind != kind) malformed(std::string("has something else where ") + what + " belongs");
  return values_[id];
}

std::uint64_t PickleMachine::expect_size(ValueId id, const char* what) const {
  const std::int64_t size = expect(id, Kind::integer, what).integer;
  if (size < 0) malformed(std::string("has a negative number where ") + what + " belongs");
  return static_cast<std::uint64_t>(size);
}

std::vector<std::int64_t> PickleMachine::expect_sizes(ValueId id, const char* what) const {
  const auto& items = expect(id, Kind::sequence, what).items;
  if (items.size() > most_pickle_dimensions) malformed("has a tensor of more than 16 dimensions");
  std::vector<std::int64_t> sizes;
  for (const ValueId item : items) sizes.push_back(static_cast<std::int64_t>(expect_size(item, what)));
  return sizes;
}

}  // namespace turbodiff::weights
