// An allocator that keeps large blocks of memory for the next tensor of their size. A network asks for the
// same few sizes, up to hundreds of megabytes, over and over; from the system each would come page by page
// and zeroed, an eighth of the time of an accelerated transformer block.
#pragma once

#include <cstddef>

namespace turbodiff::ops::cpu {

/// Makes it LibTorch's CPU allocator, once for the process; tensors that exist keep theirs. At most
/// `cached_bytes` are kept beside what is in use, those used last; smaller tensors than 1 MiB go to
/// LibTorch's own allocator.
void install_block_cache(std::size_t cached_bytes);

/// Bytes kept for reuse at the moment; 0 before it is installed.
std::size_t block_cache_bytes();

/// Gives what is kept back to the system.
void trim_block_cache();

}  // namespace turbodiff::ops::cpu
