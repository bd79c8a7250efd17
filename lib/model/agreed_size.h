// Sizes of a network, read off a checkpoint's tensors in a way that one wrong tensor does not mislead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weights/checkpoint.h"

namespace turbodiff::model {

/// A tensor that shows the size: its number of dimensions and which of them it is.
struct SizeWitness {
  std::string name;
  std::size_t rank = 1;
  std::size_t axis = 0;
};

/// The size that most of the witnesses show, the first of them where they are at odds; nothing when none of
/// them is in the checkpoint with that many dimensions.
std::optional<std::int64_t> agreed_size(const weights::Checkpoint& checkpoint,
                                        const std::vector<SizeWitness>& witnesses);

}  // namespace turbodiff::model
