#include "weights/pickle/pickle.h"

#include "fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return turbodiff::fuzz::run(data, size, [](const turbodiff::weights::FileBytes& file) {
    for (const auto& tensor : turbodiff::weights::read_pickled_tensors(file.bytes, file.where))
      if (tensor.shape.size() != tensor.strides.size()) std::abort();
  });
}
