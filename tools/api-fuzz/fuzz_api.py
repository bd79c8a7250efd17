#!/usr/bin/env python3
"""Runs schemathesis against the HTTP API of a real daemon, with an engine that makes no video but is quick.

Fails when a reply has a 5xx status, or one that the OpenAPI document does not describe.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARIFF = """version: 1
name: fuzz
timezone: UTC
currency: EUR
rates: { valley: { price: 0.2, off_peak: true } }
calendar: [ { rate: valley } ]
"""
# Which values fit together (4k+1 frames, steps by sampler) no schema can say, so that valid data is refused.
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
          "response_schema_conformance,negative_data_rejection,use_after_free,unsupported_method")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scheduler")
    parser.add_argument("--examples", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        here = pathlib.Path(folder)
        (here / "tariff.yaml").write_text(TARIFF)
        environment = dict(os.environ, HOME=folder, TURBODIFF_STORE=str(here / "jobs.db"),
                           FAKE_ENGINE_SECONDS="0.01")
        daemon = subprocess.Popen(
            [arguments.scheduler, "--tariff", str(here / "tariff.yaml"), "daemon", "--http", "127.0.0.1:0",
             "--engine", str(ROOT / "tests/sched_cli/fake_engine.py")],
            env=environment, stderr=subprocess.PIPE, text=True)
        url = re.search(r"http://\S+", daemon.stderr.readline()).group()
        log = open(here / "log", "w")
        relay = subprocess.Popen(["cat"], stdin=daemon.stderr, stdout=log)
        try:
            # An event stream has no end. A wait for a job that may not start is no failure either.
            done = subprocess.run(
                [str(pathlib.Path(sys.executable).parent / "schemathesis"), "run", url + "/openapi.json",
                 "--checks", CHECKS, "--exclude-path", "/api/events", "--max-examples", str(arguments.examples),
                 "--request-timeout", "20", "--continue-on-failure"], env=environment, cwd=folder)
            alive = daemon.poll() is None
        finally:
            daemon.terminate()
            daemon.wait()
            relay.wait()
        if not alive:
            print((here / "log").read_text()[-2000:], file=sys.stderr)
            sys.exit("the daemon has died")
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
