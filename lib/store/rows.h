// Rows of the tables as structs.
#pragma once

#include <string>

#include "store/database.h"
#include "store/job.h"

namespace turbodiff::store {

inline std::optional<std::int64_t> optional_int(const SQLite::Column& column) {
  return column.isNull() ? std::nullopt : std::optional(column.getInt64());
}

inline void bind_optional(SQLite::Statement& statement, int index, const std::optional<std::int64_t>& value) {
  value ? statement.bind(index, *value) : statement.bind(index);
}

/// Of four columns from `i` on, which is left behind them.
energy::Cost read_cost(SQLite::Statement& row, int& i);

/// The columns that read_job() expects, of `jobs j JOIN presets p`.
constexpr const char* job_columns =
    "j.id, j.state, j.prompt, j.output, j.options, j.priority, j.earliest, j.deadline, j.run_when, "
    "j.retries, j.job_group, j.overwrite, j.preset_id, p.tokens, p.steps, p.pixels, p.model, p.fingerprint, p.device, "
    "j.attempts, j.failures, j.added_at, j.not_before, j.started_at, j.finished_at, j.cancel_requested, "
    "j.error_code, j.error, j.forgiven_attempts";
Job read_job(SQLite::Statement& row);

/// The columns that read_attempt() expects, of `attempts a LEFT JOIN energy e`.
constexpr const char* attempt_columns =
    "a.id, a.job_id, a.number, a.epoch, a.state, a.started_at, a.ended_at, a.last_seen, a.resumed, a.load_s, "
    "a.text_s, a.denoise_s, a.decode_s, a.encode_s, a.expected_s, a.expected_low_s, a.expected_high_s, "
    "a.error_code, a.error, a.meter_state, a.steps, e.microseconds, e.milliwatts, "
    "e.microjoules, e.source, e.complete, e.tariff, e.currency, e.gross, e.net, e.levies, e.vat, "
    "e.gpu_microjoules, e.cpu_microjoules, e.rest_microjoules, e.method, e.uncertainty_ppm, e.flags, e.gpu, "
    "e.gpu_permille, e.cpu_permille, e.gpu_peak_bytes, e.host_peak_bytes, e.co2_milligrams, e.asap_gross";
/// The number of columns in attempt_columns.
constexpr int attempt_column_count = 45;
Attempt read_attempt(SQLite::Statement& row);

}  // namespace turbodiff::store
