#include "runner/power_sweep.h"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/os/signals.h"
#include "meter/counter.h"
#include "runner/worker_event.h"
#include "runner/worker_process.h"

namespace turbodiff::runner {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

constexpr int limits = 6;
constexpr double lowest_share = 0.5;
constexpr double sweep_poll_s = 0.05;

}  // namespace

std::vector<meter::CapPoint> sweep_power_limits(const fs::path& program, const store::Job& job,
                                                const store::Preset& preset, meter::Nvml& nvml,
                                                std::size_t gpu, meter::PowerCap& cap,
                                                const core::Clock& clock) {
  const auto limit = nvml.power_limit(gpu);
  if (!limit)
    throw Error::bad_request("the GPU has no power limit that can be set", "leave --power-limit out");
  std::optional<WorkerEvent> result;
  WorkerProcess worker(
      program,
      [&](const WorkerEvent& event) {
        if (event.kind == WorkerEvent::Kind::done || event.kind == WorkerEvent::Kind::failed) result = event;
      },
      [](std::string_view) {});
  Order order;
  order.request = request_of(preset, job.spec);
  for (const char* key : {"save_latents", "contact_sheet"}) order.request.erase(key);
  order.request["prompt"] = job.spec.prompt;
  order.request["steps"] = 1;
  order.write_to = fs::temp_directory_path() / fmt::format("turbodiff-sweep-{}.part", ::getpid());
  order.request["output"] = order.write_to.string() + ".npy";
  order.fingerprint = job.fingerprint;

  const auto run = [&](int number) {
    meter::CounterAccumulator counter({1000, {}, 1500, 50});
    result.reset();
    order.id = fmt::format("sweep-{}", number);
    order.checkpoint = order.write_to.string() + fmt::format(".checkpoint-{}", number);
    const double began_s = clock.monotonic_s();
    worker.order(order);
    std::int64_t energy = 0;
    while (!result) {
      core::throw_if_interrupted();
      const meter::GpuReading reading = nvml.read(gpu);
      energy += counter.feed(clock.monotonic_s(), reading.counter_mj, reading.milliwatts);
      if (worker.wait(sweep_poll_s) && !result)
        throw Error::work_failed("the engine ended during the sweep of power limits");
    }
    const meter::GpuReading reading = nvml.read(gpu);
    const double seconds = clock.monotonic_s() - began_s;
    energy += counter.feed(clock.monotonic_s(), reading.counter_mj, reading.milliwatts);
    std::error_code error;
    fs::remove(order.write_to, error);
    fs::remove(order.checkpoint, error);
    if (result->kind != WorkerEvent::Kind::done)
      throw Error::work_failed("a run of the sweep of power limits failed: " + result->message);
    return meter::CapPoint{0, seconds, seconds > 0 ? static_cast<double>(energy) / 1e6 / seconds : 0};
  };
  run(0);  // loads the model
  std::vector<meter::CapPoint> points;
  const std::int64_t lowest = std::max(
      limit->min_mw, static_cast<std::int64_t>(lowest_share * static_cast<double>(limit->default_mw)));
  for (int i = 0; i < limits; ++i) {
    const std::int64_t milliwatts = limit->default_mw - (limit->default_mw - lowest) * i / (limits - 1);
    cap.apply(milliwatts);
    meter::CapPoint point = run(i + 1);
    point.cap_mw = milliwatts;
    points.push_back(point);
  }
  worker.dismiss();
  return points;
}

}  // namespace turbodiff::runner
