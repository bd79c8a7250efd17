#include <set>

#include "cost/gpu_catalogue.h"
#include "fuzz_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  const std::string text(reinterpret_cast<const char*>(data), size);
  return fuzz::expect_error_only([&] {
    core::Problems problems;
    const cost::GpuCatalogue catalogue = cost::parse_gpu_catalogue(text, "fuzz.yaml", problems);
    fuzz::check_problems(problems, "fuzz.yaml");
    if (!problems.empty()) return;
    std::set<std::string> names;
    for (const cost::Gpu& gpu : catalogue.gpus) {
      fuzz::require(!gpu.name.empty() && names.insert(gpu.name).second, "a GPU has a name of its own");
      fuzz::require(&catalogue.get(gpu.name) == &gpu, "a GPU is found by its name");
      fuzz::require(!gpu.watts.value.negative(), "watts are not negative");
      for (const cost::RunFigure& run : gpu.runs)
        fuzz::require(gpu.find_run(run.model) != nullptr && !run.seconds.value.negative(),
                      "a run takes its time");
    }
    fuzz::require(cost::merged(catalogue, catalogue).gpus.size() == catalogue.gpus.size(),
                  "a catalogue over itself is the same");
  });
}
