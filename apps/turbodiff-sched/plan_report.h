// A plan for people.
#pragma once

#include <map>
#include <string>

#include "plan/plan.h"
#include "tariff/tariff.h"

namespace turbodiff::app {

struct PlanText {
  int columns = 80;
  bool colour = false;
  bool unicode = true;
  std::map<std::string, std::string> prompts;  ///< by job id, may lack some
};

/// A price chart with the jobs below it, why no job runs at once, one line per job, the cost compared with
/// running at once, and why the other jobs cannot be placed. Never wider than `columns`.
std::string plan_text(const plan::Plan& plan, const tariff::Tariff& tariff, const tariff::PriceCurve& curve,
                      tariff::Seconds now, const PlanText& style);

}  // namespace turbodiff::app
