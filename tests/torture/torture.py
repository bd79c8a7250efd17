#!/usr/bin/env python3
"""Kills the daemon, the engine or both at random changes of the disk, cuts the power, fills the disk, jumps the clock and
runs two daemons at once; then asks a ledger outside of the store whether every job was published once with the right
frames and every attempt billed once, and whether work went on without a command.
"""
import argparse
import collections
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TARIFF = """version: 1
name: open
timezone: UTC
currency: EUR
rates: { all: { price: 0.2, off_peak: true } }
calendar: [ { rate: all } ]
"""
PROMPTS = ["a red circle moving right", "a blue square growing", "a green triangle moving up"]
REAL_SIZE = ["--steps", "3", "--frames", "9", "--size", "64x64"]


class Trial:
    def __init__(self, options, number, real, kind, rng):
        self.options, self.number, self.real, self.kind, self.rng = options, number, real, kind, rng
        self.folder = Path(tempfile.mkdtemp(prefix="torture-", dir=options.work))
        self.log = self.folder.parent / (self.folder.name + ".ledger")
        self.clock = self.folder.parent / (self.folder.name + ".clock")
        (self.folder / "open.yaml").write_text(TARIFF)
        (self.folder / "home").mkdir()
        self.outputs = [self.folder / "out" / f"{i}.npy" for i in range(len(PROMPTS))]
        (self.folder / "out").mkdir()
        engine = options.bin / "turbodiff" if real else Path(__file__).parent / "fake_worker.py"
        self.base = [str(options.bin / "turbodiff-sched"), "--store", str(self.folder / "jobs.db"), "--tariff",
                     str(self.folder / "open.yaml")]
        self.daemon_call = self.base + ["daemon", "--retry-delay", "1s", "--engine", str(engine)]

    def environment(self, **shim):
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("TURBODIFF", "XDG", "KILLPOINT"))}
        keep["HOME"] = str(self.options.home)
        if shim:
            keep["LD_PRELOAD"] = str(self.options.shim)
            keep["KILLPOINT_DIR"] = str(self.folder)
            keep["KILLPOINT_LOG"] = str(self.log)
            keep["KILLPOINT_CLOCK"] = str(self.clock)
            keep.update({f"KILLPOINT_{k.upper()}": str(v) for k, v in shim.items()})
        return keep

    def command(self, *arguments):
        result = subprocess.run(self.base + list(arguments), env=self.environment(), capture_output=True, text=True)
        if result.returncode != 0:
            raise AssertionError(f"{arguments}: {result.stderr}")
        return result.stdout

    def daemon(self, **shim):
        if self.options.without_fsync:
            shim["nosync"] = 1
        return subprocess.Popen(self.daemon_call, env=self.environment(**shim), stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=(self.folder / "daemon.err").open("a"))

    def states(self):
        db = sqlite3.connect(self.folder / "jobs.db", timeout=20)
        try:
            return [row[0] for row in db.execute("SELECT state FROM jobs ORDER BY id")]
        finally:
            db.close()

    def wait_done(self, process, seconds=90):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if all(state in ("done", "failed", "cancelled") for state in self.states()):
                return True
            if process.poll() is not None:
                return False
            time.sleep(0.03)
        return False

    def stop(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def run(self):
        size = REAL_SIZE if self.real else ["--steps", "1", "--frames", "5", "--size", "32x32"]
        for i, prompt in enumerate(PROMPTS):
            self.command("add", prompt, "--seed", str(i), "--retries", "1000", "-o", str(self.outputs[i]), *size)
        kills = []
        if self.kind == "split":
            self.split_brain()
        elif self.kind == "clock":
            daemon = self.daemon(program="turbodiff-sched", at=0)
            for _ in range(4):
                time.sleep(self.rng.uniform(0.02, 0.2))
                self.clock.write_text(str(self.rng.choice([-3600, 3600, 0])))
            self.wait_done(daemon, 20)
            self.clock.write_text("0")
            self.stop(daemon)
        else:
            for _ in range(self.rng.randint(1, 3)):
                if all(state == "done" for state in self.states()):
                    break
                self.one_fault()
        # Work must go on by itself.
        last = self.daemon()
        finished = self.wait_done(last)
        self.stop(last)
        if self.log.exists():
            kills = [tuple(line.split()[1:]) for line in self.log.read_text().splitlines() if line.startswith("kill ")]
        problems = [] if finished else [f"not finished: {self.states()}"]
        return kills, problems + self.judge()

    def one_fault(self):
        most = 170 if self.kind != "worker" else 8
        shim = {"at": self.rng.randint(1, most), "program": "turbodiff-sched"}
        if self.kind == "worker":
            shim["program"] = "turbodiff" if self.real else "python3"
            self.once = self.folder.parent / f"{self.folder.name}.once{time.monotonic_ns()}"
            shim["once"] = self.once
        elif self.kind == "power":
            shim["power"] = 1
        elif self.kind == "full":
            first = self.rng.randint(1, 150)
            shim = {"at": 0, "program": "turbodiff-sched", "full": f"{first}-{first + self.rng.randint(1, 8)}"}
        daemon = self.daemon(**shim)
        if self.kind == "random":
            time.sleep(self.rng.uniform(0.01, 0.6))
            if self.rng.random() < 0.5:  # daemon and engine together
                for pid in self.children(daemon.pid):
                    os.kill(pid, signal.SIGKILL)
            daemon.kill()
        self.wait_done(daemon, 20)
        if daemon.poll() is None:
            self.stop(daemon)

    @staticmethod
    def children(pid):
        try:
            return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except OSError:
            return []

    def split_brain(self):
        """The lock is removed while its holder is stopped: only the fencing token is left."""
        first = self.daemon(program="turbodiff-sched", at=0)
        time.sleep(self.rng.uniform(0.02, 0.25))
        first.send_signal(signal.SIGSTOP)
        for name in ("jobs.db.lock",):
            (self.folder / name).unlink(missing_ok=True)
        second = self.daemon(program="turbodiff-sched", at=0)
        time.sleep(self.rng.uniform(0.05, 0.4))
        first.send_signal(signal.SIGCONT)
        self.wait_done(second, 30)
        self.stop(first)
        self.stop(second)

    def judge(self):
        problems = []
        db = sqlite3.connect(self.folder / "jobs.db")
        if db.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            problems.append("integrity_check")
        if db.execute("PRAGMA foreign_key_check").fetchone():
            problems.append("foreign_key_check")
        states = [row[0] for row in db.execute("SELECT state FROM jobs ORDER BY id")]
        if states != ["done"] * len(PROMPTS):
            problems.append(f"states {states}")
        attempts, billed = db.execute("SELECT count(*), count(e.attempt_id) FROM attempts a LEFT JOIN energy e ON "
                                      "e.attempt_id = a.id").fetchone()
        if attempts != billed:
            problems.append(f"{attempts} attempts, {billed} billed")
        for job, done in db.execute("SELECT job_id, sum(state = 'done') FROM attempts GROUP BY job_id"):
            if done != 1:
                problems.append(f"job {job} was done {done} times")
        db.close()
        for i, output in enumerate(self.outputs):
            if not output.exists():
                problems.append(f"{output.name} is missing")
            elif hashlib.sha256(output.read_bytes()).digest() != self.options.expected[self.real][i]:
                problems.append(f"{output.name} has other frames")
        leftovers = [p.name for p in (self.folder / "out").iterdir() if p not in self.outputs]
        if leftovers:
            problems.append(f"leftovers {leftovers}")
        published = collections.Counter()
        for line in self.log.read_text().splitlines() if self.log.exists() else []:
            kind, _, path = line.partition(" ")
            if path.endswith(".npy"):
                published[path] += {"publish": 1, "unpublish": -1}.get(kind, 0)
        for path, count in published.items():
            if count > 1:
                problems.append(f"{Path(path).name} was published {count} times")
        return problems

    def clean(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        for extra in (self.log, self.clock):
            extra.unlink(missing_ok=True)


def expected_frames(options, work):
    """What uninterrupted runs make."""
    expected = {False: [], True: []}
    for i, prompt in enumerate(PROMPTS):
        fake = hashlib.sha512(f"{prompt}|{i}".encode()).digest() * 64
        expected[False].append(hashlib.sha256(fake).digest())
        out = work / f"expected-{i}.npy"
        subprocess.run([options.bin / "turbodiff", "generate", prompt, "--seed", str(i), "-o", out, "--quiet", "--force",
                        *REAL_SIZE], check=True, env={**os.environ, "HOME": str(options.home)}, stdout=subprocess.DEVNULL)
        expected[True].append(hashlib.sha256(out.read_bytes()).digest())
    return expected


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--shim", type=Path, required=True)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", action="store_true", help="few trials: no demand on how many kills landed")
    parser.add_argument("--only", help="one kind of fault")
    parser.add_argument("--without-fsync", action="store_true", help="as if nothing were flushed: must fail")
    options = parser.parse_args()
    options.bin, options.shim = options.bin.resolve(), options.shim.resolve()
    table = collections.Counter()
    failures = 0
    with tempfile.TemporaryDirectory() as name:
        options.work = Path(name)
        options.home = options.work / "home"
        options.home.mkdir()
        options.expected = expected_frames(options, options.work)
        kinds = ["daemon", "power", "worker", "random", "full", "clock", "split"]
        weights = [6, 6, 2, 3, 2, 1, 2]
        for number in range(options.trials):
            rng = random.Random(f"{options.seed}-{number}")
            kind = options.only or (kinds[number % len(kinds)] if options.sample else rng.choices(kinds, weights)[0])
            trial = Trial(options, number, real=number % 5 < 2, kind=kind, rng=rng)
            kills, problems = trial.run()
            for program, transition, call in kills:
                table[(program, transition, call)] += 1
            if problems:
                failures += 1
                print(f"trial {number} ({kind}, {'real engine' if trial.real else 'fake engine'}): {'; '.join(problems)}")
            trial.clean()
    by_transition = collections.Counter()
    calls = sorted({call for _, _, call in table})
    print(f"{'PROGRAM':<16}{'TRANSITION':<26}" + "".join(f"{call:>10}" for call in calls))
    for program, transition in sorted({(p, t) for p, t, _ in table}):
        row = [table[(program, transition, call)] for call in calls]
        by_transition[transition] += sum(row)
        print(f"{program:<16}{transition:<26}" + "".join(f"{n:>10}" for n in row))
    print(f"{options.trials} trials, {sum(table.values())} kills at writes, {failures} failures")
    if not options.sample and not options.only:
        for transition in ("begin-epoch", "claim", "note-worker", "begin-publication", "finish"):
            if by_transition[transition] < 5:
                print(f"too few kills landed in '{transition}': {by_transition[transition]}")
                failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
