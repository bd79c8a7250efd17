#include "core/config.h"

#include <fstream>

#include "fuzz_text.h"
#include "testing_dir.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  static const testing::ScratchDir folder;
  const auto file = folder / "config.yaml";
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  const core::Environment environment = {{"HOME", "/nonexistent"}};
  core::ConfigInputs inputs;
  inputs.config_flag = file;
  inputs.system_file = "/nonexistent/config.yaml";
  return fuzz::expect_error_only([&] {
    const core::Config config =
        core::Config::load(environment, core::Paths(environment, "/usr/bin/x"), inputs);
    for (const core::Config::Entry& entry : config.entries()) {
      if (!entry.value) continue;
      fuzz::require(core::value_problem(*entry.key, entry.value->text).empty(), "what is accepted is right");
      switch (entry.key->kind) {
        case core::ValueKind::integer:
          config.integer(entry.key->name);
          break;
        case core::ValueKind::number:
          config.number(entry.key->name);
          break;
        case core::ValueKind::boolean:
          config.boolean(entry.key->name);
          break;
        default:
          break;
      }
    }
  });
}
