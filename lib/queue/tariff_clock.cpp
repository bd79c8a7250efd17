#include "queue/tariff_clock.h"

#include "tariff/make_curve.h"

namespace turbodiff::queue {

const tariff::PriceCurve& TariffClock::curve(tariff::Seconds from, std::int64_t horizon_s) {
  constexpr std::int64_t a_day = 86'400;
  if (!curve_ || curve_->start() > from - a_day || curve_->end() < from + horizon_s)
    curve_ = tariff::make_curve(tariff_, from - 2 * a_day, from + horizon_s + a_day);
  return *curve_;
}

void TariffClock::watch_files() {
  std::vector<std::filesystem::path> files;
  if (tariff_.prices && !tariff_.prices->source.file.empty()) files.push_back(tariff_.prices->source.file);
  if (tariff_.carbon.source && !tariff_.carbon.source->file.empty())
    files.push_back(tariff_.carbon.source->file);
  files_.watch(files);
}

tariff::Seconds TariffClock::off_peak_end(tariff::Seconds instant, std::int64_t horizon_s) {
  const tariff::PriceCurve& now = curve(instant, horizon_s);
  tariff::Seconds end = instant;
  for (const tariff::Segment* segment = now.at(end); segment != nullptr && segment->off_peak;
       segment = now.at(end))
    end = segment->end;
  return end;
}

}  // namespace turbodiff::queue
