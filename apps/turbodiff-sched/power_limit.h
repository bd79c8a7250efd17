// --power-limit of run and daemon.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "meter/power_cap.h"
#include "queue.h"
#include "queue/estimator.h"

namespace turbodiff::app {

struct PowerLimitFlags {
  std::optional<std::string> limit;  ///< "auto" or watts
  double max_slowdown = 1.1;
};

/// Restores the power limit that an earlier process left changed, whether or not a limit is requested now;
/// then limits the GPUs until it goes out of scope. Error bad_request for an invalid value or without a GPU,
/// refused without permission.
class PowerLimit {
 public:
  PowerLimit(Queue& queue, const PowerLimitFlags& flags, const std::filesystem::path& engine,
             queue::Estimator& estimator);

 private:
  void find_best(Queue& queue, const PowerLimitFlags& flags, const std::filesystem::path& engine,
                 queue::Estimator& estimator);
  std::unique_ptr<meter::Nvml> nvml_;
  std::unique_ptr<meter::PowerCap> cap_;
};

}  // namespace turbodiff::app
