#!/usr/bin/env python3
"""Estimates against what generations took: five runs at two sizes to learn from, then others at other sizes, frames and
steps, each judged by the estimate that was kept when it began.

bench_estimates.py TURBODIFF-SCHED [--runs N]
"""
import argparse
import os
import random
import sqlite3
import statistics
import subprocess
import tempfile
from pathlib import Path

TARIFF = """version: 1
name: open
timezone: UTC
currency: EUR
rates: { all: { price: 0.3, off_peak: true } }
calendar: [ { rate: all } ]
"""
LEARNT = [("160x160", 17, 4)] * 3 + [("256x192", 25, 3)] * 2


def unseen(count):
    choice = random.Random(7)
    kinds = []
    while len(kinds) < count:
        size = f"{16 * choice.randint(8, 22)}x{16 * choice.randint(8, 22)}"
        kind = (size, 4 * choice.randint(2, 9) + 1, choice.randint(1, 4))
        if all(kind[:2] != (seen[0], seen[1]) for seen in LEARNT):
            kinds.append(kind)
    return kinds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=Path)
    parser.add_argument("--runs", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "open.yaml").write_text(TARIFF)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("TURBODIFF", "XDG"))}
        environment.update(HOME=name, TURBODIFF_STORE=str(folder / "jobs.db"), TURBODIFF_TARIFF=str(folder / "open.yaml"))

        def run(kinds, label):
            """Relative errors of the estimates, and how many of the times lay in their band."""
            ids = []
            for i, (size, frames, steps) in enumerate(kinds):
                added = subprocess.run([options.program.resolve(), "add", "a red circle moving right", "--size", size,
                                        "--frames", str(frames), "--steps", str(steps), "-o", f"{label}-{i}.mp4"],
                                       check=True, env=environment, cwd=name, capture_output=True, text=True)
                ids.append(int(added.stdout))
            subprocess.run([options.program.resolve(), "run", "--once", "-q"], check=True, env=environment, cwd=name)
            with sqlite3.connect(folder / "jobs.db") as db:
                rows = db.execute("SELECT expected_s, expected_low_s, expected_high_s, microseconds / 1e6 FROM attempts JOIN "
                                  "energy ON attempt_id = attempts.id WHERE job_id >= ? AND state = 'done'",
                                  (ids[0],)).fetchall()
            assert len(rows) == len(kinds)
            return ([abs(expected - took) / took for expected, _, _, took in rows],
                    sum(low <= took <= high for _, low, high, took in rows))

        def report(text, errors, inside):
            print(f"{text:<34} {len(errors):3} runs, median error {100 * statistics.median(errors):5.1f} %, largest "
                  f"{100 * max(errors):5.1f} %, {100 * inside / len(errors):3.0f} % within the band")

        run(LEARNT, "learn")
        report("other sizes, frames and steps", *run(unseen(options.runs), "other"))
        report("sizes seen before", *run(LEARNT * 2, "again"))


if __name__ == "__main__":
    main()
