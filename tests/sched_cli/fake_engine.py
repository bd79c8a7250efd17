#!/usr/bin/env python3
"""Stands for `turbodiff worker`: takes FAKE_ENGINE_SECONDS a job and no processor time."""
import json
import os
import sys
import time

print(json.dumps({"event": "ready", "program": "fake 1"}), flush=True)
for line in sys.stdin:
    order = json.loads(line)
    time.sleep(float(os.environ["FAKE_ENGINE_SECONDS"]))
    with open(order["write_to"], "wb") as out:
        out.write(b"video")
    seconds = {"load": 0, "text": 0, "denoise": 0, "decode": 0, "encode": 0, "total": 0}
    print(json.dumps({"event": "done", "id": order["id"], "model": "fake", "device": "cpu",
                      "output": {"seconds": seconds}}), flush=True)
