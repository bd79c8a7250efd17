// Sizes of a network, inferred from several of a checkpoint's tensors so that one wrong tensor does not
// decide.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weights/checkpoint.h"

namespace turbodiff::model {

/// A tensor that shows the size: its number of dimensions and the index of the dimension.
struct SizeWitness {
  std::string name;
  std::size_t rank = 1;
  std::size_t axis = 0;
};

/// The size that most of the witnesses show, the first witness's where they disagree; nothing when none of
/// them is in the checkpoint with that many dimensions.
std::optional<std::int64_t> agreed_size(const weights::Checkpoint& checkpoint,
                                        const std::vector<SizeWitness>& witnesses);

}  // namespace turbodiff::model
