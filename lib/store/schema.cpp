#include "store/schema.h"

#include <array>

namespace turbodiff::store {
namespace {

constexpr std::string_view version_1 = R"sql(
CREATE TABLE presets (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  options TEXT NOT NULL,
  model TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  device TEXT NOT NULL,
  image_sha256 TEXT NOT NULL,
  tokens INTEGER NOT NULL CHECK (tokens >= 0),
  steps INTEGER NOT NULL CHECK (steps >= 0),
  pixels INTEGER NOT NULL CHECK (pixels >= 0)
) STRICT;

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state TEXT NOT NULL CHECK (state IN ('queued', 'held', 'running', 'done', 'failed', 'cancelled')),
  preset_id INTEGER NOT NULL REFERENCES presets (id),
  prompt TEXT NOT NULL,
  output TEXT NOT NULL,
  options TEXT NOT NULL,
  priority INTEGER NOT NULL,
  earliest INTEGER,
  deadline INTEGER,
  run_when TEXT NOT NULL CHECK (run_when IN ('off-peak', 'cheapest', 'now')),
  retries INTEGER NOT NULL CHECK (retries >= 0),
  job_group TEXT NOT NULL,
  overwrite INTEGER NOT NULL CHECK (overwrite IN (0, 1)),
  attempts INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  added_at INTEGER NOT NULL,
  not_before INTEGER,
  started_at INTEGER,
  finished_at INTEGER,
  cancel_requested INTEGER NOT NULL DEFAULT 0,
  error_code INTEGER NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_waiting_output ON jobs (output) WHERE state IN ('queued', 'held', 'running');

CREATE TABLE dependencies (
  job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  after_id INTEGER NOT NULL REFERENCES jobs (id),
  PRIMARY KEY (job_id, after_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX dependencies_by_after ON dependencies (after_id);

CREATE TABLE attempts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL CHECK (number >= 1),
  epoch INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'publishing', 'done', 'failed', 'interrupted')),
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  last_seen INTEGER NOT NULL,
  worker_pid INTEGER NOT NULL DEFAULT 0,
  worker_start INTEGER NOT NULL DEFAULT 0,
  resumed INTEGER NOT NULL DEFAULT 0,
  expected_s REAL NOT NULL,
  expected_low_s REAL NOT NULL,
  expected_high_s REAL NOT NULL,
  load_s REAL NOT NULL DEFAULT 0,
  text_s REAL NOT NULL DEFAULT 0,
  denoise_s REAL NOT NULL DEFAULT 0,
  decode_s REAL NOT NULL DEFAULT 0,
  encode_s REAL NOT NULL DEFAULT 0,
  error_code INTEGER NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '',
  UNIQUE (job_id, number)
) STRICT;
CREATE INDEX attempts_open ON attempts (epoch) WHERE state IN ('running', 'publishing');

CREATE TABLE publications (
  attempt_id INTEGER NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
  temporary TEXT NOT NULL,
  final TEXT NOT NULL,
  overwrite INTEGER NOT NULL,
  device INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  PRIMARY KEY (attempt_id, final)
) STRICT, WITHOUT ROWID;

CREATE TABLE energy (
  attempt_id INTEGER PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
  microseconds INTEGER NOT NULL CHECK (microseconds >= 0),
  milliwatts INTEGER NOT NULL CHECK (milliwatts >= 0),
  microjoules INTEGER NOT NULL CHECK (microjoules >= 0),
  source TEXT NOT NULL CHECK (source IN ('measured', 'estimate')),
  complete INTEGER NOT NULL,
  tariff TEXT NOT NULL,
  currency TEXT NOT NULL,
  gross INTEGER NOT NULL,
  net INTEGER NOT NULL,
  levies INTEGER NOT NULL,
  vat INTEGER NOT NULL
) STRICT;

CREATE TABLE price_snapshots (
  attempt_id INTEGER NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL,
  rate TEXT NOT NULL,
  gross INTEGER,
  net INTEGER NOT NULL,
  levies INTEGER NOT NULL,
  vat INTEGER NOT NULL,
  off_peak INTEGER NOT NULL,
  fallback INTEGER NOT NULL,
  PRIMARY KEY (attempt_id, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_job ON events (job_id, id);

CREATE TABLE plan (
  job_id INTEGER PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
  start INTEGER NOT NULL,
  setup INTEGER NOT NULL
) STRICT;

CREATE TABLE runner (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  pid INTEGER NOT NULL,
  pid_start INTEGER NOT NULL,
  paused INTEGER NOT NULL
) STRICT;
INSERT INTO runner VALUES (1, 0, '', 0, 0, 0);
)sql";

// What bills rest on: where the energy went, how it was found, its course over time; idle time on its own.
constexpr std::string_view version_2 = R"sql(
ALTER TABLE energy ADD COLUMN gpu_microjoules INTEGER NOT NULL DEFAULT 0;
ALTER TABLE energy ADD COLUMN cpu_microjoules INTEGER NOT NULL DEFAULT 0;
ALTER TABLE energy ADD COLUMN rest_microjoules INTEGER NOT NULL DEFAULT 0;
ALTER TABLE energy ADD COLUMN method TEXT NOT NULL DEFAULT 'fixed';
ALTER TABLE energy ADD COLUMN uncertainty_ppm INTEGER NOT NULL DEFAULT 0;
ALTER TABLE energy ADD COLUMN flags TEXT NOT NULL DEFAULT '';
ALTER TABLE energy ADD COLUMN gpu TEXT NOT NULL DEFAULT '';
ALTER TABLE energy ADD COLUMN gpu_permille INTEGER;
ALTER TABLE energy ADD COLUMN cpu_permille INTEGER;
ALTER TABLE energy ADD COLUMN gpu_peak_bytes INTEGER;
ALTER TABLE energy ADD COLUMN host_peak_bytes INTEGER;
ALTER TABLE energy ADD COLUMN co2_milligrams INTEGER;
ALTER TABLE energy ADD COLUMN asap_gross INTEGER;
UPDATE energy SET rest_microjoules = microjoules;

ALTER TABLE price_snapshots ADD COLUMN milligram_co2 INTEGER;
ALTER TABLE attempts ADD COLUMN meter_state TEXT NOT NULL DEFAULT '';
CREATE INDEX attempts_by_start ON attempts (started_at);

CREATE TABLE energy_samples (
  attempt_id INTEGER NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL CHECK (end >= start),
  gpu_uj INTEGER NOT NULL CHECK (gpu_uj >= 0),
  cpu_uj INTEGER NOT NULL CHECK (cpu_uj >= 0),
  rest_uj INTEGER NOT NULL CHECK (rest_uj >= 0),
  wall_uj INTEGER NOT NULL CHECK (wall_uj >= 0),
  PRIMARY KEY (attempt_id, start)
) STRICT, WITHOUT ROWID;

CREATE TABLE idle_energy (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  start INTEGER NOT NULL,
  end INTEGER NOT NULL CHECK (end >= start),
  gpu_microjoules INTEGER NOT NULL CHECK (gpu_microjoules >= 0),
  cpu_microjoules INTEGER NOT NULL CHECK (cpu_microjoules >= 0),
  rest_microjoules INTEGER NOT NULL CHECK (rest_microjoules >= 0),
  microjoules INTEGER NOT NULL CHECK (microjoules >= 0),
  source TEXT NOT NULL CHECK (source IN ('measured', 'estimate')),
  method TEXT NOT NULL,
  flags TEXT NOT NULL,
  tariff TEXT NOT NULL,
  currency TEXT NOT NULL,
  rate TEXT NOT NULL,
  price_gross INTEGER,
  price_net INTEGER NOT NULL,
  price_levies INTEGER NOT NULL,
  price_vat INTEGER NOT NULL,
  off_peak INTEGER NOT NULL,
  fallback INTEGER NOT NULL,
  milligram_co2 INTEGER,
  gross INTEGER NOT NULL,
  net INTEGER NOT NULL,
  levies INTEGER NOT NULL,
  vat INTEGER NOT NULL,
  co2_milligrams INTEGER
) STRICT;
CREATE INDEX idle_energy_by_start ON idle_energy (start);
)sql";

// Files that jobs came from. A claim is the place in the watch folder at which a file was read, and never
// used twice: its row shows that its jobs were added.
constexpr std::string_view version_3 = R"sql(
CREATE TABLE inbox_files (
  claim TEXT PRIMARY KEY,
  folder TEXT NOT NULL,
  name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  modified_ns INTEGER NOT NULL,
  taken_at INTEGER NOT NULL,
  first_job INTEGER NOT NULL,
  jobs INTEGER NOT NULL CHECK (jobs >= 1)
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_files_by_content ON inbox_files (folder, name, sha256);
)sql";

// Notices for people, and their state in each channel. The channels are those of the last runner: a notice and
// its deliveries are written with what they report. `reported` is the last attempt that a batch has reported.
constexpr std::string_view version_4 = R"sql(
CREATE TABLE notices (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('batch', 'failed', 'deadline', 'wake')),
  at INTEGER NOT NULL,
  job_id INTEGER,
  prompt TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;

CREATE TABLE notify_channels (
  name TEXT PRIMARY KEY,
  kinds TEXT NOT NULL,
  full_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
  notice_id INTEGER NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
  channel TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'sent', 'failed')),
  tries INTEGER NOT NULL DEFAULT 0,
  next_try INTEGER NOT NULL,
  ended_at INTEGER,
  error TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (notice_id, channel)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_pending ON deliveries (channel, notice_id) WHERE state = 'pending';

CREATE TABLE reported (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  attempt INTEGER NOT NULL
) STRICT;
INSERT INTO reported VALUES (1, 0);
)sql";

// A removed job that has cost something stays for the reports, without what it was.
constexpr std::string_view version_5 = R"sql(
ALTER TABLE jobs ADD COLUMN removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1));
)sql";

// How far an attempt came: one that ended unseen without a new finished step counts as a failure.
constexpr std::string_view version_6 = R"sql(
ALTER TABLE attempts ADD COLUMN steps INTEGER NOT NULL DEFAULT 0 CHECK (steps >= 0);
UPDATE jobs SET state = 'cancelled' WHERE removed = 1 AND state IN ('queued', 'held');
)sql";

// What a job was before it failed for want of another: one that is held stays so. How many attempts it had
// when it last began to count its failures anew.
constexpr std::string_view version_7 = R"sql(
ALTER TABLE jobs ADD COLUMN was_held INTEGER NOT NULL DEFAULT 0 CHECK (was_held IN (0, 1));
ALTER TABLE jobs ADD COLUMN forgiven_attempts INTEGER NOT NULL DEFAULT 0 CHECK (forgiven_attempts >= 0);
)sql";

constexpr std::array<std::string_view, 7> all = {version_1, version_2, version_3, version_4,
                                                 version_5, version_6, version_7};

}  // namespace

std::span<const std::string_view> migrations() {
  return all;
}

}  // namespace turbodiff::store
