#!/usr/bin/env python3
"""Uses the page of a real daemon in a headless Chromium by keyboard, and takes pictures of it.

Fails when something does not come about or the browser's console shows an error or a warning.
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import urllib.request

from browser import Browser

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOKEN = "a-token-for-the-page-check"
LONG = {"size": "128x128", "frames": 81, "steps": 4}
SHOWN = {"size": "320x192", "frames": 121, "steps": 4}  # it still runs when the pictures are taken
SHORT = {"size": "64x64", "frames": 17}


class Daemon:
    def __init__(self, scheduler, folder, name, token=None):
        here = pathlib.Path(folder) / name
        here.mkdir()
        self.scheduler = scheduler
        self.environment = dict(os.environ, HOME=str(here), TURBODIFF_STORE=str(here / "jobs.db"),
                                TURBODIFF_CONFIG=str(here / "config.yaml"))
        http = {"output": str(here / "videos")}
        if token:
            (here / "token").touch(mode=0o600)
            (here / "token").write_text(token + "\n")
            http["token_file"] = str(here / "token")
        (here / "config.yaml").write_text(json.dumps({"version": 1, "http": http}))
        self.process = subprocess.Popen(
            [scheduler, "--tariff", "cn-two-rate", "daemon", "--http", "127.0.0.1:0"], env=self.environment,
            stderr=subprocess.PIPE, text=True)
        told = []
        for line in self.process.stderr:
            told.append(line)
            if found := re.search(r"http://\S+", line):
                break
        else:
            raise SystemExit("page-check: the daemon did not start: " + "".join(told))
        self.url = found.group()
        self.relay = subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=open(here / "log", "w"))

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.relay.wait()
        self.process.stderr.close()

    def run(self, *arguments):
        subprocess.run([self.scheduler, *arguments], env=self.environment, check=True, capture_output=True)

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as reply:
            return json.load(reply)

    def post(self, path, **body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode() if body else b"",
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def add(self, prompt, **options):
        return self.post("/sdapi/v1/txt2vid", prompt=prompt, **{"async": True}, **options)["id"]

    def state(self, job):
        return self.get(f"/api/jobs/{job}")["state"]

    def until(self, job, state, seconds=60):
        end = time.monotonic() + seconds
        while self.state(job) != state:
            if time.monotonic() > end:
                raise AssertionError(f"job {job} is {self.state(job)}, not {state}: {self.get(f'/api/jobs/{job}')}")
            time.sleep(0.1)


def fill(daemon):
    """Jobs in every state; the last one runs long."""
    done = daemon.add("a red circle moving right", seed=7, **SHORT)
    daemon.until(done, "done")
    failed = daemon.add("a job whose folder is gone", retries=0, hold=True, **SHORT)
    folder = pathlib.Path(daemon.get(f"/api/jobs/{failed}")["output"]).parent
    moved = folder.with_name("moved")
    folder.rename(moved)
    folder.write_text("in the way")
    daemon.post(f"/api/jobs/{failed}/release")
    daemon.until(failed, "failed")
    folder.unlink()
    moved.rename(folder)
    daemon.post(f"/api/jobs/{daemon.add('a green square that nobody wants any more', hold=True, **SHORT)}/cancel")
    daemon.add("a blue triangle on a white table, moving up slowly while the light of the evening falls on it",
               hold=True, **SHORT)
    for hours, prompt in ((4, "a yellow star on black, moving left"), (7, "a white circle on green, moving down"),
                          (21, "a long series of squares"), (26, "a purple triangle on grey")):
        daemon.add(prompt, when="off-peak", earliest=f"+{hours}h", **LONG)
    return done


def wait_for_job(browser, prompt, state):
    browser.until(f"[...document.querySelectorAll('#jobs li')].some(li => li.dataset.state === '{state}' && "
                  f"li.querySelector('.prompt').textContent === '{prompt}')")
    return browser.ask(f"Number([...document.querySelectorAll('#jobs li')].find(li => "
                       f"li.querySelector('.prompt').textContent === '{prompt}').dataset.id)")


def focus_job(browser, job):
    browser.ask("document.activeElement.blur()")
    for _ in range(20):
        browser.key("j")
        if browser.ask("document.activeElement.dataset.id") == str(job):
            return
    raise AssertionError(f"j does not reach job {job}")


def use(daemon, browser, pictures):
    done = fill(daemon)
    browser.look(1280, 900)
    browser.open(daemon.url + "/")
    browser.until("document.querySelectorAll('#jobs li').length >= 8 && document.querySelector('#chart svg')")

    browser.key("n")
    browser.until("document.activeElement.id === 'field-prompt'")
    prompt = "a red triangle moving down"
    browser.type(prompt)
    browser.ask("document.getElementById('field-hold').checked = true")
    browser.key("Enter", control=True)
    job = wait_for_job(browser, prompt, "held")
    assert daemon.state(job) == "held"
    focus_job(browser, job)
    daemon.run("pause")
    browser.key("h")
    daemon.until(job, "queued")
    wait_for_job(browser, prompt, "queued")
    browser.key("h")
    daemon.until(job, "held")
    wait_for_job(browser, prompt, "held")
    browser.key("c")
    daemon.until(job, "cancelled")
    wait_for_job(browser, prompt, "cancelled")
    browser.key("r")
    daemon.until(job, "queued")
    wait_for_job(browser, prompt, "queued")
    browser.key("c")
    daemon.until(job, "cancelled")
    daemon.run("resume")

    focus_job(browser, done)
    browser.key("v")
    browser.until("document.querySelector('video.video')?.readyState >= 2")
    browser.key("?")
    browser.until("document.getElementById('keys').open")
    browser.picture(pictures / "keys.png", whole=False)
    browser.key("Escape")
    browser.until("!document.getElementById('keys').open")

    running = daemon.add("a green circle on a blue table, moving right", when="now", **SHOWN)
    daemon.until(running, "running")
    browser.until("document.getElementById('running-text').textContent.includes('left')")
    browser.until("document.getElementById('preview').naturalWidth > 0", 60)
    browser.until("document.querySelector('#chart .job.now')")
    browser.ask("scrollTo(0, 0)")
    browser.picture(pictures / "light.png")
    browser.look(1280, 900, dark=True)
    browser.picture(pictures / "dark.png")
    browser.look(390, 844)
    browser.picture(pictures / "phone.png")
    assert daemon.state(running) == "running", "the job was over before its pictures were taken"
    assert browser.ask("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than a phone"

    daemon.until(running, "done", 300)
    given_back = daemon.add("a blue circle moving up", when="now", retries=0, **LONG)
    daemon.until(given_back, "running")
    browser.ask("document.getElementById('restart').click()")
    browser.until("document.getElementById('notice').textContent.includes('restarted')")
    daemon.until(given_back, "done")
    assert daemon.get(f"/api/jobs/{given_back}")["attempt"] == 2, "the worker was not restarted"
    browser.ask("document.getElementById('field-frames').value = 6; document.getElementById('field-prompt').value = 'x'")
    browser.ask("document.getElementById('form').requestSubmit()")
    browser.until("document.getElementById('problem').textContent.includes('4k+1')")
    # The browser logs every refused request; that one was wanted.
    browser.problems = [one for one in browser.problems if "status of 400" not in one]


IDLE = "document.getElementById('state')?.dataset.state === 'idle' && document.getElementById('field-prompt')"


def use_link(daemon, browser):
    browser.open(daemon.url + "/#token=" + TOKEN)
    browser.until(IDLE)
    browser.until("location.hash === '' && !document.getElementById('login').open")


def use_token(daemon, browser):
    browser.open(daemon.url + "/")
    browser.until("document.getElementById('login')?.open")
    browser.type(TOKEN)
    browser.key("Enter")
    browser.until(IDLE)
    browser.problems = [one for one in browser.problems if "status of 401" not in one]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scheduler")
    parser.add_argument("--pictures", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    arguments.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, token, work in (("open", None, lambda d, b: use(d, b, arguments.pictures)),
                                  ("token", TOKEN, use_token), ("link", TOKEN, use_link)):
            with contextlib.closing(Browser()) as browser, \
                    contextlib.closing(Daemon(arguments.scheduler, folder, name, token)) as daemon:
                work(daemon, browser)
                if browser.problems:
                    raise SystemExit("page-check: the console shows\n  " + "\n  ".join(browser.problems))
    print(f"page-check: fine; pictures are in {arguments.pictures}")


if __name__ == "__main__":
    main()
