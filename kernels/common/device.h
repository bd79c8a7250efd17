// The few device operations that the kernels use. nvcc compiles them to instructions; any other compiler uses
// the emulator of kernels/emulator, so that kernel bodies (*_body.cuh) run, thread by thread, without a GPU.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#include "common/device_cuda.h"
#else
#include "emulator/device.h"
#endif
