// Keeps one library call on one thread.
#pragma once

#include <ATen/Parallel.h>

namespace turbodiff::ops {

/// Libraries split the sums of small problems among threads, so that the result would depend on how many
/// there are. Within this scope torch uses one; there is nothing to gain from more.
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
