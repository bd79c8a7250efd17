#include "model/agreed_size.h"

#include <algorithm>

namespace turbodiff::model {

std::optional<std::int64_t> agreed_size(const weights::Checkpoint& checkpoint,
                                        const std::vector<SizeWitness>& witnesses) {
  std::vector<std::int64_t> shown;
  for (const SizeWitness& witness : witnesses)
    if (const auto* view = checkpoint.find(witness.name);
        view != nullptr && view->shape.size() == witness.rank)
      shown.push_back(view->shape[witness.axis]);
  std::optional<std::int64_t> best;
  std::ptrdiff_t votes = 0;
  for (const std::int64_t size : shown) {
    const auto count = std::count(shown.begin(), shown.end(), size);
    if (count <= votes) continue;
    votes = count;
    best = size;
  }
  return best;
}

}  // namespace turbodiff::model
