// The reading half of JobStore.
#include <fmt/format.h>

#include "core/error.h"
#include "core/text/strings.h"
#include "store/database.h"
#include "store/job_store.h"
#include "store/rows.h"

namespace turbodiff::store {
namespace {

std::vector<JobId> after_of(Database& database, JobId job) {
  std::vector<JobId> after;
  auto find = database.statement("SELECT after_id FROM dependencies WHERE job_id = ? ORDER BY after_id");
  find.bind(1, job);
  while (find.executeStep()) after.push_back(find.getColumn(0).getInt64());
  return after;
}

/// "1,2,3" for IN (...): numbers only, so nothing can be smuggled in.
std::string id_list(std::span<const JobId> ids) {
  return fmt::format("{}", fmt::join(ids, ","));
}

}  // namespace

Job JobStore::job(JobId id) const {
  return guarded(*database_, [&] {
    static const std::string sql = fmt::format(
        "SELECT {} FROM jobs j JOIN presets p ON p.id = j.preset_id WHERE j.id = ? AND j.removed = 0",
        job_columns);
    auto find = database_->statement(sql.c_str());
    find.bind(1, id);
    if (!find.executeStep())
      throw Error::not_found(fmt::format("there is no job {}", id), "see 'turbodiff-sched list'");
    Job job = read_job(find);
    job.after = after_of(*database_, id);
    return job;
  });
}

std::vector<Job> JobStore::list(const ListQuery& query) const {
  return guarded(*database_, [&] {
    std::vector<std::string> states;
    for (const State state : query.states) states.push_back(fmt::format("'{}'", name_of(state)));
    const std::string where =
        states.empty() ? std::string() : fmt::format("AND j.state IN ({})", core::join(states, ", "));
    SQLite::Statement find(database_->sql(),
                           fmt::format("SELECT {} FROM jobs j JOIN presets p ON p.id = j.preset_id "
                                       "WHERE j.removed = 0 {} ORDER BY j.id {} LIMIT {}",
                                       job_columns, where, query.newest_first ? "DESC" : "ASC",
                                       query.limit > 0 ? static_cast<std::int64_t>(query.limit) : -1));
    std::vector<Job> jobs;
    while (find.executeStep()) jobs.push_back(read_job(find));
    for (Job& job : jobs) job.after = after_of(*database_, job.id);
    return jobs;
  });
}

std::map<State, std::int64_t> JobStore::count_by_state() const {
  return guarded(*database_, [&] {
    std::map<State, std::int64_t> counts;
    auto find = database_->statement("SELECT state, count(*) FROM jobs WHERE removed = 0 GROUP BY state");
    while (find.executeStep())
      if (const auto state = state_named(find.getColumn(0).getString()))
        counts[*state] = find.getColumn(1).getInt64();
    return counts;
  });
}

Preset JobStore::preset(std::int64_t id) const {
  const auto all = presets();
  const auto found = all.find(id);
  if (found == all.end()) throw Error::work_failed(fmt::format("the job store has no preset {}", id));
  return found->second;
}

std::map<std::int64_t, Preset> JobStore::presets() const {
  return guarded(*database_, [&] {
    std::map<std::int64_t, Preset> presets;
    auto find = database_->statement(
        "SELECT id, options, model, fingerprint, device, image_sha256, tokens, steps, pixels FROM presets");
    while (find.executeStep()) {
      const auto text = [&](int i) { return find.getColumn(i).getString(); };
      const auto number = [&](int i) { return find.getColumn(i).getInt64(); };
      presets[number(0)] = {text(1), text(2), text(3), text(4), text(5), number(6), number(7), number(8)};
    }
    return presets;
  });
}

std::map<JobId, std::vector<Attempt>> JobStore::attempts(std::span<const JobId> jobs) const {
  return guarded(*database_, [&] {
    std::map<JobId, std::vector<Attempt>> attempts;
    SQLite::Statement find(database_->sql(),
                           fmt::format("SELECT {} FROM attempts a LEFT JOIN energy e ON e.attempt_id = a.id "
                                       "WHERE a.job_id IN ({}) ORDER BY a.id",
                                       attempt_columns, id_list(jobs)));
    while (find.executeStep()) {
      Attempt attempt = read_attempt(find);
      attempts[attempt.job].push_back(std::move(attempt));
    }
    return attempts;
  });
}

std::vector<Attempt> JobStore::attempts(JobId job) const {
  auto found = attempts(std::span(&job, 1));
  return std::move(found[job]);
}

std::vector<Event> JobStore::events(JobId job) const {
  return guarded(*database_, [&] {
    std::vector<Event> events;
    auto find = database_->statement("SELECT at, kind, detail FROM events WHERE job_id = ? ORDER BY id");
    find.bind(1, job);
    while (find.executeStep())
      events.push_back(
          {find.getColumn(0).getInt64(), find.getColumn(1).getString(), find.getColumn(2).getString()});
    return events;
  });
}

RunnerInfo JobStore::runner() const {
  return guarded(*database_, [&] {
    auto find = database_->statement("SELECT epoch, boot_id, pid, pid_start, paused FROM runner");
    if (!find.executeStep()) throw Error::work_failed("the job store has lost its runner's row");
    RunnerInfo info;
    info.epoch = find.getColumn(0).getInt64();
    info.process = {find.getColumn(1).getString(), find.getColumn(2).getInt64(),
                    find.getColumn(3).getInt64()};
    info.paused = find.getColumn(4).getInt() != 0;
    return info;
  });
}

std::vector<WaitingJob> JobStore::waiting() const {
  return guarded(*database_, [&] {
    std::vector<WaitingJob> jobs;
    auto find = database_->statement(
        "SELECT id, preset_id, priority, earliest, deadline, run_when, job_group, not_before FROM jobs "
        "WHERE state = 'queued' ORDER BY id");
    while (find.executeStep()) {
      WaitingJob job{find.getColumn(0).getInt64(),
                     find.getColumn(1).getInt64(),
                     find.getColumn(2).getInt64(),
                     optional_int(find.getColumn(3)),
                     optional_int(find.getColumn(4)),
                     spec::when_named(find.getColumn(5).getString()).value_or(spec::When::off_peak),
                     find.getColumn(6).getString()};
      if (const auto not_before = optional_int(find.getColumn(7))) {
        const std::int64_t second = (*not_before + 999'999) / 1'000'000;
        job.earliest = std::max(second, job.earliest.value_or(second));
      }
      jobs.push_back(std::move(job));
    }
    return jobs;
  });
}

std::optional<std::int64_t> JobStore::next_deadline(std::int64_t after) const {
  return guarded(*database_, [&] {
    auto find =
        database_->statement("SELECT min(deadline) FROM jobs WHERE state = 'queued' AND deadline > ?");
    find.bind(1, after);
    std::optional<std::int64_t> next;
    if (find.executeStep()) next = optional_int(find.getColumn(0));
    return next;
  });
}

std::multimap<JobId, JobId> JobStore::waiting_after() const {
  return guarded(*database_, [&] {
    std::multimap<JobId, JobId> after;
    auto find = database_->statement(
        "SELECT d.job_id, d.after_id FROM dependencies d JOIN jobs j ON j.id = d.job_id "
        "WHERE j.state = 'queued'");
    while (find.executeStep()) after.emplace(find.getColumn(0).getInt64(), find.getColumn(1).getInt64());
    return after;
  });
}

std::map<JobId, State> JobStore::states(std::span<const JobId> jobs) const {
  return guarded(*database_, [&] {
    std::map<JobId, State> states;
    SQLite::Statement find(database_->sql(),
                           fmt::format("SELECT id, state FROM jobs WHERE id IN ({})", id_list(jobs)));
    while (find.executeStep())
      states[find.getColumn(0).getInt64()] = state_named(find.getColumn(1).getString()).value_or(State::held);
    return states;
  });
}

std::vector<FinishedRun> JobStore::finished_runs(const std::string& fingerprint, const std::string& device,
                                                 std::size_t newest) const {
  return guarded(*database_, [&] {
    std::vector<FinishedRun> runs;
    auto find = database_->statement(
        "SELECT p.tokens, p.steps, p.pixels, a.load_s, a.text_s, a.denoise_s, a.decode_s, a.encode_s, "
        "e.microseconds, e.method <> 'fixed', e.microjoules FROM attempts a "
        "JOIN energy e ON e.attempt_id = a.id JOIN jobs j ON j.id = a.job_id "
        "JOIN presets p ON p.id = j.preset_id "
        "WHERE a.state = 'done' AND a.resumed = 0 AND p.fingerprint = ? AND p.device = ? ORDER BY a.id DESC "
        "LIMIT ?");
    find.bind(1, fingerprint);
    find.bind(2, device);
    find.bind(3, static_cast<std::int64_t>(newest));
    while (find.executeStep()) {
      FinishedRun run;
      run.tokens = find.getColumn(0).getInt64();
      run.steps = find.getColumn(1).getInt64();
      run.pixels = find.getColumn(2).getInt64();
      int i = 3;
      for (double* stage :
           {&run.stages.load, &run.stages.text, &run.stages.denoise, &run.stages.decode, &run.stages.encode})
        *stage = find.getColumn(i++).getDouble();
      const std::int64_t microseconds = find.getColumn(i++).getInt64();
      run.seconds = static_cast<double>(microseconds) / 1e6;
      if (find.getColumn(i++).getInt() != 0) run.metered_microjoules = find.getColumn(i).getInt64();
      runs.push_back(run);
    }
    return runs;
  });
}

std::map<JobId, PlannedStart> JobStore::planned_starts(std::span<const JobId> jobs) const {
  return guarded(*database_, [&] {
    std::map<JobId, PlannedStart> starts;
    SQLite::Statement find(
        database_->sql(),
        fmt::format("SELECT job_id, start, setup FROM plan WHERE job_id IN ({})", id_list(jobs)));
    while (find.executeStep())
      starts[find.getColumn(0).getInt64()] = {find.getColumn(1).getInt64(), find.getColumn(2).getInt() != 0};
    return starts;
  });
}

bool JobStore::is_cancel_requested(JobId job) const {
  return guarded(*database_, [&] {
    auto find = database_->statement("SELECT cancel_requested FROM jobs WHERE id = ?");
    find.bind(1, job);
    const bool requested = find.executeStep() && find.getColumn(0).getInt() != 0;
    return requested;
  });
}

}  // namespace turbodiff::store
