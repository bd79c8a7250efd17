#!/usr/bin/env python3
"""Kills the daemon, the commands and the engine at every change of the disk in turn and at random ones, cuts the power,
fills the disk, jumps the clock, runs two daemons at once and jobs that end everything; then asks a ledger outside of the store whether every job
was published once with the right frames and every attempt billed once, and whether work went on without a command.
"""
import argparse
import collections
import contextlib
import hashlib
import itertools
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faults
import poison
import sweeps
from place import REAL_SIZE

ENOUGH = 5
TRANSACTIONS = ("migrate", "add", "edit", "hold", "release", "cancel", "retry", "remove", "pause", "resume", "begin-epoch",
                "plan", "claim", "note-worker", "note-alive", "begin-publication", "finish", "fail", "interrupt",
                "cut-off", "take-files")
CALLS = ("write", "pwrite", "ftruncate", "fsync", "rename", "unlink", "SIGKILL", "reboot", "clock")


class Results:
    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.kills = collections.Counter()
        self.trials = collections.Counter()
        self.failures = 0
        self.longest_s = 0.0

    def note(self, name, place, kills, problems):
        with self.lock:
            self.trials["real engine" if place.real else "stand-in"] += 1
            self.longest_s = max(self.longest_s, place.resumed_s)
            for kill in kills:
                self.kills[tuple(kill)] += 1
            if problems:
                self.failures += 1
                ends = [daemon.returncode for daemon in place.daemons]
                print(f"{name}: {'; '.join(problems)}; {place.folder.name}, daemons ended with {ends}", flush=True)
            done = sum(self.trials.values())
            if done % 100 == 0:
                print(f"{done} trials, {self.failures} failures", flush=True)
        if not problems or not self.options.keep:
            place.clean()

    def run(self, name, trial):
        try:
            place, kills, problems = trial()
        except Exception as error:  # a trial that cannot be judged has failed
            with self.lock:
                self.failures += 1
                print(f"{name}: {type(error).__name__}: {error}", flush=True)
            return False
        self.note(name, place, kills, problems)
        return bool(kills)

    def print_table(self):
        calls = [call for call in CALLS if any(kill[2] == call for kill in self.kills)]
        print(f"{'PROGRAM':<17}{'STATE':<26}" + "".join(f"{call:>10}" for call in calls))
        for program, state in sorted({kill[:2] for kill in self.kills}):
            print(f"{program:<17}{state:<26}" + "".join(f"{self.kills[(program, state, call)]:>10}" for call in calls))

    def missing(self):
        """Transactions in which too few kills landed."""
        landed = collections.Counter()
        for (_, state, _), count in self.kills.items():
            landed[state.removeprefix("after-")] += count
        return [f"only {landed[t]} kills landed in '{t}'" for t in TRANSACTIONS if landed[t] < ENOUGH]


def expected_frames(options):
    """What uninterrupted runs of the real engine make, by prompt and seed."""
    expected = {}
    for prompt, seed in [*zip(faults.PROMPTS, itertools.count()), ("a red circle", 0)]:
        out = options.work / "expected.npy"
        subprocess.run([options.bin / "turbodiff", "generate", prompt, "--seed", str(seed), "-o", out, "--quiet", "--force",
                        *REAL_SIZE], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "HOME": str(options.home), "OMP_NUM_THREADS": "1"})
        expected[(prompt, seed)] = hashlib.sha256(out.read_bytes()).digest()
    return expected


def run_sweep(results, name, trial, first=1, step=1):
    at = first
    while results.run(f"{name}, change {at}", lambda: trial(at)):
        at += step


def sweep_tasks(options, results):
    for name, trial in sweeps.every_sweep(options):
        yield lambda name=name, trial=trial: run_sweep(results, name, trial)


def fencing_tasks(options, results):
    for transaction in ("after-claim", "after-note-worker", "after-begin-publication"):
        yield lambda transaction=transaction: run_sweep(
            results, f"two daemons, {transaction}", lambda at: faults.two_daemons(options, transaction, at))


def random_tasks(options, results, trials):
    for number in range(trials):
        rng = random.Random(f"{options.seed}-{number}")
        real = options.engine and number % 5 < 2
        kind = rng.choices(list(faults.KINDS), list(faults.KINDS.values()))[0]
        name = f"trial {number}, {kind}, {'real engine' if real else 'stand-in'}"
        yield lambda name=name, real=real, kind=kind, rng=rng: results.run(
            name, lambda: random_trial(options, real, kind, rng))


def random_trial(options, real, kind, rng):
    # The engine takes all processors: more of them at a time only wait for each other.
    with options.engines if real else contextlib.nullcontext():
        return faults.random_trial(options, real, kind, rng)


def sample_tasks(options, results):
    """Short, for every build: a power cut or a kill here and there, of each kind, and a take-over."""
    yield lambda: results.run("two daemons, after-claim", lambda: faults.two_daemons(options, "after-claim", 1))
    scenario = sweeps.DAEMON[0][1]
    for at, how in ((7, "kill"), (22, "power"), (33, "torn"), (41, "both"), (48, "power"), (55, "torn")):
        yield lambda at=at, how=how: results.run(f"first run, {how}, change {at}",
                                                 lambda: sweeps.daemon_trial(options, scenario, None, at, how))
    for transaction, at, how in (("take-files", 2, "torn"), ("after-take-files", 1, "power")):
        yield lambda transaction=transaction, at=at, how=how: results.run(
            f"dropped, {transaction}, {how}",
            lambda: sweeps.daemon_trial(options, sweeps.dropped, transaction, at, how))
    for name, at in (("add", 3), ("cancel", 2)):
        yield lambda name=name, at=at: results.run(f"{name}, change {at}",
                                                   lambda: sweeps.command_trial(options, name, at, "torn"))
    yield from poison.sample(options, results)
    for number, kind in enumerate(("worker", "random", "full", "clock")):
        rng = random.Random(f"{options.seed}-{number}")
        real = options.engine and kind in ("worker", "random")
        yield lambda kind=kind, rng=rng, real=real: results.run(
            f"{kind}, sample", lambda: random_trial(options, real, kind, rng))


def broken_tasks(options, results):
    """What a build without fencing or flushing cannot pass."""
    yield from fencing_tasks(options, results)
    yield lambda: run_sweep(results, "first run, power", lambda at: sweeps.daemon_trial(
        options, sweeps.DAEMON[0][1], None, at, "power"))


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--shim", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=300, help="with random faults, beside the sweeps")
    parser.add_argument("--jobs", type=int, default=4, help="trials at a time: most of their time is waiting")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("all", "sweeps", "fencing", "random", "sample", "broken", "poison"), default="all")
    parser.add_argument("--no-engine", dest="engine", action="store_false", help="with the stand-in alone")
    parser.add_argument("--must-fail", action="store_true", help="for a build that is broken on purpose")
    parser.add_argument("--keep", action="store_true", help="keep the folders of trials that failed")
    options = parser.parse_args()
    options.bin, options.shim = options.bin.resolve(), options.shim.resolve()
    return options


def main():
    options = parse()
    results = Results(options)
    start = time.monotonic()
    options.work = Path(tempfile.mkdtemp(prefix="torture-"))
    options.home = options.work / "home"
    options.home.mkdir()
    options.engines = threading.Semaphore(os.cpu_count() or 1)
    options.expected = expected_frames(options) if options.engine else {}
    groups = {"sweeps": lambda: sweep_tasks(options, results), "fencing": lambda: fencing_tasks(options, results),
              "random": lambda: random_tasks(options, results, options.trials),
              "poison": lambda: poison.tasks(options, results, options.only == "poison")}
    groups.update(sample=lambda: sample_tasks(options, results), broken=lambda: broken_tasks(options, results))
    chosen = ("fencing", "sweeps", "random", "poison") if options.only == "all" else (options.only,)
    with ThreadPoolExecutor(options.jobs) as pool:
        for done in [pool.submit(task) for group in chosen for task in groups[group]()]:
            done.result()
    results.print_table()
    print(f"{sum(results.trials.values())} trials ({', '.join(f'{n} with the {k}' for k, n in results.trials.items())}), "
          f"{sum(results.kills.values())} faults landed, {results.failures} failures; work went on after at most "
          f"{results.longest_s:.1f} s; {time.monotonic() - start:.0f} s")
    failed = results.failures
    if options.only == "all" and not options.must_fail:
        for line in results.missing():
            print(line)
            failed += 1
    if options.must_fail:
        print("it fails, as it must" if failed else "it passes, and must not")
        return 0 if failed else 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
