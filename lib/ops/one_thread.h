// Restricts a library call to one thread.
#pragma once

#include <ATen/Parallel.h>

namespace turbodiff::ops {

/// Libraries split the sums of small problems among threads, so that the result would depend on their number.
/// Within this scope torch uses one thread; more would not be faster.
class OneThread {
 public:
  OneThread() : before_(at::get_num_threads()) {
    if (before_ > 1) at::set_num_threads(1);
  }
  ~OneThread() {
    if (before_ > 1) at::set_num_threads(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

}  // namespace turbodiff::ops
