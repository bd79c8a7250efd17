// The store's attempts and idle time in the form that a report needs.
#pragma once

#include "report/records.h"
#include "store/job_store.h"

namespace turbodiff::app {

/// All billed attempts of all jobs, and idle time. Samples are read only when `with_samples` is set.
report::Records report_records(const store::JobStore& store, bool with_samples);
/// The same, limited to what began in [from, to), microseconds UTC.
report::Records report_records(const store::JobStore& store, bool with_samples, store::Micros from,
                               store::Micros to);

}  // namespace turbodiff::app
