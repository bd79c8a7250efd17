// The few device operations the kernels are written in. nvcc gets the instructions; any other compiler gets
// the emulator of kernels/emulator, so that kernel bodies (*_body.cuh) run, thread by thread, without a
// GPU.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#include "common/device_cuda.h"
#else
#include "emulator/device.h"
#endif
