#include "fuzz_file.h"
#include "fuzz_text.h"
#include "spec/model_folder.h"

/// The input is a model folder's config.json.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  const auto& file = fuzz::file_of(data, size, "config.json");
  return fuzz::expect_error_only([&] {
    const spec::ModelDefaults defaults = spec::read_model_defaults(file, {});
    fuzz::require(defaults.size.width > 0 && defaults.size.height > 0, "a picture has a size");
    fuzz::require(defaults.frames > 0 && defaults.fps > 0 && defaults.steps > 0, "defaults are positive");
  });
}
