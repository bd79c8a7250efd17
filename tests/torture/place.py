"""A store, a tariff and outputs in a folder of their own, the programs that work there, and the ledger beside it."""
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

TARIFF = """version: 1
name: open
timezone: UTC
currency: EUR
rates: { all: { price: 0.2, off_peak: true } }
calendar: [ { rate: all } ]
"""
REAL_SIZE = ["--steps", "3", "--frames", "5", "--size", "32x32"]
FAKE_SIZE = ["--steps", "1", "--frames", "5", "--size", "32x32"]
FINAL = ("done", "failed", "cancelled")


@dataclass
class Job:
    """What was asked of the scheduler, known without its store."""
    id: int
    prompt: str
    seed: int
    output: Path
    may_be: set = field(default_factory=lambda: {"done"})
    retries: int = 1000


class Place:
    def __init__(self, options, real=False):
        self.options, self.real = options, real
        self.folder = Path(tempfile.mkdtemp(prefix="place-", dir=options.work))
        self.ledger = self.folder.with_suffix(".ledger")
        self.clock = self.folder.with_suffix(".clock")
        self.gates = self.folder.with_suffix(".gates")
        self.gates.mkdir()
        (self.folder / "out").mkdir()
        (self.folder / "open.yaml").write_text(TARIFF)
        self.store = self.folder / "jobs.db"
        self.jobs, self.daemons = [], []
        self.resumed_s = 0.0
        engine = options.bin / "turbodiff" if real else Path(__file__).parent / "fake_worker.py"
        self.base = [str(options.bin / "turbodiff-sched"), "--store", str(self.store), "--tariff",
                     str(self.folder / "open.yaml")]
        self.daemon_call = self.base + ["daemon", "--retry-delay", "1s", "--engine", str(engine)]
        self.watch = None

    def environment(self, shim):
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("TURBODIFF", "XDG", "KILLPOINT"))}
        keep.update(HOME=str(self.options.home), LD_PRELOAD=str(self.options.shim), KILLPOINT_DIR=f"{self.folder}/",
                    KILLPOINT_LOG=str(self.ledger), KILLPOINT_CLOCK=str(self.clock), TORTURE_LEDGER=str(self.ledger),
                    TORTURE_GATES=str(self.gates), OMP_NUM_THREADS="1")
        shim.setdefault("program", "turbodiff-sched")
        keep.update({f"KILLPOINT_{k.upper()}": str(v) for k, v in shim.items()})
        return keep

    def call(self, *arguments, **shim):
        """A command; returns subprocess.CompletedProcess, of a killed one too."""
        return subprocess.run(self.base + list(arguments), env=self.environment(shim), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)

    def command(self, *arguments):
        result = self.call(*arguments)
        if result.returncode != 0:
            raise AssertionError(f"{arguments}: {result.stderr}")
        return result.stdout

    def plan_job(self, prompt="a red circle", may_be=("done",), retries=1000):
        number = len(self.jobs) + 1
        self.jobs.append(Job(number, prompt, number - 1, self.folder / "out" / f"{number}.npy", set(may_be), retries))
        return self.jobs[-1]

    def add_arguments(self, job, *more):
        return ["add", job.prompt, "--seed", str(job.seed), "--retries", str(job.retries), "-o", str(job.output),
                *(REAL_SIZE if self.real else FAKE_SIZE), *more]

    def add(self, prompt="a red circle", *more, may_be=("done",), retries=1000):
        job = self.plan_job(prompt, may_be, retries)
        self.command(*self.add_arguments(job, *more))
        return job

    def drop(self):
        """A file in a watch folder that asks for one job."""
        if self.watch is None:
            self.watch = self.folder / "watch"
            self.watch.mkdir()
            (self.folder / "config.yaml").write_text("version: 1\nwatch: { settle: 0s, allow_paths: true }\n")
            self.daemon_call += ["--config", str(self.folder / "config.yaml"), "--watch", str(self.watch)]
        job = self.plan_job()
        size = REAL_SIZE if self.real else FAKE_SIZE
        request = {"prompt": job.prompt, "seed": job.seed, "retries": job.retries, "output": str(job.output)}
        request.update({key.removeprefix("--"): value for key, value in zip(size[::2], size[1::2])})
        for key in ("steps", "frames"):
            request[key] = int(request[key])
        (self.folder / "new").write_text(json.dumps(request))
        (self.folder / "new").rename(self.watch / f"{job.id}.json")
        return job

    def close_gate(self, attempt):
        (self.gates / attempt).write_text("")

    def open_gate(self, attempt):
        (self.gates / attempt).unlink(missing_ok=True)

    def daemon(self, **shim):
        with self.folder.with_suffix(".err").open("a") as errors:
            self.daemons.append(subprocess.Popen(self.daemon_call, env=self.environment(shim), stdin=subprocess.DEVNULL,
                                                 stdout=subprocess.DEVNULL, stderr=errors))
        return self.daemons[-1]

    def lines(self, kind=None):
        """The ledger's lines, split in words; of one kind without that word."""
        if not self.ledger.exists():
            return []
        lines = [line.split(" ") for line in self.ledger.read_text().splitlines()]
        return lines if kind is None else [line[1:] for line in lines if line[0] == kind]

    def rows(self, sql, *values):
        # Reading only: the last one to close a store writes to it, and that must not be the judge.
        db = sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=20)
        try:
            return db.execute(sql, values).fetchall()
        finally:
            db.close()

    def states(self):
        return dict(self.rows("SELECT id, state FROM jobs"))

    def activity(self):
        """What a daemon was in the middle of: the state of its open attempt, or "idle"."""
        try:
            open_ones = self.rows("SELECT state FROM attempts WHERE ended_at IS NULL")
        except sqlite3.Error:
            return "starting"
        return open_ones[0][0] if open_ones else "idle"

    def wait_until(self, condition, process, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            if process.poll() is not None:
                return condition()
            time.sleep(0.03)
        return False

    def is_settled(self):
        try:
            states = self.states()
            return (all(state in FINAL or state == "held" for state in states.values())
                    and (self.watch is None or len(states) >= len(self.jobs)))
        except sqlite3.Error:
            return False  # read while the power was cut

    def wait_settled(self, process, seconds=900):
        seen, again = None, 0.0

        def settled():
            nonlocal seen, again
            size, now = self.ledger.stat().st_size if self.ledger.exists() else 0, time.monotonic()
            if size == seen and now < again and process.poll() is None:
                return False  # nothing was committed since: the store need not be opened
            seen, again = size, now + 1  # it may have been busy
            return self.is_settled()

        return self.wait_until(settled, process, seconds)

    def wait_line(self, kind, process, seconds=30):
        before = len(self.lines(kind))
        return self.wait_until(lambda: len(self.lines(kind)) > before, process, seconds)

    @staticmethod
    def stop(process):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(300)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def expected_frames(self, job):
        if self.real:
            return self.options.expected[(job.prompt, job.seed)]
        return hashlib.sha256(hashlib.sha512(f"{job.prompt}|{job.seed}".encode()).digest() * 64).digest()

    def clean(self):
        for path in self.folder.parent.glob(self.folder.name + "*"):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
