#include "diagnosis.h"

#include <fmt/format.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <functional>

#include "core/error.h"
#include "core/os/system_info.h"
#include "core/os/threads.h"
#include "core/speed_file.h"
#include "core/text/strings.h"
#include "core/units.h"
#include "media/container.h"
#include "ops/attention.h"
#include "ops/gpu_report.h"
#include "ops/int8/int8_linear.h"
#include "ops/int8/int8_speed.h"
#include "pipeline/components.h"
#include "pipeline/expected_time.h"
#include "pipeline/linear_choice.h"
#include "pipeline/runtime.h"
#include "spec/model_folder.h"

namespace turbodiff::app {
namespace {

constexpr std::uint64_t little_memory = 4ull << 30;
constexpr std::uint64_t little_disk = 1ull << 30;

Check system_check() {
  return {"system", CheckStatus::ok, fmt::format("{}, Linux {}", core::os_name(), core::kernel_release()),
          ""};
}

Check cpu_check() {
  const core::CpuInfo cpu = core::cpu_info();
  const int threads = core::default_threads();
  Check check{"cpu", CheckStatus::ok,
              fmt::format("{}, {} of {} cores, {} thread{} by default{}, {}", cpu.model, cpu.allowed_cores,
                          cpu.online_cores, threads, threads == 1 ? "" : "s",
                          core::wanted_threads() ? " (OMP_NUM_THREADS)" : "",
                          cpu.features.empty() ? "no vector extensions" : core::join(cpu.features, " ")),
              ""};
  if (!cpu.has("avx2")) {
    check.status = CheckStatus::warn;
    check.fix = "without AVX2 a generation takes several times as long";
  }
  return check;
}

Check memory_check() {
  const core::MemoryInfo memory = core::memory_info();
  Check check{"memory", CheckStatus::ok,
              fmt::format("{} available of {}", core::format_bytes(memory.available_bytes),
                          core::format_bytes(memory.total_bytes)),
              ""};
  if (memory.available_bytes < little_memory) {
    check.status = CheckStatus::warn;
    check.fix = "enough for the demo model; Wan2.1 1.3B at 480p needs about 8 GiB";
  }
  return check;
}

Check gpu_check() {
  if (pipeline::cuda_available()) return {"gpu", CheckStatus::ok, "a CUDA device answers", ""};
#ifdef TURBODIFF_WITH_CUDA
  return {"gpu", CheckStatus::warn, "this build uses CUDA, and no device answers",
          "check the driver with nvidia-smi"};
#else
  return {"gpu", CheckStatus::ok, "this build runs on the CPU", ""};
#endif
}

/// What runs on this project's kernels on the GPU, and what does not.
void add_gpu_operators(Check& check) {
  std::vector<std::string> fast;
  const ops::GpuReport report = ops::gpu_report(0);
  for (const ops::GpuOperators& operators : report.operators) {
    if (operators.trouble.empty()) {
      fast.push_back(operators.name);
      continue;
    }
    check.status = CheckStatus::warn;
    check.detail += fmt::format("; on the GPU {} by LibTorch ({})", operators.name, operators.trouble);
    check.fix = "slower, not different; 'make gpu-check' says more";
  }
  if (!fast.empty()) check.detail += "; on the GPU kernels for " + core::join(fast, ", ");
  if (report.int8_speedup)
    check.detail += fmt::format(", int8 layers {:.2g} times as fast as bf16{}", *report.int8_speedup,
                                *report.int8_speedup < 1 ? ", so bf16 is used" : "");
}

/// As the scheduler's program has it too.
std::string version_of(const cli::Program& program) {
  const std::string title = program.title();
  return title.substr(title.rfind(' ') + 1);
}

/// Timed anew at each call; the fastest is what the machine does when nothing else runs. The scheduler's
/// first guesses go by it.
Check speed_check(cli::Program& program) {
  const pipeline::Runtime runtime = pipeline::resolve_runtime({}, /*flops=*/1e15);
  const core::SpeedFile file(program.cache_dir_or_empty(), version_of(program));
  const double rate =
      std::max(pipeline::matrix_rate(runtime), file.find(core::matrix_rate_figure).value_or(0));
  file.keep(core::matrix_rate_figure, rate);
  return {"speed", CheckStatus::ok,
          fmt::format("{:.3g} GFLOP/s in {} with {} {}", rate / 1e9, runtime.type_name(), runtime.threads,
                      runtime.threads == 1 ? "thread" : "threads"),
          ""};
}

/// Which operators run on their fast paths here, and which by their plain ones: slower, not different.
Check acceleration_check(cli::Program& program) {
  std::string detail = ops::has_fast_attention() ? "attention by AVX-512 bf16" : "attention by LibTorch";
  detail += ops::has_fast_int8() ? ", int8 layers by AVX-512 VNNI" : ", int8 layers by the reference path";
  Check check{"operators", CheckStatus::ok, detail, ""};
  spec::GenerationRequest request;
  request.device.kind = spec::DeviceChoice::Kind::cpu;
  const pipeline::Runtime cpu = pipeline::resolve_runtime(request, /*flops=*/1);
  const auto speedup = pipeline::int8_speedup(cpu, program.cache_dir_or_empty());
  if (speedup) check.detail += fmt::format(" and {:.3g} times as fast as {}", *speedup, cpu.type_name());
  if (!ops::int8_pays(speedup))
    check.fix =
        "on this CPU --quant-linear runs plain layers; --quant-linear=force runs int8 ones for the memory "
        "saved";
  if (pipeline::cuda_available()) add_gpu_operators(check);
  return check;
}

Check encoder_check() {
  Check check{"encoders", CheckStatus::ok, "", ""};
  std::vector<std::string> present, absent;
  for (const auto container : {media::Container::mp4, media::Container::webm, media::Container::gif})
    (media::available(container) ? present : absent).emplace_back(media::name_of(container));
  check.detail = "FFmpeg writes " + core::join(present, ", ");
  if (!absent.empty()) {
    check.status = CheckStatus::fail;
    check.detail += ", not " + core::join(absent, ", ");
    check.fix = "install an FFmpeg with libx264 and libvpx (Debian: libavcodec59)";
  }
  return check;
}

Check config_check(cli::Program& program) {
  std::vector<std::string> names;
  for (const auto& file : program.config().files()) names.push_back(file.string());
  return {"settings", CheckStatus::ok, names.empty() ? "no configuration file" : core::join(names, ", "), ""};
}

Check clock_check(cli::Program& program) {
  const auto test = program.environment().get("TURBODIFF_TEST_CLOCK");
  if (!test) return {"clock", CheckStatus::ok, "the machine's", ""};
  return {"clock", CheckStatus::warn, fmt::format("a test clock, TURBODIFF_TEST_CLOCK={}", *test),
          "unset TURBODIFF_TEST_CLOCK and TURBODIFF_ALLOW_TEST_CLOCK outside of tests"};
}

Check models_check(cli::Program& program) {
  std::vector<std::string> ready, incomplete;
  for (const spec::Model& model : spec::list_models(program.model_dirs()))
    (model.complete() ? ready : incomplete).push_back(model.name);
  Check check{"models", CheckStatus::ok, "ready: " + core::join(ready, ", "), ""};
  if (!incomplete.empty()) {
    check.status = CheckStatus::warn;
    check.detail += "; incomplete: " + core::join(incomplete, ", ");
    check.fix = "'turbodiff models list' says what is missing";
  }
  return check;
}

Check demo_check(cli::Program& program) {
  const spec::Model demo = spec::find_model("demo", program.model_dirs());
  pipeline::open_components(demo.files);
  return {"demo model", CheckStatus::ok, demo.files.dit.parent_path().string(), ""};
}

Check disk_check(cli::Program& program) {
  const auto folder = program.paths().user_models_dir(program.config().path("models.path"));
  const std::uint64_t free = core::free_disk_bytes(folder);
  Check check{"disk", CheckStatus::ok,
              fmt::format("{} free for models in {}", core::format_bytes(free), folder.string()), ""};
  if (free < little_disk) {
    check.status = CheckStatus::warn;
    check.fix = "Wan2.1 1.3B takes 15 GiB with its text encoder; set TURBODIFF_MODELS to a roomier folder";
  }
  return check;
}

Check cache_check(cli::Program& program) {
  return {"cache", CheckStatus::ok, program.paths().cache_dir().string(), ""};
}

}  // namespace

std::vector<Check> run_checks(cli::Program& program) {
  std::vector<Check> checks;
  const auto add = [&](const char* name, const std::function<Check()>& check) {
    try {
      checks.push_back(check());
    } catch (const Error& error) {
      checks.push_back({name, CheckStatus::fail, error.message(), error.hint()});
    }
  };
  checks.push_back(
      {"program", CheckStatus::ok, fmt::format("{}, LibTorch {}", program.title(), TORCH_VERSION), ""});
  add("system", system_check);
  add("cpu", cpu_check);
  add("memory", memory_check);
  add("operators", [&] { return acceleration_check(program); });
  add("speed", [&] { return speed_check(program); });
  add("gpu", gpu_check);
  add("encoders", encoder_check);
  add("settings", [&] { return config_check(program); });
  add("clock", [&] { return clock_check(program); });
  add("disk", [&] { return disk_check(program); });
  add("cache", [&] { return cache_check(program); });
  add("models", [&] { return models_check(program); });
  add("demo model", [&] { return demo_check(program); });
  return checks;
}

}  // namespace turbodiff::app
