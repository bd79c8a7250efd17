#!/usr/bin/env python3
"""Drops files into the watch folder of turbodiff-sched in six ways while the daemon is killed again and again and loses
events once, and asks afterwards whether every file has become exactly one job with the whole prompt.
"""
import argparse
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

SETTLE_S = 1
TARIFF = """version: 1
name: closed
timezone: UTC
currency: EUR
rates: {{ peak: {{ price: 0.5 }}, valley: {{ price: 0.2, off_peak: true }} }}
calendar: [ {{ hours: "{:02}:00-{:02}:00", rate: valley }}, {{ rate: peak }} ]
"""


def prompt(number):
    """Long enough to be written in pieces; its end tells whether it is whole."""
    words = " ".join(hashlib.sha256(f"{number}/{i}".encode()).hexdigest() for i in range(12))
    return f"{number} {words} end"


class Drop:
    def __init__(self, options):
        self.options = options
        self.folder = Path(tempfile.mkdtemp(prefix="turbodiff-inbox-", dir=options.work))
        self.watch = self.folder / "watch"
        self.aside = self.folder / "aside"
        for path in (self.watch, self.aside):
            path.mkdir()
        hour = (time.gmtime().tm_hour + 8) % 24
        (self.folder / "tariff.yaml").write_text(TARIFF.format(hour, (hour + 1) % 24))
        (self.folder / "config.yaml").write_text(f"version: 1\nwatch: {{ folder: watch, settle: {SETTLE_S}s }}\n")
        self.log = self.folder / "log"
        self.store = self.folder / "jobs.db"
        self.allowed = 0  # files that may be dropped by now
        self.problems = []
        self.dropped = 0
        self.lock = threading.Lock()

    def start(self, killpoint=None):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "TURBODIFF_STORE": str(self.store),
                       "TURBODIFF_CONFIG": str(self.folder / "config.yaml"), "TURBODIFF_ENERGY_GPU": "off",
                       "TURBODIFF_POWERCAP": "/nonexistent"}
        if killpoint:
            where, number = killpoint
            environment |= {"LD_PRELOAD": str(Path(self.options.shim).resolve()), "KILLPOINT_DIR": str(self.folder),
                            "KILLPOINT_PROGRAM": "turbodiff-sched", "KILLPOINT_IN": where,
                            "KILLPOINT_AT": str(number), "KILLPOINT_HOW": "kill",
                            "KILLPOINT_ONCE": str(self.folder / f"once-{time.monotonic_ns()}")}
        with self.log.open("ab") as log:
            return subprocess.Popen([str(Path(self.options.bin).resolve() / "turbodiff-sched"), "--tariff",
                                     str(self.folder / "tariff.yaml"), "daemon"], env=environment, stderr=log,
                                    stdout=subprocess.DEVNULL, cwd=self.folder)

    # The six ways. Each gets the numbers of a group of files.

    def slow_write(self, numbers):
        files = [(open(self.watch / f"slow-{n}.txt", "w"), prompt(n)) for n in numbers]
        for piece in range(4):
            for file, text in files:
                file.write(text[piece * len(text) // 4:(piece + 1) * len(text) // 4])
                file.flush()
            time.sleep(random.choice((0.01, 0.1, 0.4)))
        for file, _ in files:
            file.close()

    def aside_files(self, way, numbers):
        paths = [self.aside / f"{way}-{n}.txt" for n in numbers]
        for path, n in zip(paths, numbers):
            path.write_text(prompt(n))
        return paths

    def cp(self, numbers):
        paths = self.aside_files("cp", numbers)
        subprocess.run(["cp", *paths, self.watch], check=True)

    def mv(self, numbers):
        subprocess.run(["mv", *self.aside_files("mv", numbers), self.watch], check=True)

    def rsync(self, numbers):
        for n in numbers:
            temporary = self.watch / f".rsync-{n}.txt.{random.randrange(16**6):06x}"
            text = prompt(n)
            with temporary.open("w") as file:
                file.write(text[:100])
                file.flush()
                time.sleep(0.002)
                file.write(text[100:])
            os.utime(temporary, (1_600_000_000, 1_600_000_000))
            temporary.rename(self.watch / f"rsync-{n}.txt")

    def hard_link(self, numbers):
        for path in self.aside_files("link", numbers):
            os.link(path, self.watch / path.name)

    def editor(self, numbers):
        for n in numbers:
            name = f"editor-{n}.txt"
            swap = self.watch / f".{name}.swp"
            swap.write_text("swap")
            (self.watch / "4913").write_text("")
            (self.watch / "4913").unlink()
            backup = self.watch / f"{name}~"
            backup.write_text("an earlier state")
            with (self.watch / name).open("w") as file:
                text = prompt(n)
                file.write(text[:200])
                file.flush()
                time.sleep(0.002)
                file.write(text[200:])
                os.fsync(file.fileno())
            backup.unlink()
            swap.unlink()

    def write_all(self, way, numbers):
        try:
            for first in range(0, len(numbers), 10):
                while first >= self.allowed / 6:
                    time.sleep(0.01)
                group = numbers[first:first + 10]
                way(group)
                with self.lock:
                    self.dropped += len(group)
        except Exception as error:
            self.problems.append(f"{way.__name__}: {type(error).__name__}: {error}")

    def overflow(self):
        """The daemon sleeps while more happens than the kernel keeps events for."""
        daemon = self.start()
        time.sleep(1)
        daemon.send_signal(signal.SIGSTOP)
        self.allowed = self.allowed + self.options.files // 10
        events = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
        for i in range(events // 2 + 100):
            with open(self.watch / f"{i % 2}.tmp", "w"):
                pass
            with open(self.watch / f"{2 + i % 2}.tmp", "w"):
                pass
        time.sleep(1)
        daemon.send_signal(signal.SIGCONT)
        time.sleep(1)
        daemon.kill()
        daemon.wait()
        if b"events were lost" not in self.log.read_bytes():
            self.problems.append("the events did not overflow")

    def run(self):
        begin = time.monotonic()
        ways = [self.slow_write, self.cp, self.mv, self.rsync, self.hard_link, self.editor]
        writers = [threading.Thread(target=self.write_all, args=(way, list(range(i, self.options.files, 6))))
                   for i, way in enumerate(ways)]
        for writer in writers:
            writer.start()
        kills = {"by time": 0, "in take-files": 0, "after take-files": 0}
        overflowed = False
        while sum(kills.values()) < self.options.kills:
            done = sum(kills.values())
            self.allowed = max(self.allowed, self.options.files * (done + 1) // self.options.kills)
            if done >= self.options.kills // 2 and not overflowed:
                self.overflow()
                overflowed = True
            where = random.choice(list(kills))
            point = None if where == "by time" else (where.replace(" take", "-take").removeprefix("in-"),
                                                     random.randint(1, 30))
            daemon = self.start(point)
            try:
                daemon.wait(random.uniform(0.05, 1.2) if point is None else 1.5)
            except subprocess.TimeoutExpired:
                where = "by time"
                daemon.kill()
                daemon.wait()
            if daemon.returncode != -signal.SIGKILL:
                self.problems.append(f"a daemon ended with {daemon.returncode}")
                break
            kills[where] += 1
        self.allowed = 6 * self.options.files
        for writer in writers:
            writer.join()
        self.finish()
        self.judge()
        print(f"{self.options.files} files, kills: {kills}, {time.monotonic() - begin:.0f} s: "
              f"{'; '.join(self.problems) or 'each file exactly one job, whole'}")
        if not self.problems:
            shutil.rmtree(self.folder)
        else:
            print(f"left in {self.folder}")
        return not self.problems

    def finish(self):
        daemon = self.start()
        end = time.monotonic() + 60 + self.options.files / 20
        while time.monotonic() < end and daemon.poll() is None and (
                any(self.watch.glob("*.txt")) or any((self.watch / ".taking").iterdir())):
            time.sleep(0.2)
        daemon.terminate()
        if daemon.wait() not in (0, -signal.SIGTERM):  # it may have begun just now
            self.problems.append(f"the last daemon ended with {daemon.returncode}")

    def judge(self):
        store = sqlite3.connect(self.store)
        prompts = [row[0] for row in store.execute("SELECT prompt FROM jobs")]
        wanted = {prompt(n) for n in range(self.options.files)}
        if self.dropped != self.options.files:
            self.problems.append(f"only {self.dropped} files were dropped")
        if len(prompts) != self.options.files:
            self.problems.append(f"{len(prompts)} jobs")
        if len(set(prompts)) != len(prompts):
            self.problems.append(f"{len(prompts) - len(set(prompts))} jobs twice")
        partial = [text for text in prompts if text not in wanted]
        if partial:
            self.problems.append(f"{len(partial)} jobs with another prompt, such as {partial[0][:60]!r}")
        missing = wanted - set(prompts)
        if missing:
            self.problems.append(f"{len(missing)} files without a job")
        done = len(list((self.watch / "done").iterdir()))
        if done != self.options.files:
            self.problems.append(f"{done} files in done/")
        if (self.watch / "failed").exists():
            self.problems.append("something is in failed/")
        (outputs,) = store.execute("SELECT count(DISTINCT output) FROM jobs").fetchone()
        if outputs != len(prompts):
            self.problems.append("outputs are shared")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--shim", required=True)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--work", default=None, help="where to work, instead of the temporary folder")
    options = parser.parse_args()
    random.seed(options.seed)
    return 0 if Drop(options).run() else 1


if __name__ == "__main__":
    sys.exit(main())
