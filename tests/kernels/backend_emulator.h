// Kernel bodies on the CPU emulator.
#pragma once

#include <vector>

#include "emulator/device.h"
#include "w8a8_gemm/w8a8_gemm_body.cuh"

namespace turbodiff::kernels {

struct Emulator {
  template <typename T>
  class Array {
   public:
    explicit Array(const std::vector<T>& values) : values_(values) {}
    T* get() { return values_.data(); }
    std::vector<T> values() const { return values_; }

   private:
    std::vector<T> values_;
  };

  static void w8a8_gemm(const W8a8Params& p, W8a8Epilogue epilogue) {
    emulator::launch(w8a8_blocks(p), w8a8_threads, w8a8_shared_bytes, [&](unsigned char* shared) {
      switch (epilogue) {
        case W8a8Epilogue::store:
          return w8a8_gemm_body<W8a8Epilogue::store>(p, shared);
        case W8a8Epilogue::requantise:
          return w8a8_gemm_body<W8a8Epilogue::requantise>(p, shared);
        case W8a8Epilogue::residual:
          return w8a8_gemm_body<W8a8Epilogue::residual>(p, shared);
      }
    });
  }
};

}  // namespace turbodiff::kernels
