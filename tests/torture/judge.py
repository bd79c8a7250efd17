"""Compares the store with what the ledger beside it, the callers and the outputs know."""
import collections
import hashlib

CLOSING = ("finish", "fail", "interrupt", "cut-off")


def judge_ledger(place, attempts):
    """Transactions that were acknowledged are in the store, and no other ones are."""
    problems = []
    committed = collections.Counter(line[0] for line in place.lines("committed"))
    tried = collections.Counter(line[0] for line in place.lines("committing"))
    bills = place.rows("SELECT count(*) FROM energy")[0][0]
    for what, count, names in (("attempts", len(attempts), ("claim",)), ("bills", bills, CLOSING)):
        low, high = sum(committed[n] for n in names), sum(tried[n] for n in names)
        if not low <= count <= high:
            problems.append(f"{count} {what} in the store, {low} acknowledged, {high} tried")
    epoch = place.rows("SELECT epoch FROM runner")[0][0]
    if not committed["begin-epoch"] <= epoch <= tried["begin-epoch"]:
        problems.append(f"epoch {epoch}, {committed['begin-epoch']} begun")
    # An order without an attempt is only checked, as `add` does.
    orders = collections.Counter(line[0] for line in place.lines("order") if "-" in line[0])
    for order, count in orders.items():
        if count > 1:
            problems.append(f"attempt {order} was ordered {count} times")
        if order not in attempts:
            problems.append(f"attempt {order} was ordered, and the store does not know it")
    for line in place.lines("overlap"):
        problems.append(f"attempt {line[0]} ran while another one did")
    return problems


def judge_attempts(place):
    rows = place.rows("SELECT a.job_id, a.number, a.state, a.ended_at IS NOT NULL, (SELECT count(*) FROM energy e "
                      "WHERE e.attempt_id = a.id), (SELECT count(*) FROM price_snapshots p WHERE p.attempt_id = a.id) "
                      "FROM attempts a ORDER BY a.job_id, a.number")
    problems, attempts = [], {}
    for job, number, state, ended, bills, prices in rows:
        attempts[f"{job}-{number}"] = state
        if not ended or bills != 1 or prices < 1:
            problems.append(f"attempt {job}-{number} ({state}): {bills} bills, {prices} prices, ended {ended}")
    for job, state, count in place.rows("SELECT id, state, attempts FROM jobs"):
        own = [s for name, s in attempts.items() if name.startswith(f"{job}-")]
        if len(own) != count or own.count("done") != (state == "done"):
            problems.append(f"job {job} is {state}, counts {count} attempts, has {own}")
    return problems, attempts


def judge_outputs(place, states):
    problems = []
    published = collections.Counter(line[0] for line in place.lines("publish"))
    published.subtract(line[0] for line in place.lines("unpublish"))
    for job in place.jobs:
        times, there = published[str(job.output)], job.output.exists()
        if states.get(job.id) == "done":
            if times != 1:
                problems.append(f"{job.output.name} was published {times} times")
            if not there:
                problems.append(f"{job.output.name} is missing")
            elif hashlib.sha256(job.output.read_bytes()).digest() != place.expected_frames(job):
                problems.append(f"{job.output.name} has other frames")
        elif there or times:
            problems.append(f"{job.output.name} of a job that is {states.get(job.id)} is there")
    known = {job.output.name for job in place.jobs}
    leftovers = [path.name for path in (place.folder / "out").iterdir() if path.name not in known]
    if leftovers:
        problems.append(f"leftovers {leftovers}")
    return problems


def judge_watch_folder(place):
    """Each dropped file lies in done/, once."""
    if place.watch is None:
        return []
    there = sorted(str(path.relative_to(place.watch)) for path in place.watch.rglob("*") if path.is_file())
    wanted = sorted(f"done/{job.id}.json" for job in place.jobs)
    return [] if there == wanted else [f"in the watch folder are {there}, not {wanted}"]


def judge(place):
    """What is wrong; empty when nothing is."""
    problems = [row[0] for row in place.rows("PRAGMA integrity_check") if row[0] != "ok"]
    problems += [f"foreign key {row}" for row in place.rows("PRAGMA foreign_key_check")]
    states = place.states()
    for job in place.jobs:
        if states.get(job.id, "lost") not in job.may_be:
            problems.append(f"job {job.id} is {states.get(job.id, 'lost')}")
    if set(states) - {job.id for job in place.jobs}:
        problems.append(f"jobs {sorted(states)} where {len(place.jobs)} were added")
    of_attempts, attempts = judge_attempts(place)
    return problems + of_attempts + judge_ledger(place, attempts) + judge_outputs(place, states) \
        + judge_watch_folder(place)
