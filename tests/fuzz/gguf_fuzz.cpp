#include "weights/gguf.h"

#include "fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return turbodiff::fuzz::run(data, size, [](const turbodiff::weights::FileBytes& file) {
    turbodiff::fuzz::touch(turbodiff::weights::read_gguf(file), file);
  });
}
