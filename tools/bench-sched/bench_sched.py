#!/usr/bin/env python3
"""Adding and listing with an empty store and with 100,000 jobs queued, and reports of 100,000 jobs.

The time of `add` is that of the process less that of `--version`. pueue's figures are those published in its issue 573:
500 adds take 2.3 s with an empty queue and 12.2 s with 2,000 queued.
"""
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fill_store import fill


def main():
    program = str(Path(sys.argv[1]).resolve())
    many = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**os.environ, "HOME": name, "TURBODIFF_STORE": str(folder / "jobs.db")}
        for variable in ("TURBODIFF_TARIFF", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            environment.pop(variable, None)

        def run(*arguments):
            begin = time.monotonic()
            subprocess.run([program, *arguments], check=True, env=environment, cwd=name, stdout=subprocess.DEVNULL)
            return time.monotonic() - begin

        run("add", "warm", "-o", "warm.mp4")
        start = statistics.median(run("--version") for _ in range(20))

        def adds(label):
            times = [run("add", "a red circle", "-o", f"{label}-{i}.mp4") - start for i in range(50)]
            return statistics.median(times), sum(times)

        empty, _ = adds("empty")
        begin = time.monotonic()
        for i in range(500):
            run("add", "a red circle", "-o", f"few-{i}.mp4")
        five_hundred = time.monotonic() - begin
        (folder / "many.txt").write_text("".join(f"a red circle number {i}\n" for i in range(many)))
        bulk = run("add", "--prompts", "many.txt", "-o", "many/{index}.mp4") if (folder / "many").mkdir() is None else 0
        full, _ = adds("full")
        listing = statistics.median(run("list", "--limit", "50", "--json") for _ in range(10)) - start
        finished = folder / "finished.db"
        run("--store", finished, "status")
        fill(finished, many, 400)

        def report(*arguments):
            """Seconds on the clock and of the processor."""
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            elapsed = run("--store", finished, "report", *arguments)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return elapsed, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

        reports = {name: min((report(*name.split()) for _ in range(3)), key=lambda times: times[1])
                   for name in ("--format csv", "--format json", "--format html", "--by day", "--by rate")}
        print(f"process start                     {1e3 * start:8.1f} ms")
        print(f"add, empty store                  {1e3 * empty:8.1f} ms median")
        print(f"add, {many:,} queued            {1e3 * full:8.1f} ms median ({full / empty:.2f} x)")
        print(f"500 adds, processes included      {five_hundred:8.2f} s   (pueue: 2.3 s empty, 12.2 s with 2,000 queued)")
        print(f"add --prompts of {many:,}       {bulk:8.2f} s   ({many / bulk:,.0f} a second)")
        print(f"list --limit 50                   {1e3 * listing:8.1f} ms")
        for name, (elapsed, processor) in reports.items():
            print(f"report {name + f', {many:,} jobs':<27}{elapsed:8.2f} s   ({processor:.2f} s of the processor)")


if __name__ == "__main__":
    main()
