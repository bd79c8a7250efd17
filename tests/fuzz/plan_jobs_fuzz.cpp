#include "plan/plan_jobs_file.h"

#include "fuzz_text.h"
#include "plan/planner.h"
#include "sched/exhaustive_plan.h"
#include "tariff/local_time.h"

namespace {

constexpr turbodiff::tariff::Seconds now = 1'764'082'801;

/// Six hours with negative prices, two off-peak windows and a hole.
turbodiff::tariff::PriceCurve prices() {
  std::vector<turbodiff::tariff::Segment> segments;
  const std::int64_t tenths[] = {3, 1, 2, -1, 2, 4, 1, 5};
  for (int i = 0; i < 8; ++i) {
    turbodiff::tariff::Segment segment;
    segment.start = now + i * 2700;
    segment.end = segment.start + 2700;
    if (i != 4)
      segment.price = turbodiff::tariff::Price{tenths[i] * 100'000'000, tenths[i] * 100'000'000, 0, 0};
    segment.off_peak = i != 4 && tenths[i] <= 1;
    segments.push_back(segment);
  }
  return turbodiff::tariff::PriceCurve(std::move(segments));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace turbodiff;
  static const tariff::PriceCurve curve = prices();
  fuzz::Input input(data, size);
  const unsigned workers = 1 + input.byte() % 3;
  return fuzz::expect_error_only([&] {
    plan::PlanRequest request;
    request.jobs = plan::read_jobs(input.rest(), "fuzz", [](std::string_view text) {
      return tariff::parse_time(text, tariff::LocalZone(), now, "time");
    });
    if (request.jobs.size() > 10) return;
    request.now = now;
    request.horizon_s = 6 * 3600;
    request.workers = static_cast<int>(workers);
    const plan::Plan plan = plan::make_plan(request, curve);
    // The check counts in 64 bits.
    for (const plan::PlanJob& job : request.jobs)
      if (job.seconds > 1 << 30 || job.setup_seconds > 1 << 30) return;
    const std::string fault = testing::fault_in(request, curve, plan);
    fuzz::require(fault.empty(), fault);
  });
}
