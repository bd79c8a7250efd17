#include "weights/zip_archive.h"

#include "fuzz_input.h"
#include "weights/torch_zip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  fuzz::run(data, size, [](const weights::FileBytes& file) {
    const weights::ZipArchive archive(file);
    for (const weights::ZipEntry& entry : archive.entries())
      if (entry.offset > file.bytes.size() || entry.size > file.bytes.size() - entry.offset) std::abort();
  });
  return fuzz::run(data, size,
                   [](const weights::FileBytes& file) { fuzz::touch(weights::read_torch_zip(file), file); });
}
