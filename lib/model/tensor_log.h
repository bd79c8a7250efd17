// The tensors that a network requests from its checkpoint, and their mismatches.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/error.h"
#include "weights/checkpoint.h"

namespace turbodiff::model {

/// A dimension of a tensor that may have any size.
inline constexpr std::int64_t any_size = -1;

/// Kinds of element types a network can take a tensor in.
enum class ElementKind : std::uint8_t { floating, int8 };

/// The reason why a tensor does not fit a network.
struct Misfit {
  Error error;  ///< bad_request that names file, tensor, and what was found and expected
  bool missing = false;
};

/// Nothing when the tensor `name` is there with this shape, which may have any_size, and elements of this
/// kind.
std::optional<Misfit> find_misfit(const weights::Checkpoint& checkpoint, const std::string& name,
                                  const std::vector<std::int64_t>& shape, ElementKind kind);

/// Collects while a network is built. With `look_up_only` its tensors are looked up and nothing is read:
/// mismatches are collected instead of thrown. So the tensors that are checked in advance are those that a
/// run uses, because the same code requests them.
struct TensorLog {
  bool look_up_only = false;
  std::set<std::string> names = {};
  std::vector<Misfit> misfits = {};

  bool misses_any() const;
  /// Error bad_request: the first mismatch, and how many more there are. Returns when there is none.
  void require_all() const;
};

}  // namespace turbodiff::model
