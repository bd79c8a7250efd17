// Bills, their samples and prices, and idle time, as rows.
#pragma once

#include <span>

#include "store/database.h"
#include "store/job.h"

namespace turbodiff::store {

/// Inserts the bill of an attempt with its prices and samples; samples saved before are replaced.
void insert_bill(Database& database, std::int64_t attempt, const Bill& bill,
                 std::span<const tariff::Segment> prices);
/// Replaces the saved samples from the first one's start on.
void replace_samples(Database& database, std::int64_t attempt, std::span<const energy::Sample> samples);

}  // namespace turbodiff::store
