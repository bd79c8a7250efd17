#include "spec/prompts_file.h"

#include <sstream>

#include "fuzz_text.h"
#include "spec/option_table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
  return fuzz::expect_error_only([&] {
    for (const spec::PromptEntry& entry : spec::read_prompts(in, "fuzz")) {
      fuzz::require(entry.options.prompt.has_value(), "every line has a prompt");
      const auto json = spec::options_to_json(entry.options, false);
      fuzz::require(spec::options_to_json(spec::options_from_json(json), false) == json,
                    "options survive being written");
    }
  });
}
