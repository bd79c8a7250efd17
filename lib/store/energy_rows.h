// Bills, the energy they rest on, and idle time, as rows.
#pragma once

#include <span>

#include "store/database.h"
#include "store/job.h"

namespace turbodiff::store {

/// The bill of an attempt with its prices and samples; samples saved before are replaced.
void insert_bill(Database& database, std::int64_t attempt, const Bill& bill,
                 std::span<const PriceSnapshot> prices);
/// Saved samples from the first one's start on give way to these.
void replace_samples(Database& database, std::int64_t attempt, std::span<const EnergySample> samples);

}  // namespace turbodiff::store
