// What the store knows of attempts and idle time, as a report takes it.
#pragma once

#include "report/records.h"
#include "store/job_store.h"

namespace turbodiff::app {

/// All billed attempts of all jobs, and idle time. Samples are read only where asked for.
report::Records report_records(const store::JobStore& store, bool with_samples);
/// Only what began in [from, to), microseconds UTC.
report::Records report_records(const store::JobStore& store, bool with_samples, store::Micros from,
                               store::Micros to);

}  // namespace turbodiff::app
