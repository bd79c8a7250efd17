// Element types of operands that a kernel takes in more than one.
#pragma once

#include <cstdint>

namespace turbodiff::kernels {

enum class Storage : std::uint8_t { f32, bf16, f16 };

}  // namespace turbodiff::kernels
