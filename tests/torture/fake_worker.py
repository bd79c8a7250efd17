#!/usr/bin/env python3
"""Stands for `turbodiff worker`: the same lines in and out, bytes that depend on prompt and seed alone.

Words of a prompt: "breaks" fails at the first attempt, "never" at each; "poison N" ends the scheduler and itself by
SIGKILL once N of four steps are finished, and goes on from what it kept of them, "forgets": keeps nothing; "poison
climbs" does so after each step that is new. A file GATE/ATTEMPT in the folder
TORTURE_GATES makes that attempt wait until the file is gone. Writes "begin ATTEMPT", and "overlap ATTEMPT" where
another one still runs, into the ledger.
"""
import hashlib
import json
import os
import signal
import sys
import time

LEDGER = os.environ.get("TORTURE_LEDGER", "")
RUNNING = LEDGER + ".running"
GATES = os.environ.get("TORTURE_GATES", "")


def say(**event):
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def note(line):
    if LEDGER:
        with open(LEDGER, "a") as ledger:
            ledger.write(line + "\n")


def frames(request):
    return hashlib.sha512(f"{request['prompt']}|{request['seed']}".encode()).digest() * 64


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def look_for_others(order):
    """An engine that was killed cannot say so: what counts is whether its process is there."""
    if not LEDGER:
        return
    note(f"begin {order}")
    try:
        with open(RUNNING) as file:
            other = int(file.read() or 0)
    except OSError:
        other = 0
    if other not in (0, os.getpid()) and is_alive(other):
        note(f"overlap {order}")
    with open(RUNNING, "w") as file:
        file.write(str(os.getpid()))


def end_everything(order, began):
    """After a while, in which the scheduler hears of the steps."""
    time.sleep(0.5)
    note(f"lived {order} {time.monotonic() - began:.3f}")
    if LEDGER:
        os.unlink(RUNNING)
    parent = os.getppid()
    with open(f"/proc/{parent}/comm") as comm:
        if comm.read().startswith("turbodiff-sche"):  # an orphan's parent is someone else
            os.kill(parent, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def denoise(order, words):
    """The steps of a job that takes everything down."""
    began, steps = time.monotonic(), 4
    try:
        with open(order["checkpoint"]) as file:
            done = int(file.read())
    except (OSError, ValueError):
        done = 0
    climbs = "climbs" in words
    last = 3 if climbs else int(words[words.index("poison") + 1])
    while True:
        say(event="progress", id=order["id"], stage="denoise", step=done, steps=steps)
        if climbs and done >= last:
            return
        if not climbs and done >= last:
            end_everything(order["id"], began)
        done += 1
        if "forgets" not in words:
            with open(order["checkpoint"], "w") as file:
                file.write(str(done))
        if climbs:
            say(event="progress", id=order["id"], stage="denoise", step=done, steps=steps)
            end_everything(order["id"], began)


signal.signal(signal.SIGTERM, lambda *_: os._exit(130))
say(event="ready", program="fake 1")
for line in sys.stdin:
    order = json.loads(line)
    if order.get("check"):  # `add` asks whether the job can be made at all
        say(event="checked", id=order["id"])
        continue
    look_for_others(order["id"])
    prompt, attempt = order["request"]["prompt"].split(), order["id"].split("-")[1]
    if "never" in prompt or ("breaks" in prompt and attempt == "1"):
        say(event="failed", id=order["id"], error={"code": 1, "message": "as the prompt says"})
        continue
    if "poison" in prompt:
        denoise(order, prompt)
    for step in range(0 if "poison" in prompt else 3):
        say(event="progress", id=order["id"], stage="denoise", step=step, steps=3)
        time.sleep(0.004)
    while GATES and os.path.exists(os.path.join(GATES, order["id"])):
        time.sleep(0.01)
    with open(order["write_to"], "wb") as out:
        out.write(frames(order["request"]))
        out.flush()
        os.fsync(out.fileno())
    if LEDGER:
        os.unlink(RUNNING)
    say(event="done", id=order["id"], model="fake", device="cpu",
        output={"seconds": {"load": 0.01, "text": 0.01, "denoise": 0.01, "decode": 0.01, "encode": 0.01, "total": 0.05}})
