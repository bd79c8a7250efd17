#include "spec/when.h"

#include <array>

namespace turbodiff::spec {
namespace {

/// In the order of When.
constexpr std::array<std::string_view, 3> when_names = {"off-peak", "cheapest", "now"};

}  // namespace

std::string_view name_of(When when) {
  return when_names[static_cast<std::size_t>(when)];
}

std::optional<When> when_named(std::string_view name) {
  for (std::size_t i = 0; i < when_names.size(); ++i)
    if (when_names[i] == name) return static_cast<When>(i);
  return std::nullopt;
}

}  // namespace turbodiff::spec
