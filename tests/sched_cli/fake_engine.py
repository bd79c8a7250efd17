#!/usr/bin/env python3
"""Stands for `turbodiff worker`: takes FAKE_ENGINE_SECONDS a job and no processor time.

Several numbers, with commas between them, are for the first job, the second one, and so on; the last is for all others.
Where FAKE_ENGINE_UNTIL names a file no job ends before there is one.
"""
import json
import os
import sys
import time

print(json.dumps({"event": "ready", "program": "fake 1"}), flush=True)
seconds = [float(number) for number in os.environ["FAKE_ENGINE_SECONDS"].split(",")]
for line in sys.stdin:
    order = json.loads(line)
    time.sleep(seconds.pop(0) if len(seconds) > 1 else seconds[0])
    while not os.path.exists(os.environ.get("FAKE_ENGINE_UNTIL", "/")):
        time.sleep(0.02)
    with open(order["write_to"], "wb") as out:
        out.write(b"video")
    taken = {"load": 0, "text": 0, "denoise": 0, "decode": 0, "encode": 0, "total": 0}
    print(json.dumps({"event": "done", "id": order["id"], "model": "fake", "device": "cpu",
                      "output": {"seconds": taken}}), flush=True)
