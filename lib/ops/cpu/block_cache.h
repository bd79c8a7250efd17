// An allocator that caches large blocks of memory for the next tensor of the same size. A network requests
// the same few sizes, up to hundreds of megabytes, again and again; the system would provide and zero each of
// them page by page, which takes an eighth of the time of an accelerated transformer block.
#pragma once

#include <cstddef>

namespace turbodiff::ops::cpu {

/// Installs it as LibTorch's CPU allocator, once per process; existing tensors keep theirs. At most
/// `cached_bytes` are cached besides what is in use, the most recently used blocks; tensors smaller than 1
/// MiB use LibTorch's own allocator.
void install_block_cache(std::size_t cached_bytes);

/// Bytes in the cache at the moment; 0 before it is installed.
std::size_t block_cache_bytes();

/// Releases the cache to the system.
void trim_block_cache();

}  // namespace turbodiff::ops::cpu
