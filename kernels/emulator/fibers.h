// Runs one thread block of a CUDA kernel on the CPU: every thread is a fiber that runs until it waits for its
// warp or its block; ucontext starts it, and _setjmp and _longjmp, which make no system call, switch
// afterwards. Values that lanes exchange are stored in slots, two sets alternating, so that a lane that is
// ahead cannot overwrite what another lane has still to read. A wait that can never end, or lanes of one warp
// in different operations, throw std::logic_error from run_block().
#pragma once

#include <ucontext.h>

#include <csetjmp>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace turbodiff::emulator {

struct Dim3 {
  unsigned x = 1, y = 1, z = 1;
};

/// What one lane passes to the others of its warp.
struct Slot {
  int operation = 0;
  std::uint32_t words[8] = {};
  const void* pointer = nullptr;
};

struct Copy {
  void* to;
  const void* from;
  int bytes, total;  ///< what follows `bytes` up to `total` is zeroed
};

struct Fiber {
  ucontext_t context{};
  std::jmp_buf here;  ///< where it goes on once `begun`
  bool begun = false;
  std::unique_ptr<unsigned char[]> stack;
  bool done = false;
  long warp_waits = 0, block_waits = 0;   ///< operations this thread has entered
  std::vector<std::vector<Copy>> copies;  ///< cp.async: the last group is open
};

class Block {
 public:
  static constexpr std::size_t stack_bytes = 256 * 1024;

  /// Runs `body` once for each of `threads` (a multiple of 32), alternately from the first to the last and
  /// from the last to the first, and in the reverse order for every second block: no kernel may rely on an
  /// order.
  void run(unsigned threads, const std::function<void()>& body) {
    threads_ = threads;
    body_ = &body;
    fibers_.resize(threads);
    slots_.assign(2 * threads, {});
    warp_arrivals_.assign(threads / 32, 0);
    block_arrivals_ = 0;
    for (Fiber& fiber : fibers_) start(fiber);
    unsigned left = threads;
    for (bool backwards = blocks_++ % 2 != 0; left > 0; backwards = !backwards) {
      const long before = progress_;
      for (unsigned i = 0; i < threads; ++i) {
        current_ = backwards ? threads - 1 - i : i;
        Fiber& fiber = fibers_[current_];
        if (fiber.done || !ready(fiber)) continue;
        ++progress_;
        resume(fiber);
        if (failure_) std::rethrow_exception(failure_);
        if (fiber.done) --left;
      }
      if (left > 0 && progress_ == before) throw std::logic_error("emulator: threads wait for each other");
    }
  }

  unsigned thread() const { return current_; }
  unsigned lane() const { return current_ % 32; }
  Fiber& fiber() { return fibers_[current_]; }

  void wait_for_block() {
    ++block_arrivals_;
    ++fiber().block_waits;
    pause_unless_ready();
  }

  /// Stores `mine`, waits for the warp and returns its 32 slots.
  const Slot* exchange(const Slot& mine) {
    Slot* set = &slots_[(fiber().warp_waits % 2) * threads_ + current_ / 32 * 32];
    set[lane()] = mine;
    ++warp_arrivals_[current_ / 32];
    ++fiber().warp_waits;
    pause_unless_ready();
    for (int i = 0; i < 32; ++i)
      if (set[i].operation != mine.operation)
        throw std::logic_error("emulator: lanes of a warp diverge at operation " +
                               std::to_string(mine.operation));
    return set;
  }

  static Block*& active() {
    static thread_local Block* block = nullptr;
    return block;
  }

 private:
  void start(Fiber& fiber) {
    if (!fiber.stack) fiber.stack = std::make_unique<unsigned char[]>(stack_bytes);
    fiber.done = fiber.begun = false;
    fiber.warp_waits = fiber.block_waits = 0;
    fiber.copies.assign(1, {});
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.get();
    fiber.context.uc_stack.ss_size = stack_bytes;
    makecontext(&fiber.context, &Block::enter, 0);
  }

  static void enter() {
    Block& block = *active();
    try {
      (*block.body_)();
    } catch (...) {
      block.failure_ = std::current_exception();
    }
    block.fiber().done = true;
    _longjmp(block.scheduler_, 1);
  }

  /// Runs `fiber` until it waits or ends.
  [[gnu::noinline]] void resume(Fiber& fiber) {
    if (_setjmp(scheduler_) != 0) return;
    if (fiber.begun) _longjmp(fiber.here, 1);
    fiber.begun = true;
    setcontext(&fiber.context);
  }

  bool ready(const Fiber& fiber) const {
    return warp_arrivals_[current_ / 32] >= 32 * fiber.warp_waits &&
           block_arrivals_ >= static_cast<long>(threads_) * fiber.block_waits;
  }

  void pause_unless_ready() {
    if (!ready(fiber()) && _setjmp(fiber().here) == 0) _longjmp(scheduler_, 1);
  }

  unsigned threads_ = 0, current_ = 0;
  const std::function<void()>* body_ = nullptr;
  std::vector<Fiber> fibers_;
  std::vector<Slot> slots_;
  std::vector<long> warp_arrivals_;
  long block_arrivals_ = 0, progress_ = 0, blocks_ = 0;
  std::jmp_buf scheduler_;
  std::exception_ptr failure_;
};

}  // namespace turbodiff::emulator
