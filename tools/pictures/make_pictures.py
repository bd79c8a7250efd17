#!/usr/bin/env python3
"""Makes the pictures of the documentation: a terminal session with its clip, the page, the report of a night.

All of them show what the programs really do with the built-in model. The night runs with a compressed clock
(docs/developing.md), so that it is over within a minute, and with watts from the settings: no energy is measured.
"""
import argparse
import base64
import contextlib
import datetime
import html
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import zoneinfo

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "page-check"))
from browser import Browser  # noqa: E402
from check_page import Daemon  # noqa: E402

ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")
TARIFF = ("--tariff", "cn-two-rate")
WATTS = 450
NIGHT_RATE = 400  # a video of the built-in model then takes minutes, as one of a real model does
SHOWN = {"size": "128x128", "frames": 321}  # the largest that the built-in model still draws a shape in
PROMPTS = ["a red circle moving right", "a blue square growing", "a green triangle moving up on gray",
           "a yellow circle", "a purple square moving left", "a white circle moving down",
           "a green circle shrinking", "a red triangle moving left on white"]
TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body { margin: 0; background: #16181d; color: #d7dae0; font: 15px/1.4 'DejaVu Sans Mono', monospace; }
main { display: inline-block; padding: 18px 22px; }
pre { margin: 0; font: inherit; }
.command { color: #8fd19e; }
img { display: block; margin: 8px 0 12px; height: 116px; }
</style><main>%s</main>"""


class Place:
    """A folder and a HOME of their own, and a clock."""

    def __init__(self, programs, folder, settings=None):
        self.folder = pathlib.Path(folder)
        self.home = self.folder / "home"
        self.home.mkdir(parents=True)
        kept = {name: os.environ[name] for name in ("LANG", "LD_LIBRARY_PATH", "TZ") if name in os.environ}
        self.environment = dict(kept, HOME=str(self.home), PATH=f"{programs}:{os.environ['PATH']}", COLUMNS="100")
        if settings:
            (self.folder / "config.yaml").write_text(json.dumps({"version": 1, **settings}))
            self.environment["TURBODIFF_CONFIG"] = str(self.folder / "config.yaml")

    def set_clock(self, hour, minute, rate=1):
        day = datetime.datetime.now(ZONE).replace(hour=hour, minute=minute, second=0, microsecond=0)
        self.environment.update(clock_environment(day, rate))

    def run(self, *command):
        """What it prints, standard error first, without the warning of the clock."""
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"pictures: {command} ended with {done.returncode}: {done.stderr}")
        told = [line for line in done.stderr.splitlines() if not line.startswith("warning: a test clock")]
        return "\n".join(told + done.stdout.splitlines())


def clock_environment(start, rate):
    return {"TURBODIFF_ALLOW_TEST_CLOCK": "1",
            "TURBODIFF_TEST_CLOCK": f"{start.timestamp():.0f},{time.time():.6f},{rate}"}


def inline(path):
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


def shot(browser, path, selector="body", last=None):
    """The element at its own size, down to the end of the element `last` in it."""
    box = browser.ask(f"(() => {{ const b = document.querySelector('{selector}').getBoundingClientRect(), "
                      f"end = document.querySelector('{last or selector}').getBoundingClientRect().bottom; "
                      "return {x: b.x + scrollX, y: b.y + scrollY, width: b.width, height: end - b.y + "
                      f"{12 if last else 0}}}; }})()")
    reply = browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                         clip=dict(box, scale=1))
    path.write_bytes(base64.b64decode(reply["data"]))
    print(f"{path}: {path.stat().st_size // 1024} kB")


def open_page(browser, url, width, height=900):
    browser.look(width, height)
    browser.open(url)
    browser.until("document.readyState === 'complete'")
    time.sleep(0.5)  # for what scripts draw


def terminal(programs, folder, browser, path):
    """A clip, then three jobs and their plan, on an evening."""
    place = Place(programs, folder, {"estimate": {"watts": WATTS}})
    place.set_clock(18, 20)
    (place.folder / "prompts.txt").write_text("\n".join(PROMPTS[:3]) + "\n")
    session = ""
    for command, picture in (
            (["turbodiff", "generate", PROMPTS[0], "-o", "circle.mp4", "--quiet", "--contact-sheet", "circle.png"], "circle.png"),
            (["turbodiff-sched", "add", "--prompts", "prompts.txt", "-o", "night/{index}-{prompt}.mp4"], None),
            (["turbodiff-sched", *TARIFF, "plan"], None)):
        shown = " ".join(f'"{word}"' if " " in word or "{" in word else word for word in command)
        session += f'<pre class="command">$ {html.escape(shown)}</pre><pre>{html.escape(place.run(*command))}</pre>'
        if picture:
            session += f'<img src="{inline(place.folder / picture)}">'
    page = place.folder / "terminal.html"
    page.write_text(TERMINAL % session)
    open_page(browser, page.as_uri(), 1100)
    shot(browser, path, "main")


def page(programs, folder, browser, path):
    """The daemon's page on an evening: a video that is done, one that runs, more that wait for the cheap window."""
    start = datetime.datetime.now(ZONE).replace(hour=20, minute=10, second=0, microsecond=0)
    saved = dict(os.environ)
    os.environ.update(clock_environment(start, 1), TURBODIFF_WATTS=str(WATTS))
    try:
        folder.mkdir()
        with contextlib.closing(Daemon(str(programs / "turbodiff-sched"), folder, "page")) as daemon:
            done = daemon.add(PROMPTS[0], when="now", seed=7)
            daemon.until(done, "done")
            for prompt in PROMPTS[1:5]:
                daemon.add(prompt, when="off-peak", **SHOWN)
            running = daemon.add("a yellow circle on gray", when="now", **SHOWN)
            daemon.until(running, "running")
            browser.look(1280, 900)
            browser.open(daemon.url + "/")
            browser.until("document.querySelectorAll('#jobs li').length >= 6 && document.querySelector('#chart .job.now')")
            browser.until("document.getElementById('preview').naturalWidth > 0 && "
                          "document.getElementById('running-text').textContent.includes('decode')", 90)
            shot(browser, path)
            assert daemon.state(running) == "running", "the job was over before its picture was taken"
    finally:
        os.environ.clear()
        os.environ.update(saved)


def night(programs, folder, browser, path):
    """A video at once, at the high price, seven more from ten at night on, and the upper part of their report."""
    place = Place(programs, folder, {"tariff": "cn-two-rate", "estimate": {"watts": WATTS}})
    (place.folder / "prompts.txt").write_text("\n".join(PROMPTS[1:]) + "\n")
    place.set_clock(21, 30, NIGHT_RATE)
    place.run("turbodiff-sched", "add", PROMPTS[0], "-o", "urgent.mp4", "--when", "now")
    place.run("turbodiff-sched", "add", "--prompts", "prompts.txt", "-o", "night/{index}.mp4")
    place.run("turbodiff-sched", "run", "--once")
    place.set_clock(22, 0, NIGHT_RATE)
    place.run("turbodiff-sched", "run", "--once")
    place.run("turbodiff-sched", "report", "-o", "night.html")
    open_page(browser, (place.folder / "night.html").as_uri(), 1080)
    shot(browser, path, last="figure:nth-of-type(2)")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("programs", type=pathlib.Path, help="folder of turbodiff and turbodiff-sched")
    parser.add_argument("pictures", type=pathlib.Path, help="folder that they go into")
    parser.add_argument("--only", choices=("terminal", "page", "night"))
    arguments = parser.parse_args()
    arguments.pictures.mkdir(parents=True, exist_ok=True)
    programs = arguments.programs.resolve()
    os.environ["TZ"] = ZONE.key
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(Browser()) as browser:
        browser.call("Emulation.setScrollbarsHidden", hidden=True)
        for make in (terminal, page, night):
            if arguments.only in (None, make.__name__):
                make(programs, pathlib.Path(folder) / make.__name__, browser,
                     arguments.pictures / f"{make.__name__}.png")


if __name__ == "__main__":
    main()
