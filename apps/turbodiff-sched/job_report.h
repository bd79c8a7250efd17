// Jobs for people and for programs.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "energy/cost.h"
#include "queue.h"
#include "waiting_reason.h"

namespace turbodiff::app {

/// What `list` and `show` report about a job besides its row.
struct JobView {
  store::Job job;
  std::optional<tariff::Seconds> planned_start;
  std::optional<WaitingReason> waiting;  ///< set for a queued or held job
  struct Cost {
    double seconds = 0;
    double kwh = 0;
    std::optional<energy::Cost> money;  ///< nullopt without a tariff
    std::string currency;
    std::string source;
  };
  Cost estimate;
  double low_s = 0, high_s = 0;
  int observations = 0;
  std::optional<Cost> actual;  ///< all attempts together; nullopt before the first has ended
};

/// Views of `jobs`, with planned starts from the store (or planned now when few wait and nothing runs them).
std::vector<JobView> views_of(Queue& queue, std::vector<store::Job> jobs);

/// The JSON of `list --json`.
nlohmann::ordered_json json_of(const JobView& view);
nlohmann::ordered_json json_of(const JobView::Cost& cost, bool with_source);
/// "cost_detail" wherever a cost stands.
nlohmann::ordered_json detail_of(const energy::Cost& cost);

/// The JSON of `status --json`.
nlohmann::ordered_json queue_status(Queue& queue);

/// "0.0123 CNY", "-" without a cost.
std::string money_text(const JobView::Cost& cost);
/// First words of a prompt on one line.
std::string short_prompt(const std::string& prompt);

}  // namespace turbodiff::app
