#include "weights/pickle/pickle_machine.h"

namespace turbodiff::weights {
namespace {

constexpr std::uint64_t largest_pickle = 64ull << 20;
constexpr std::size_t most_values = 1'000'000;
using Kind = PickleValue::Kind;

/// Opcodes of CPython's pickle, protocols 2 to 5; those of protocols 0 and 1 that write numbers as text and
/// those that create objects of arbitrary classes are left out on purpose.
enum Opcode : std::uint8_t {
  op_mark = '(',
  op_stop = '.',
  op_pop = '0',
  op_pop_mark = '1',
  op_dup = '2',
  op_real = 'G',
  op_int4 = 'J',
  op_int1 = 'K',
  op_int2 = 'M',
  op_none = 'N',
  op_persistent_id = 'Q',
  op_reduce = 'R',
  op_bytes4_py2 = 'T',
  op_bytes1_py2 = 'U',
  op_text4 = 'X',
  op_append = 'a',
  op_build = 'b',
  op_global = 'c',
  op_dict = 'd',
  op_empty_dict = '}',
  op_appends = 'e',
  op_get1 = 'h',
  op_get4 = 'j',
  op_list = 'l',
  op_empty_list = ']',
  op_put1 = 'q',
  op_put4 = 'r',
  op_set_item = 's',
  op_tuple = 't',
  op_empty_tuple = ')',
  op_set_items = 'u',
  op_protocol = 0x80,
  op_tuple1 = 0x85,
  op_tuple2 = 0x86,
  op_tuple3 = 0x87,
  op_true = 0x88,
  op_false = 0x89,
  op_long1 = 0x8a,
  op_long4 = 0x8b,
  op_bytes4 = 'B',
  op_bytes1 = 'C',
  op_text1 = 0x8c,
  op_text8 = 0x8d,
  op_bytes8 = 0x8e,
  op_new_object = 0x81,
  op_empty_set = 0x8f,
  op_add_items = 0x90,
  op_stack_global = 0x93,
  op_memoize = 0x94,
  op_frame = 0x95
};

}  // namespace

PickleMachine::PickleMachine(std::span<const std::uint8_t> bytes, const std::string& where)
    : reader_(bytes, 0, where), where_(where) {
  if (bytes.size() > largest_pickle)
    bad_file(where, "its pickle has " + std::to_string(bytes.size()) + " bytes; a checkpoint needs far less");
}

void PickleMachine::malformed(const std::string& problem) const {
  bad_file(where_, "its pickle " + problem + " (byte " + std::to_string(reader_.position()) + ")");
}

ValueId PickleMachine::run() {
  while (true) {
    if (reader_.remaining() == 0) malformed("has no end");
    const auto opcode = reader_.read<std::uint8_t>();
    if (opcode == op_stop) break;
    step(opcode);
  }
  if (stack_.size() != 1 || !marks_.empty()) malformed("leaves no single value");
  return stack_.back();
}

void PickleMachine::step(std::uint8_t opcode) {
  if (step_literal(opcode) || step_container(opcode) || step_memo(opcode)) return;
  switch (opcode) {
    case op_protocol: {
      const auto protocol = reader_.read<std::uint8_t>();
      if (protocol < 2 || protocol > 5) malformed("has the unknown protocol " + std::to_string(protocol));
      return;
    }
    case op_frame:
      reader_.read<std::uint64_t>();
      return;
    case op_global: {
      const std::string_view module = line();
      return import(module, line());
    }
    case op_stack_global: {
      const ValueId attribute = pop();
      const ValueId module = pop();
      return import(expect(module, Kind::text, "a module name").text,
                    expect(attribute, Kind::text, "a name to import").text);
    }
    case op_reduce:
      return reduce();
    case op_build:
      return build();
    case op_new_object:
      return make_object();
    case op_persistent_id:
      return persistent_id();
    default: {
      static constexpr char digits[] = "0123456789abcdef";
      malformed(std::string("uses the instruction 0x") + digits[opcode >> 4] + digits[opcode & 15] +
                ", which no checkpoint needs");
    }
  }
}

bool PickleMachine::step_literal(std::uint8_t opcode) {
  switch (opcode) {
    case op_none:
      push({});
      return true;
    case op_true:
    case op_false:
      push({.kind = Kind::boolean, .integer = opcode == op_true});
      return true;
    case op_int1:
      push_integer(reader_.read<std::uint8_t>());
      return true;
    case op_int2:
      push_integer(reader_.read<std::uint16_t>());
      return true;
    case op_int4:
      push_integer(reader_.read<std::int32_t>());
      return true;
    case op_long1:
      push_long(reader_.read<std::uint8_t>());
      return true;
    case op_long4:
      push_long(reader_.read<std::uint32_t>());
      return true;
    case op_real:
      reader_.take(8);
      push({.kind = Kind::real});
      return true;
    case op_text1:
      push_text(Kind::text, reader_.read<std::uint8_t>());
      return true;
    case op_text4:
      push_text(Kind::text, reader_.read<std::uint32_t>());
      return true;
    case op_text8:
      push_text(Kind::text, reader_.read<std::uint64_t>());
      return true;
    case op_bytes1:
      push_text(Kind::bytes, reader_.read<std::uint8_t>());
      return true;
    case op_bytes4:
      push_text(Kind::bytes, reader_.read<std::uint32_t>());
      return true;
    case op_bytes8:
      push_text(Kind::bytes, reader_.read<std::uint64_t>());
      return true;
    case op_bytes1_py2:
      push_text(Kind::text, reader_.read<std::uint8_t>());
      return true;
    case op_bytes4_py2:
      push_text(Kind::text, reader_.read<std::uint32_t>());
      return true;
    default:
      return false;
  }
}

bool PickleMachine::step_container(std::uint8_t opcode) {
  switch (opcode) {
    case op_mark:
      marks_.push_back(stack_.size());
      return true;
    case op_pop:
      if (!marks_.empty() && marks_.back() == stack_.size())
        marks_.pop_back();
      else
        pop();
      return true;
    case op_pop_mark:
      pop_to_mark();
      return true;
    case op_dup:
      stack_.push_back(top());
      return true;
    case op_empty_dict:
      push({.kind = Kind::dictionary});
      return true;
    case op_empty_list:
    case op_empty_tuple:
    case op_empty_set:
      push({.kind = Kind::sequence});
      return true;
    case op_tuple:
    case op_list: {
      auto items = pop_to_mark();
      push({.kind = Kind::sequence, .items = std::move(items)});
      return true;
    }
    case op_tuple1:
    case op_tuple2:
    case op_tuple3: {
      std::vector<ValueId> items(static_cast<std::size_t>(opcode - op_tuple1 + 1));
      for (std::size_t i = items.size(); i-- > 0;) items[i] = pop();
      push({.kind = Kind::sequence, .items = std::move(items)});
      return true;
    }
    case op_dict: {
      const auto flat = pop_to_mark();
      push({.kind = Kind::dictionary});
      set_items(top(), flat);
      return true;
    }
    case op_append: {
      const ValueId item = pop();
      if (values_[top()].kind != Kind::opaque) items_of(top()).push_back(item);
      return true;
    }
    case op_appends:
    case op_add_items: {
      const auto more = pop_to_mark();
      if (values_[top()].kind == Kind::opaque) return true;
      auto& items = items_of(top());
      items.insert(items.end(), more.begin(), more.end());
      return true;
    }
    case op_set_item: {
      const ValueId value = pop();
      const ValueId key = pop();
      set_items(top(), {key, value});
      return true;
    }
    case op_set_items: {
      const auto flat = pop_to_mark();
      set_items(top(), flat);
      return true;
    }
    default:
      return false;
  }
}

bool PickleMachine::step_memo(std::uint8_t opcode) {
  switch (opcode) {
    case op_put1:
      memoize(reader_.read<std::uint8_t>());
      return true;
    case op_put4:
      memoize(reader_.read<std::uint32_t>());
      return true;
    case op_memoize:
      memoize(static_cast<std::uint32_t>(memo_.size()));
      return true;
    case op_get1:
      recall(reader_.read<std::uint8_t>());
      return true;
    case op_get4:
      recall(reader_.read<std::uint32_t>());
      return true;
    default:
      return false;
  }
}

void PickleMachine::push(PickleValue value) {
  if (values_.size() == most_values) malformed("holds more than a million values");
  values_.push_back(std::move(value));
  stack_.push_back(static_cast<ValueId>(values_.size() - 1));
}

void PickleMachine::push_text(Kind kind, std::uint64_t size) {
  push({.kind = kind, .text = reader_.take_text(size)});
}

void PickleMachine::push_integer(std::int64_t value) {
  push({.kind = Kind::integer, .integer = value});
}

/// Two's complement, little-endian; values beyond 64 bits are kept as opaque, nothing needs them.
void PickleMachine::push_long(std::uint64_t size) {
  const auto bytes = reader_.take(size);
  if (bytes.size() > 8) return push({.kind = Kind::opaque});
  std::uint64_t bits = !bytes.empty() && (bytes.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (std::size_t i = bytes.size(); i-- > 0;) bits = bits << 8 | bytes[i];
  push_integer(static_cast<std::int64_t>(bits));
}

ValueId PickleMachine::pop() {
  const ValueId id = top();
  stack_.pop_back();
  return id;
}

ValueId PickleMachine::top() const {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) malformed("takes a value from an empty stack");
  return stack_.back();
}

std::vector<ValueId> PickleMachine::pop_to_mark() {
  if (marks_.empty()) malformed("lacks a mark");
  std::vector<ValueId> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
  stack_.resize(marks_.back());
  marks_.pop_back();
  return items;
}

std::string_view PickleMachine::line() {
  std::size_t length = 0;
  const auto ahead = reader_;
  for (ByteReader probe = ahead; probe.read<std::uint8_t>() != '\n';) ++length;
  const std::string_view text = reader_.take_text(length);
  reader_.take(1);
  return text;
}

std::vector<ValueId>& PickleMachine::items_of(ValueId container) {
  if (values_[container].kind != Kind::sequence) malformed("appends to something that is no list");
  return values_[container].items;
}

void PickleMachine::set_items(ValueId container, const std::vector<ValueId>& flat) {
  if (flat.size() % 2 != 0) malformed("sets a key without a value");
  if (values_[container].kind == Kind::opaque) return;
  if (values_[container].kind != Kind::dictionary) malformed("sets a key of something that is no dictionary");
  for (std::size_t i = 0; i < flat.size(); i += 2)
    values_[container].pairs.emplace_back(flat[i], flat[i + 1]);
}

void PickleMachine::memoize(std::uint32_t slot) {
  memo_[slot] = top();
}

void PickleMachine::recall(std::uint32_t slot) {
  const auto found = memo_.find(slot);
  if (found == memo_.end()) malformed("recalls a value it never stored");
  stack_.push_back(found->second);
}

}  // namespace turbodiff::weights
