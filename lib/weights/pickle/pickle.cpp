#include "weights/pickle/pickle.h"

#include <unordered_set>

#include "weights/pickle/pickle_machine.h"

namespace turbodiff::weights {
namespace {

constexpr int deepest = 32;
constexpr std::size_t longest_name = 1024;
constexpr std::size_t most_items = 1'000'000;

/// Collects the tensors of nested dictionaries. Dictionaries may be shared or contain themselves, so depth
/// and the number of items seen are both limited.
class Flattener {
 public:
  Flattener(const PickleMachine& machine, const std::string& where) : machine_(machine), where_(where) {}

  std::vector<PickledTensor> tensors;

  void collect(const PickleValue& dictionary, const std::string& prefix, int depth) {
    if (depth == deepest) bad_file(where_, "its dictionaries nest deeper than 32 or contain themselves");
    for (const auto& [key_id, item_id] : dictionary.pairs) {
      if (++items_ > most_items) bad_file(where_, "its dictionaries hold more than a million items");
      const PickleValue& item = machine_.value(item_id);
      const bool nested = item.kind == PickleValue::Kind::dictionary;
      if (!nested && item.kind != PickleValue::Kind::tensor) continue;
      const PickleValue& key = machine_.value(key_id);
      std::string name = prefix;
      if (key.kind == PickleValue::Kind::text)
        name += key.text.substr(0, longest_name);
      else if (key.kind == PickleValue::Kind::integer)
        name += std::to_string(key.integer);
      else
        continue;
      if (name.size() >= longest_name) bad_file(where_, "it has a tensor name of more than 1,000 characters");
      if (nested) {
        collect(item, name + ".", depth + 1);
        continue;
      }
      if (!names_.insert(name).second) bad_file(where_, "it has two tensors '" + printable(name) + "'");
      tensors.push_back(machine_.tensor(item));
      tensors.back().name = std::move(name);
    }
  }

 private:
  const PickleMachine& machine_;
  const std::string& where_;
  std::unordered_set<std::string> names_;
  std::size_t items_ = 0;
};

}  // namespace

std::vector<PickledTensor> read_pickled_tensors(std::span<const std::uint8_t> bytes,
                                                const std::string& where) {
  PickleMachine machine(bytes, where);
  const PickleValue& top = machine.value(machine.run());
  if (top.kind != PickleValue::Kind::dictionary)
    bad_file(where, "it holds no dictionary of tensors",
             "save the model's state dictionary: torch.save(model.state_dict(), path)");
  Flattener flattener(machine, where);
  flattener.collect(top, "", 0);
  return std::move(flattener.tensors);
}

}  // namespace turbodiff::weights
