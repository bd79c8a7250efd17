-- A job store of version 6 of the tables, as SQL, with rows in each of them.
BEGIN TRANSACTION;
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
  error TEXT NOT NULL DEFAULT '', meter_state TEXT NOT NULL DEFAULT '', steps INTEGER NOT NULL DEFAULT 0 CHECK (steps >= 0),
  UNIQUE (job_id, number)
) STRICT;
INSERT INTO "attempts" VALUES(1,1,1,1,'failed',1790000000000010,1790000000000040,1790000000000030,0,0,0,2.5,1.25,5.0,0.5,0.25,1.5,0.75,0.125,1,'first','',0);
INSERT INTO "attempts" VALUES(2,1,2,2,'done',1790000000000050,1790000000000090,1790000000000080,0,0,1,2.5,1.25,5.0,0.5,0.25,1.5,0.75,0.125,0,'','',0);
INSERT INTO "attempts" VALUES(3,2,1,2,'failed',1790000000000100,1790000000000200,1790000000000150,0,0,0,2.5,1.25,5.0,0.5,0.25,1.5,0.75,0.125,4,'it''s full','',0);
INSERT INTO "attempts" VALUES(4,3,1,3,'publishing',1790000000000300,NULL,1790000000000390,4242,777,0,2.5,1.25,5.0,0.5,0.25,1.5,0.75,0.125,0,'','{"measured":true,"method":"nvml"}',2);
INSERT INTO "attempts" VALUES(5,5,1,2,'failed',1790000000000250,1790000000000260,1790000000000255,0,0,0,2.5,1.25,5.0,0.5,0.25,1.5,0.75,0.125,1,'engine lost','',0);
INSERT INTO "attempts" VALUES(6,7,1,2,'interrupted',1790000000000400,1790000000000500,1790000000000450,0,0,0,2.5,1.25,5.0,0.5,0.25,1.5,0.75,0.125,0,'cancelled','',0);
INSERT INTO "attempts" VALUES(7,8,1,2,'done',1790000000000600,1790000000000700,1790000000000650,0,0,0,2.5,1.25,5.0,0.5,0.25,1.5,0.75,0.125,0,'','',0);
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
INSERT INTO "deliveries" VALUES(1,'mail','sent',1,1790000000000200,1790000000000205,'');
INSERT INTO "deliveries" VALUES(1,'push','pending',2,1790000000000900,NULL,'timeout');
INSERT INTO "deliveries" VALUES(2,'mail','failed',9,1790000000000201,1790000000000999,'gave up');
CREATE TABLE dependencies (
  job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  after_id INTEGER NOT NULL REFERENCES jobs (id),
  PRIMARY KEY (job_id, after_id)
) STRICT, WITHOUT ROWID;
INSERT INTO "dependencies" VALUES(4,1);
INSERT INTO "dependencies" VALUES(4,3);
INSERT INTO "dependencies" VALUES(6,4);
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
, gpu_microjoules INTEGER NOT NULL DEFAULT 0, cpu_microjoules INTEGER NOT NULL DEFAULT 0, rest_microjoules INTEGER NOT NULL DEFAULT 0, method TEXT NOT NULL DEFAULT 'fixed', uncertainty_ppm INTEGER NOT NULL DEFAULT 0, flags TEXT NOT NULL DEFAULT '', gpu TEXT NOT NULL DEFAULT '', gpu_permille INTEGER, cpu_permille INTEGER, gpu_peak_bytes INTEGER, host_peak_bytes INTEGER, co2_milligrams INTEGER, asap_gross INTEGER) STRICT;
INSERT INTO "energy" VALUES(1,30,46000,1380,'estimate',0,'cn-two-rate','CNY',5,4,0,1,0,0,1380,'fixed',0,'','',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "energy" VALUES(2,40,300000,12000,'measured',1,'cn-two-rate','CNY',11,9,1,1,6000,1000,3000,'nvml-counter+rapl+fixed',40000,'rapl-wrapped','A GPU',900,350,8589934592,2147483648,5040,15);
INSERT INTO "energy" VALUES(3,100,46000,4600,'estimate',1,'cn-two-rate','CNY',20,16,2,2,0,0,4600,'fixed',0,'','',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "energy" VALUES(5,10,46000,460,'estimate',1,'cn-two-rate','CNY',2,2,0,0,0,0,460,'fixed',0,'','',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "energy" VALUES(6,100,46000,4600,'estimate',1,'cn-two-rate','CNY',-20,-16,-2,-2,0,0,4600,'fixed',0,'','',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "energy" VALUES(7,100,46000,4600,'estimate',1,'cn-two-rate','CNY',33,30,1,2,0,0,4600,'fixed',0,'','',NULL,NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO "energy_samples" VALUES(2,1790000000000050,1790000000000070,3000,500,1500,6000);
INSERT INTO "energy_samples" VALUES(2,1790000000000070,1790000000000090,3000,500,1500,6000);
INSERT INTO "energy_samples" VALUES(4,1790000000000300,1790000000000390,1,2,3,7);
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
INSERT INTO "events" VALUES(1,1,1790000000000010,'started','attempt 1');
INSERT INTO "events" VALUES(2,1,1790000000000040,'failed, will be tried again','first');
INSERT INTO "events" VALUES(3,1,1790000000000090,'done','');
INSERT INTO "events" VALUES(4,6,1790000000000006,'held','');
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
INSERT INTO "idle_energy" VALUES(1,1790000000000090,1790000000000100,10,20,30,70,'measured','rapl+fixed','rapl-wrapped','cn-two-rate','CNY','valley',450000000,400000000,0,50000000,1,0,420000,3,2,0,1,4);
INSERT INTO "idle_energy" VALUES(2,1790000000000200,1790000000000250,0,0,30,33,'estimate','fixed','','cn-two-rate','CNY','',NULL,0,0,0,0,1,NULL,0,0,0,0,NULL);
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
INSERT INTO "inbox_files" VALUES('claims/1/night.txt','/watch','night.txt','aa',12,1790000000000000005,1790000000000001,1,2);
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
, removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1))) STRICT;
INSERT INTO "jobs" VALUES(1,'done',1,'a red circle','/v/1.mp4','{"seed":1}',0,NULL,NULL,'off-peak',2,'',0,2,1,1790000000000001,NULL,1790000000000010,1790000000000090,0,0,'',0);
INSERT INTO "jobs" VALUES(2,'failed',1,'ein blaues Quadrat, grün umrandet','/v/2.mp4','{"seed":2}',-3,NULL,NULL,'off-peak',2,'',0,1,1,1790000000000002,NULL,1790000000000100,1790000000000200,0,4,'it''s full',0);
INSERT INTO "jobs" VALUES(3,'running',2,'一只猫','/v/3.mp4','{"seed":3}',7,NULL,1790007200,'now',2,'',0,1,0,1790000000000003,NULL,1790000000000300,NULL,0,0,'',0);
INSERT INTO "jobs" VALUES(4,'queued',2,'two
lines','/v/4.mp4','{"seed":4}',0,1790000060,NULL,'cheapest',0,'night',1,0,0,1790000000000004,NULL,NULL,NULL,0,0,'',0);
INSERT INTO "jobs" VALUES(5,'queued',1,'tried again','/v/5.mp4','{"seed":5}',0,NULL,NULL,'off-peak',2,'',0,1,1,1790000000000005,1790000030000000,NULL,NULL,0,1,'engine lost',0);
INSERT INTO "jobs" VALUES(6,'held',1,'held','/v/6.mp4','{"seed":6}',0,NULL,NULL,'off-peak',1000,'',0,0,0,1790000000000006,NULL,NULL,NULL,0,0,'',0);
INSERT INTO "jobs" VALUES(7,'cancelled',1,'cancelled','/v/7.mp4','{"seed":7}',0,NULL,NULL,'off-peak',2,'',0,1,0,1790000000000007,NULL,1790000000000400,1790000000000500,0,0,'',0);
INSERT INTO "jobs" VALUES(8,'done',1,'','','{"seed":8}',0,NULL,NULL,'off-peak',2,'',0,1,0,1790000000000008,NULL,1790000000000600,1790000000000700,0,0,'',1);
CREATE TABLE notices (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('batch', 'failed', 'deadline', 'wake')),
  at INTEGER NOT NULL,
  job_id INTEGER,
  prompt TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
INSERT INTO "notices" VALUES(1,'failed:3','failed',1790000000000200,2,'ein blaues Quadrat','it''s full');
INSERT INTO "notices" VALUES(2,'batch:3','batch',1790000000000201,NULL,'','{"begin":1}');
CREATE TABLE notify_channels (
  name TEXT PRIMARY KEY,
  kinds TEXT NOT NULL,
  full_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "notify_channels" VALUES('mail',',batch,failed,',1790000000000007);
INSERT INTO "notify_channels" VALUES('push',',failed,',0);
CREATE TABLE plan (
  job_id INTEGER PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
  start INTEGER NOT NULL,
  setup INTEGER NOT NULL
) STRICT;
INSERT INTO "plan" VALUES(4,1790003600,1);
INSERT INTO "plan" VALUES(5,1790004000,0);
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
INSERT INTO "presets" VALUES(1,'digest-one','{"steps":4,"size":"832x480"}','demo','f00d','cpu','',180,4,156672);
INSERT INTO "presets" VALUES(2,'digest-two','{"steps":2}','wan','beef','cuda:0','ab12',32760,2,399360);
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
  fallback INTEGER NOT NULL, milligram_co2 INTEGER,
  PRIMARY KEY (attempt_id, start)
) STRICT, WITHOUT ROWID;
INSERT INTO "price_snapshots" VALUES(1,1790000000,1790000001,'valley',450000000,400000000,0,50000000,1,0,NULL);
INSERT INTO "price_snapshots" VALUES(2,1790000000,1790000001,'valley',450000000,400000000,0,50000000,1,0,420000);
INSERT INTO "price_snapshots" VALUES(2,1790000001,1790000002,'peak',1200000000,1000000000,100000000,100000000,0,0,420000);
INSERT INTO "price_snapshots" VALUES(3,1790000000,1790000001,'',NULL,0,0,0,0,1,NULL);
INSERT INTO "price_snapshots" VALUES(5,1790000000,1790000001,'valley',450000000,400000000,0,50000000,1,0,NULL);
INSERT INTO "price_snapshots" VALUES(6,1790000000,1790000001,'valley',-450000000,-400000000,0,-50000000,1,0,NULL);
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
INSERT INTO "publications" VALUES(4,'/v/.3.mp4.part','/v/3.mp4',0,2049,123456,789,1790000000000000000);
CREATE TABLE reported (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  attempt INTEGER NOT NULL
) STRICT;
INSERT INTO "reported" VALUES(1,3);
CREATE TABLE runner (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL,
  boot_id TEXT NOT NULL,
  pid INTEGER NOT NULL,
  pid_start INTEGER NOT NULL,
  paused INTEGER NOT NULL
) STRICT;
INSERT INTO "runner" VALUES(1,3,'a-boot',4200,700,1);
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_waiting_output ON jobs (output) WHERE state IN ('queued', 'held', 'running');
CREATE INDEX dependencies_by_after ON dependencies (after_id);
CREATE INDEX attempts_open ON attempts (epoch) WHERE state IN ('running', 'publishing');
CREATE INDEX events_by_job ON events (job_id, id);
CREATE INDEX attempts_by_start ON attempts (started_at);
CREATE INDEX idle_energy_by_start ON idle_energy (start);
CREATE INDEX inbox_files_by_content ON inbox_files (folder, name, sha256);
CREATE INDEX deliveries_pending ON deliveries (channel, notice_id) WHERE state = 'pending';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('jobs',8);
INSERT INTO "sqlite_sequence" VALUES('attempts',7);
INSERT INTO "sqlite_sequence" VALUES('events',4);
INSERT INTO "sqlite_sequence" VALUES('idle_energy',2);
INSERT INTO "sqlite_sequence" VALUES('notices',2);
COMMIT;
PRAGMA application_id = 1415860529;
PRAGMA user_version = 6;
