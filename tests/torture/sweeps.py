"""Ends a program at its first change of the disk, in a fresh store at its second, and so on until it gets through: for
every transaction of the daemon, of the commands, and of the engine; by SIGKILL and by power cuts.
"""
import sqlite3
import time

from judge import CLOSING, judge
from place import Place

# How a program is ended; a power cut's seed says what of the unflushed changes stays, 0: none.
HOWS = {"kill": {"how": "kill"}, "both": {"how": "both"}, "power": {"how": "power"}, "torn": {"how": "power", "seed": 7}}


def finish(place, problems):
    """Work goes on by itself: no command, only a daemon."""
    def under_way():
        ended = [line for line in place.lines("committed") if line[0] in CLOSING]
        return len(place.lines("order") + place.lines("publish") + ended)

    before, start = under_way(), time.monotonic()
    waits = not place.is_settled()
    last = place.daemon()
    if waits and place.wait_until(lambda: under_way() > before, last, 60):
        place.resumed_s = time.monotonic() - start
    if not place.wait_settled(last):
        problems.append(f"not finished: {place.states()}")
    place.stop(last)
    return problems + judge(place)


def first_run(place, shim):
    """One job from its addition to its end."""
    place.add()
    daemon = place.daemon(**shim)
    place.wait_settled(daemon)
    place.stop(daemon)


def cut_off_while(transaction, place, shim):
    """What an earlier daemon left in the middle of an attempt is brought to an end."""
    place.add()
    place.daemon(**{"in": transaction, "at": 1}).wait()
    first_line = len(place.lines("kill"))
    daemon = place.daemon(**shim)
    place.wait_settled(daemon)
    place.stop(daemon)
    return first_line


def tried_again(place, shim):
    place.add("a red circle breaks")
    daemon = place.daemon(**shim)
    place.wait_settled(daemon)
    place.stop(daemon)


def given_up(place, shim):
    place.add("a red circle never", may_be=("failed",), retries=0)
    daemon = place.daemon(**shim)
    place.wait_settled(daemon)
    place.stop(daemon)


def stopped(place, shim):
    place.add()
    place.close_gate("1-1")
    daemon = place.daemon(**shim)
    place.wait_line("begin", daemon)
    place.stop(daemon)
    place.open_gate("1-1")


def cancelled_while_running(place, shim):
    place.add(may_be=("cancelled",))
    place.close_gate("1-1")
    daemon = place.daemon(**shim)
    place.wait_line("begin", daemon)
    place.command("cancel", "1")
    place.wait_settled(daemon, 20)
    place.stop(daemon)
    place.open_gate("1-1")


def long_run(place, shim):
    """The monotonic clock is fast, so that the attempt says often that it goes on."""
    place.add()
    place.close_gate("1-1")
    daemon = place.daemon(rate=200, **shim)
    place.wait_until(lambda: sum(line == ["note-alive"] for line in place.lines("committed")) >= 3, daemon, 20)
    place.open_gate("1-1")
    place.wait_settled(daemon)
    place.stop(daemon)


def two_jobs(place, shim):
    """The plan changes while a job runs."""
    place.add()
    place.close_gate("1-1")
    daemon = place.daemon(**shim)
    place.wait_line("begin", daemon)
    place.add("a blue square", "--priority", "3")
    place.add("a green triangle")
    place.open_gate("1-1")
    place.wait_settled(daemon)
    place.stop(daemon)


def dropped(place, shim):
    """A file of the watch folder becomes a job."""
    place.drop()
    daemon = place.daemon(**shim)
    place.wait_settled(daemon)
    place.stop(daemon)


# (name, what happens, the transactions to interrupt; None: every change of the whole run)
DAEMON = [
    ("first run", first_run, [None]),
    ("left running", lambda p, s: cut_off_while("note-worker", p, s), ["begin-epoch", "cut-off"]),
    ("left publishing", lambda p, s: cut_off_while("begin-publication", p, s), ["interrupt", "cut-off"]),
    ("left published", lambda p, s: cut_off_while("finish", p, s), ["finish"]),
    ("tried again", tried_again, ["fail"]),
    ("given up", given_up, ["fail"]),
    ("stopped", stopped, ["interrupt"]),
    ("cancelled", cancelled_while_running, ["interrupt"]),
    ("long run", long_run, ["note-alive"]),
    ("two jobs", two_jobs, ["plan"]),
    ("dropped", dropped, ["take-files", "after-take-files"]),
]


def daemon_trial(options, scenario, transaction, at, how):
    place = Place(options)
    shim = {"at": at, **HOWS[how], **({"in": transaction} if transaction else {})}
    earlier = scenario(place, shim) or 0
    kills = place.lines("kill")[earlier:]
    problems = finish(place, []) if kills or not place.is_settled() else judge(place)
    return place, kills, problems


def dump(place):
    tables = [row[0] for row in place.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    return {table: place.rows(f"SELECT * FROM {table}") for table in tables}


def has_tables(place):
    try:
        return place.store.exists() and bool(place.rows("SELECT 1 FROM sqlite_schema WHERE name = 'runner'"))
    except sqlite3.OperationalError:
        return False  # cut off while it was made: the next program to write takes that back


def is_in(state):
    return lambda place: place.states().get(1) == state


def paused(value):
    return lambda place: place.rows("SELECT paused FROM runner") == [(value,)]


# name -> (what comes first, the command, whether it has happened, what the job may be in the end)
COMMANDS = {
    "add": ([["add", 1]], ["add", 2], lambda p: 2 in p.states(), {"done"}),
    "migrate": ([], ["add", 1], lambda p: 1 in p.states(), {"done"}),
    "edit": ([["add", 1]], ["edit", "1", "--priority", "7"],
             lambda p: p.rows("SELECT priority FROM jobs") == [(7,)], {"done"}),
    "hold": ([["add", 1]], ["hold", "1"], is_in("held"), {"done", "held"}),
    "release": ([["add", 1], ["hold", "1"]], ["release", "1"], is_in("queued"), {"done", "held"}),
    "cancel": ([["add", 1]], ["cancel", "1"], is_in("cancelled"), {"done", "cancelled"}),
    "retry": ([["add", 1], ["cancel", "1"]], ["retry", "1"], is_in("queued"), {"done", "cancelled"}),
    "remove": ([["add", 1], ["cancel", "1"]], ["remove", "1"], lambda p: 1 not in p.states(), {"cancelled", "lost"}),
    "pause": ([["add", 1]], ["pause"], paused(1), {"done"}),
    "resume": ([["add", 1], ["pause"]], ["resume"], paused(0), {"done"}),
}
COMMAND_HOWS = {**{k: v for k, v in HOWS.items() if k != "both"}, "full": {"how": "full", "count": 100000}}


def command_trial(options, name, at, how):
    place = Place(options)
    first, command, has_happened, may_be = COMMANDS[name]

    def arguments(words):
        return place.add_arguments(place.plan_job(may_be=may_be)) if words[0] == "add" else words

    for words in first:
        place.command(*arguments(words))
    before = dump(place) if place.store.exists() else {}
    shim = {"at": at, **COMMAND_HOWS[how]}
    if how in ("power", "torn"):
        shim["at_exit"] = 1
    result = place.call(*arguments(command), **shim)
    kills, problems = place.lines("kill"), []
    there = has_tables(place)
    happened = there and has_happened(place)
    if result.returncode == 0 and not happened:
        problems.append("acknowledged and not done")
    # Of a store in the making SQLite does not say what was wrong with its disk.
    codes = (1, 4) if name == "migrate" else (4,)
    # A flush that fails leaves open whether a later reader of the log finds the transaction.
    is_open = kills and kills[0][2] == "fsync"
    wrong = result.returncode not in codes or len(result.stderr.splitlines()) != 1 or (happened and not is_open)
    if result.returncode > 0 and wrong:
        problems.append(f"exit code {result.returncode}, happened {happened}: {result.stderr}")
    # `migrate` and `add` are two transactions: the tables may be there and empty.
    if there and not happened and before and dump(place) != before:
        problems.append("half of it happened")
    if name in ("add", "migrate") and not happened:
        place.jobs.pop()
        place.command(*place.add_arguments(place.plan_job()))
    if name in ("pause", "resume") and place.rows("SELECT paused FROM runner") == [(1,)]:
        place.command("resume")
    return place, kills, finish(place, problems)


def engine_trial(options, at, how):
    """The engine ends, or finds the disk full, at its n-th change; its job is tried again."""
    place = Place(options, real=True)
    place.add()
    daemon = place.daemon(at=at, how=how, count=1, program="turbodiff-engine", once=place.folder.with_suffix(".once"))
    place.wait_settled(daemon)
    place.stop(daemon)
    return place, place.lines("kill"), judge(place)


def every_sweep(options):
    """(name, trial of `at`) for each sweep; a sweep ends with the first trial that is not interrupted."""
    for name, scenario, transactions in DAEMON:
        for transaction in transactions:
            for how in HOWS:
                def trial(at, scenario=scenario, transaction=transaction, how=how):
                    return daemon_trial(options, scenario, transaction, at, how)
                yield f"{name}, {transaction or 'all'}, {how}", trial
    for name in COMMANDS:
        for how in COMMAND_HOWS:
            yield f"{name}, {how}", lambda at, name=name, how=how: command_trial(options, name, at, how)
    if options.engine:
        for how in ("kill", "full"):
            yield f"engine, {how}", lambda at, how=how: engine_trial(options, at, how)
