#!/usr/bin/env python3
"""Asks the Python package index whether it has a wheel of each NAME==VERSION for one of the platforms, fetching none.

    resolve_wheels.py PLATFORM[,PLATFORM...] NAME==VERSION...

The index is pip's (PIP_INDEX_URL, its configuration, pypi.org). Exit code 1 names what is missing.
"""
import html
import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request

JSON = "application/vnd.pypi.simple.v1+json"


def index_url():
    if os.environ.get("PIP_INDEX_URL"):
        return os.environ["PIP_INDEX_URL"]
    found = subprocess.run([sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True)
    return found.stdout.strip() or "https://pypi.org/simple"


def normal(name):
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def files_of(index, name):
    request = urllib.request.Request(f"{index.rstrip('/')}/{normal(name)}/", headers={"Accept": f"{JSON}, text/html;q=0.5"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        text = answer.read().decode()
        if "json" in answer.headers.get("Content-Type", ""):
            return [file["filename"] for file in json.loads(text)["files"]]
    links = re.findall(r"""href=["']([^"'#]+)""", text)
    return [urllib.parse.unquote(html.unescape(link).rsplit("/", 1)[-1]) for link in links]


def fits(filename, version, platforms):
    """NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl, the last three with dots between alternatives."""
    if not filename.endswith(".whl"):
        return False
    parts = filename[:-len(".whl")].split("-")
    python, abi, platform = (set(tags.split(".")) for tags in parts[-3:])
    return (parts[1] == version and bool(python & {"cp312", "py3"}) and bool(abi & {"cp312", "none"}) and
            bool(platform & platforms))


def main():
    platforms, index = set(sys.argv[1].split(",")), index_url()
    missing = []
    for wanted in sys.argv[2:]:
        name, version = wanted.split("==")
        if not any(fits(file, version, platforms) for file in files_of(index, name)):
            missing.append(wanted)
    if missing:
        sys.exit(f"setup: no wheel for this machine: {' '.join(missing)}")
    print(f"setup: the index has all {len(sys.argv) - 2} wheels")


if __name__ == "__main__":
    main()
