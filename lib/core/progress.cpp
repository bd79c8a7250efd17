#include "core/progress.h"

#include <algorithm>

#include "core/os/signals.h"

namespace turbodiff::core {

void ProgressTracker::begin(std::string_view stage, std::int64_t steps, std::string_view detail,
                            std::int64_t earlier_steps) {
  end();
  open_ = true;
  began_s_ = clock_.monotonic_s();
  current_ = {};
  part_ = 0;
  current_.stage = stage;
  current_.steps = std::max<std::int64_t>(steps, 0);
  current_.detail = detail;
  current_.earlier_steps = std::max<std::int64_t>(earlier_steps, 0);
  emit(ProgressPhase::begin);
}

void ProgressTracker::update(std::int64_t step, double part) {
  if (open_) {
    current_.step = std::max(step, current_.step);
    part_ = std::clamp(part, 0.0, 1.0);
    if (current_.steps > 0) current_.step = std::min(current_.step, current_.steps);
    emit(ProgressPhase::update);
  }
  throw_if_interrupted();
}

void ProgressTracker::end() {
  if (!open_) return;
  emit(ProgressPhase::end);
  open_ = false;
  seconds_[current_.stage] += current_.elapsed_s;
}

double ProgressTracker::seconds(std::string_view stage) const {
  const auto found = seconds_.find(stage);
  double total = found == seconds_.end() ? 0 : found->second;
  if (open_ && current_.stage == stage) total += clock_.monotonic_s() - began_s_;
  return total;
}

void ProgressTracker::emit(ProgressPhase phase) {
  current_.phase = phase;
  current_.elapsed_s = clock_.monotonic_s() - began_s_;
  const auto steps = static_cast<double>(current_.steps);
  const double done = steps > 0 ? std::min(static_cast<double>(current_.step) + part_, steps)
                                : static_cast<double>(current_.step) + part_;
  if (steps > 0) current_.fraction = done / steps;
  if (done > 0) {
    current_.seconds_per_step = current_.elapsed_s / done;
    if (steps > 0) current_.eta_s = current_.seconds_per_step * (steps - done);
  }
  sink_.report(current_);
}

}  // namespace turbodiff::core
