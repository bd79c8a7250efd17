// The jobs of `plan --jobs FILE`.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/plan.h"

namespace turbodiff::plan {

/// Parses a time in text; throws Error bad_request when it is invalid.
using TimeReader = std::function<Seconds(std::string_view)>;

/// A JSON array of objects with the keys id, seconds, watts, earliest, deadline, priority, when, after, group
/// and setup_seconds, of which the first three are required; null means absent. `source` is the file's name
/// for messages. Error bad_request names the file, the job and the key.
std::vector<PlanJob> read_jobs(std::string_view json, const std::string& source, const TimeReader& read_time);

/// "2026-11-24T06:30:00Z"
std::string format_utc(Seconds instant);

}  // namespace turbodiff::plan
