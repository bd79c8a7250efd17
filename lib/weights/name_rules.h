// The naming conventions as tables of patterns.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weights/name_map.h"

namespace turbodiff::weights {

/// `source` matches a whole name: "#" stands for digits, a final "*" for one more component of the name
/// (weight, bias, gamma, ...). In `canonical`, "#" is the next number and "*" the component; with n residual
/// blocks a stage, "<flat>" takes two numbers i, j and is i·(n+1)+j, "<flat-end>" takes one and is i·(n+1)+n,
/// and "<end>" is n: the index of the resampling step that follows them in Wan's flat lists. An empty
/// `canonical` means the same name.
struct NameRule {
  std::string_view source;
  std::string_view canonical;
};

struct NameConvention {
  std::string_view name;
  std::span<const NameRule> rules;
};

/// The conventions in which `component` is published; the first is the canonical one.
std::span<const NameConvention> conventions_of(Component component);

/// Number of residual blocks in each stage of a diffusers VAE, read off its names.
struct ResidualBlocks {
  std::int64_t encoder = 0;
  std::int64_t decoder = 0;
};
ResidualBlocks count_residual_blocks(const std::vector<std::string_view>& names);

/// The canonical name of `source`, or nullopt when no rule matches.
std::optional<std::string> canonical_name(const NameConvention& convention, std::string_view source,
                                          const ResidualBlocks& blocks);

}  // namespace turbodiff::weights
