#include "ops/cpu/block_cache.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <list>
#include <mutex>
#include <new>
#include <unordered_map>

namespace turbodiff::ops::cpu {

namespace {

constexpr std::size_t smallest = std::size_t{1} << 20;
/// From here on sizes are rounded up to huge pages, which are asked for.
constexpr std::size_t huge = std::size_t{32} << 20, huge_page = std::size_t{2} << 20;
constexpr std::size_t granule = std::size_t{64} << 10;

constexpr std::size_t page_of(std::size_t bytes) {
  return bytes >= huge ? huge_page : granule;
}

class BlockCache final : public c10::Allocator {
 public:
  explicit BlockCache(std::size_t limit) : limit_(limit), fallback_(c10::GetDefaultCPUAllocator()) {}

  c10::DataPtr allocate(std::size_t bytes) override {
    if (bytes < smallest) return fallback_->allocate(bytes);
    const std::size_t page = page_of(bytes);
    void* data = take((bytes + page - 1) / page * page);
    return {data, data, &BlockCache::release, c10::Device(c10::DeviceType::CPU)};
  }

  // For oneDNN, which asks for bare pointers: they may be of either allocator.
  c10::DeleterFnPtr raw_deleter() const override { return &BlockCache::release; }

  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    std::memcpy(to, from, bytes);
  }

  std::size_t cached() {
    const std::lock_guard lock(mutex_);
    return cached_;
  }

  void trim(std::size_t limit) {
    const std::lock_guard lock(mutex_);
    while (cached_ > limit) {
      const Block oldest = free_.front();
      free_.pop_front();
      cached_ -= oldest.size;
      std::free(oldest.data);
    }
  }

 private:
  struct Block {
    void* data;
    std::size_t size;
  };

  void* take(std::size_t size) {
    {
      const std::lock_guard lock(mutex_);
      for (auto block = free_.rbegin(); block != free_.rend(); ++block) {
        if (block->size != size) continue;
        void* data = block->data;
        free_.erase(std::next(block).base());
        cached_ -= size;
        used_.emplace(data, size);
        return data;
      }
    }
    void* data = fresh(size);
    if (data == nullptr) {
      trim(0);
      data = fresh(size);
      if (data == nullptr) throw std::bad_alloc();
    }
    const std::lock_guard lock(mutex_);
    used_.emplace(data, size);
    return data;
  }

  /// Null where there is no memory.
  static void* fresh(std::size_t size) {
    void* data = nullptr;
    if (posix_memalign(&data, page_of(size), size) != 0) return nullptr;
    if (size >= huge) madvise(data, size, MADV_HUGEPAGE);
    return data;
  }

  static void release(void* data);
  void give_back(void* data) {
    {
      const std::lock_guard lock(mutex_);
      const auto used = used_.find(data);
      if (used == used_.end()) return fallback_->raw_deleter()(data);
      const std::size_t size = used->second;
      used_.erase(used);
      if (size > limit_) return std::free(data);
      free_.push_back({data, size});
      cached_ += size;
    }
    trim(limit_);
  }

  const std::size_t limit_;
  c10::Allocator* const fallback_;
  std::mutex mutex_;
  std::list<Block> free_;  // in the order they were given back
  std::unordered_map<void*, std::size_t> used_;
  std::size_t cached_ = 0;
};

// LibTorch holds allocators by raw pointer until the process ends, and tensors may outlive main().
BlockCache* installed = nullptr;

void BlockCache::release(void* data) {
  installed->give_back(data);
}

}  // namespace

void install_block_cache(std::size_t cached_bytes) {
  static std::once_flag once;
  std::call_once(once, [&] {
    installed = new BlockCache(cached_bytes);
    c10::SetCPUAllocator(installed, /*priority=*/1);
  });
}

std::size_t block_cache_bytes() {
  return installed != nullptr ? installed->cached() : 0;
}

void trim_block_cache() {
  if (installed != nullptr) installed->trim(0);
}

}  // namespace turbodiff::ops::cpu
