#!/usr/bin/env python3
"""Adding and listing with an empty store and with 100,000 jobs queued.

The time of `add` is that of the process less that of `--version`. pueue's figures are those published in its issue 573:
500 adds take 2.3 s with an empty queue and 12.2 s with 2,000 queued.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


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
        print(f"process start                     {1e3 * start:8.1f} ms")
        print(f"add, empty store                  {1e3 * empty:8.1f} ms median")
        print(f"add, {many:,} queued            {1e3 * full:8.1f} ms median ({full / empty:.2f} x)")
        print(f"500 adds, processes included      {five_hundred:8.2f} s   (pueue: 2.3 s empty, 12.2 s with 2,000 queued)")
        print(f"add --prompts of {many:,}       {bulk:8.2f} s   ({many / bulk:,.0f} a second)")
        print(f"list --limit 50                   {1e3 * listing:8.1f} ms")


if __name__ == "__main__":
    main()
