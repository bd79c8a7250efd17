#include "spec/recipe.h"

#include <nlohmann/json.hpp>

#include "fuzz_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  const std::string text(reinterpret_cast<const char*>(data), size);
  return fuzz::expect_error_only([&] {
    const spec::Recipe recipe = spec::parse_recipe(text, "fuzz");
    const std::string again = spec::to_text(recipe);
    fuzz::require(spec::to_text(spec::parse_recipe(again, "fuzz")) == again,
                  "a recipe survives being written");
  });
}
