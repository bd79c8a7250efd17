#include "span_curve.h"

#include "tariff/local_time.h"
#include "tariff/make_curve.h"

namespace turbodiff::app {
namespace {

constexpr std::int64_t longest_span_s = 3660LL * 86400;

}  // namespace

tariff::PriceCurve span_curve(Queue& queue, const tariff::Tariff& tariff,
                              const std::optional<std::string>& from, const std::optional<std::string>& to) {
  const tariff::Seconds now = queue.now();
  const auto today = tariff.zone.day_at(now);
  const tariff::Seconds start =
      from ? tariff::parse_time(*from, tariff.zone, now, "--from") : tariff.zone.day_start(today);
  const tariff::Seconds end = to ? tariff::parse_time(*to, tariff.zone, now, "--to")
                                 : tariff.zone.day_start(tariff.zone.day_at(start) + 7);
  if (end <= start) throw Error::bad_request("--to must be after --from");
  if (end - start > longest_span_s) throw Error::bad_request("--from and --to are more than ten years apart");
  return tariff::make_curve(tariff, start, end);
}

}  // namespace turbodiff::app
