// The speed of kernels compared with the alternatives: measurements that decide which are used. Internal to
// lib/ops.
#pragma once

#include <functional>

#include "ops/device/int8_ops.h"
#include "ops/device/sla.h"

namespace turbodiff::ops::device {

struct Measuring {
  std::function<double()>
      now;           ///< seconds since an arbitrary start, after what is queued on the device is done
  int rounds = 6;    ///< the fastest counts, without the first
  int repeats = 10;  ///< of the work, between two readings of the clock
};
Measuring measuring_on(c10::Device device);

/// Time of `plain` over that of `fast`.
double times_faster(const std::function<void()>& plain, const std::function<void()>& fast,
                    const Measuring& how);

struct Int8Shape {
  std::int64_t rows, in, out;
};
/// Time of a bf16 layer over that of an int8 one, its input quantised on the way.
double int8_speedup(const KernelSet& kernels, const Int8Shape& shape, c10::Device device,
                    const Measuring& how);

/// Time of SageSLA over [1, length, heads, 128] with values in fp16 over that with values in e4m3.
double e4m3_speedup(const KernelSet& kernels, std::int64_t length, std::int64_t heads, c10::Device device,
                    const Measuring& how);

}  // namespace turbodiff::ops::device
