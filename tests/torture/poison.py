"""Jobs that take everything down with them, at the same step each time, with good jobs behind them: how a night with
them goes. The scheduler and its engine are killed, or the machine starts anew (the boot id is another one)."""
import sqlite3
from dataclasses import dataclass

from place import Place
from sweeps import finish

RETRIES = 1
NIGHTS = 40
# A note that an attempt goes on may be so old when all ends; longer between a machine's end and its start.
NOTE_S, SLACK_S = 1.0, 0.4
UNFLUSHED_S = 10.0
CONFIG = """version: 1
notify:
  channels: [ { type: webhook, url: "http://127.0.0.1:9/night", events: [failed] } ]
"""


@dataclass
class Kind:
    """Words of a prompt that the stand-in obeys, and what must become of the job."""
    prompt: str
    state: str
    attempts: int
    retries: int = RETRIES


KINDS = {
    # Each attempt is a failure.
    "at the start": Kind("poison 0", "held", RETRIES + 1),
    # The first attempt has finished two steps more than nothing; those after it none.
    "at step 2": Kind("poison 2", "held", RETRIES + 2),
    # Two steps again and again are no progress.
    "at step 2, nothing kept": Kind("poison 2 forgets", "held", RETRIES + 2),
    "no retries": Kind("poison 0", "held", 1, 0),
    # Each attempt gets a step further: none counts, even without retries.
    "a step further each time": Kind("poison climbs", "done", 4, 0),
    "good": Kind("a red circle", "done", 1),
}


def start_anew(place):
    """As after a reboot: the store was written in another boot."""
    db = sqlite3.connect(place.store, timeout=20)
    with db:
        db.execute("UPDATE runner SET boot_id = 'the boot before'")
    db.close()


def lived(place):
    """Seconds from an engine's order to the end of everything, by attempt."""
    return {line[0]: float(line[1]) for line in place.lines("lived")}


def judge_bills(place, reboots):
    problems, seconds = [], lived(place)
    rows = place.rows("SELECT a.job_id, a.number, a.started_at, e.microseconds, e.flags FROM attempts a "
                      "JOIN energy e ON e.attempt_id = a.id ORDER BY a.started_at, a.id")
    last_end = 0
    for job, number, start, billed_us, flags in rows:
        name = f"{job}-{number}"
        if start < last_end:
            problems.append(f"attempt {name} is billed from {last_end - start} us before the end of the one before it")
        last_end = start + billed_us
        if name not in seconds:
            continue
        billed, most = billed_us / 1e6, seconds[name] + (UNFLUSHED_S if reboots else NOTE_S) + 2
        if not seconds[name] - SLACK_S <= billed <= most:
            problems.append(f"attempt {name} went on for {seconds[name]:.2f} s and is billed {billed:.2f} s")
        if "cut-off" not in flags:
            problems.append(f"attempt {name} was cut off and its bill does not say so")
    return problems


def judge_night(place, kinds, reboots):
    problems = judge_bills(place, reboots)
    notices = {row[0] for row in place.rows("SELECT job_id FROM notices WHERE kind = 'failed'")}
    for job, name in kinds.items():
        kind = KINDS[name]
        state, attempts, error = place.rows("SELECT state, attempts, error FROM jobs WHERE id = ?", job)[0]
        if (state, attempts) != (kind.state, kind.attempts):
            problems.append(f"job {job} ({name}) is {state} after {attempts} attempts, not {kind.state} after "
                            f"{kind.attempts}")
        if (state == "held") != (job in notices):
            problems.append(f"job {job} is {state}, notice: {job in notices}")
        if state == "held" and "release" not in error:
            problems.append(f"job {job} does not say how it goes on: '{error}'")
    if len([name for name in kinds.values() if name != "good"]) > 1:
        return problems  # they take turns, and one's pause may be over while another one runs
    # The good ones are not kept waiting until the bad one is given up.
    good = [job for job, name in kinds.items() if name == "good"]
    ends = place.rows(f"SELECT max(ended_at) FROM attempts WHERE job_id IN ({','.join(map(str, good))})")[0][0]
    last = place.rows("SELECT max(a.started_at) FROM attempts a JOIN jobs j ON j.id = a.job_id WHERE j.state = 'held' "
                      "AND j.retries > 0")[0][0]
    if ends is not None and last is not None and ends > last:
        problems.append("a good job waited until the bad one was given up")
    return problems


def table(place, kinds):
    seconds = lived(place)
    print(f"{'JOB':>3}  {'ENDS EVERYTHING':<26}{'RETRIES':>8}{'ATTEMPTS':>9}{'FAILURES':>9}  {'STATE':<8}{'WENT ON':>9}"
          f"{'BILLED':>9}  NOTICE")
    told = {row[0] for row in place.rows("SELECT job_id FROM notices WHERE kind = 'failed'")}
    for job, state, retries, attempts, failures, billed in place.rows(
            "SELECT j.id, j.state, j.retries, j.attempts, j.failures, (SELECT sum(e.microseconds) FROM energy e JOIN "
            "attempts a ON a.id = e.attempt_id WHERE a.job_id = j.id) FROM jobs j ORDER BY j.id"):
        own = sum(s for name, s in seconds.items() if name.startswith(f"{job}-"))
        went_on = f"{own:.1f} s" if own else "-"
        print(f"{job:>3}  {'never' if kinds[job] == 'good' else kinds[job]:<26}{retries:>8}{attempts:>9}{failures:>9}  "
              f"{state:<8}{went_on:>9}{(billed or 0) / 1e6:>7.1f} s  {'yes' if job in told else '-'}")


def night(options, names, reboots, show=False):
    """Daemons are started until all is settled, as a service manager or a wake alarm would."""
    place = Place(options)
    (place.folder / "config.yaml").write_text(CONFIG)
    place.daemon_call += ["--config", str(place.folder / "config.yaml")]
    kinds = {}
    for name in names:
        kind = KINDS[name]
        kinds[place.add(kind.prompt, may_be=(kind.state,), retries=kind.retries).id] = name
    kills = []
    for _ in range(NIGHTS):
        daemon = place.daemon()
        place.wait_settled(daemon, 120)
        if daemon.poll() is None:
            place.stop(daemon)
            break
        kills.append(["both", "running", "reboot" if reboots else "SIGKILL"])
        if reboots:
            start_anew(place)
    if show:
        table(place, kinds)
    return place, kills, judge_night(place, kinds, reboots) + finish(place, [])


BAD = [name for name in KINDS if name != "good"]
NIGHT = [*BAD[:3], "good", "good", *BAD[3:], "good", "good"]


def tasks(options, results, show):
    for reboots in (False, True):
        yield lambda reboots=reboots: results.run(f"poison night, {'reboots' if reboots else 'kills'}",
                                                  lambda: night(options, NIGHT, reboots, show))


def sample(options, results):
    yield lambda: results.run("poison, sample", lambda: night(options, ["at step 2", "good"], False))
    yield lambda: results.run("poison with reboots, sample", lambda: night(options, ["at the start", "good"], True))
