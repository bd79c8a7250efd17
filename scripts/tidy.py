#!/usr/bin/env python3
"""scripts/tidy.py BUILD [--jobs N] [MODULE...]: clang-tidy (.clang-tidy) over lib/ and apps/ of a configured build.

Translation units are those of the build: with unity builds a unit includes several sources of a module, and
findings are reported in the included files. A unit that has passed is analysed again only when one of its files,
the checks or this script has changed. MODULE restricts the run to lib/MODULE or apps/MODULE.
Exit code 1 when there is a finding. CLANG_TIDY names the program (clang-tidy).
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PCH = re.compile(r"-include (\S+cmake_pch\.hxx)")


def module_of(entry, build):
    """"core", "turbodiff-sched" or None for what is not analysed: tests, CUDA, C and the precompiled headers."""
    path = pathlib.Path(entry["file"])
    if path.suffix not in (".cpp", ".cxx"):
        return None
    for base in (build, ROOT):
        if path.is_relative_to(base):
            parts = path.relative_to(base).parts
            return parts[1] if parts[0] in ("lib", "apps") else None
    return None


def without_pch(command, folder):
    """GCC's precompiled header cannot be read by clang: a copy of its source, without one beside it, can."""
    match = PCH.search(command)
    if not match:
        return command
    copy = folder / (pathlib.Path(match[1]).parent.name + ".hxx")
    shutil.copyfile(match[1], copy)
    return command.replace(match[1], str(copy)).replace("-Winvalid-pch", "")


def dependencies(build):
    """Files of each object that has been compiled, as ninja recorded them."""
    found, current = {}, None
    listing = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True, text=True).stdout
    for line in listing.splitlines():
        if line.startswith("    "):
            current.append(line.strip())
        elif ": #deps" in line:
            current = found.setdefault(line.split(": #deps")[0], [])
    return found


def fingerprint(files, command):
    """Of the project's own files; a new compiler or library changes the command or is not worth a new analysis."""
    digest = hashlib.sha256(command.encode())
    for name in sorted(files):
        path = pathlib.Path(name)
        if path.is_relative_to(ROOT) and path.exists():
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("modules", nargs="*")
    options = parser.parse_intermixed_args()
    build = pathlib.Path(options.build).resolve()
    program = os.environ.get("CLANG_TIDY", "clang-tidy")
    if not shutil.which(program):
        sys.exit(f"tidy: {program} is not installed; run scripts/setup.sh --packages clang-tidy")

    folder = build / "tidy"
    folder.mkdir(exist_ok=True)
    units = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        module = module_of(entry, build)
        if module and entry["file"] not in units and (not options.modules or module in options.modules):
            units[entry["file"]] = {**entry, "command": without_pch(entry["command"], folder)}
    (folder / "compile_commands.json").write_text(json.dumps(list(units.values())))

    compiled = dependencies(build)
    own = [str(ROOT / ".clang-tidy"), __file__]

    def check(entry):
        target = re.search(r" -o (\S+)", entry["command"])
        key = fingerprint(compiled.get(target[1], []) + [entry["file"]] + own, entry["command"])
        passed = folder / (hashlib.sha256(entry["file"].encode()).hexdigest()[:16] + ".passed")
        if compiled.get(target[1]) and passed.exists() and passed.read_text() == key:
            return entry["file"], 0, ""
        result = subprocess.run([program, "-p", str(folder), "--quiet",
                                 "--extra-arg=-Wno-unknown-warning-option", entry["file"]],
                                capture_output=True, text=True)
        if result.returncode == 0:
            passed.write_text(key)
        text = result.stdout if result.stdout.strip() or result.returncode == 0 else result.stderr
        return entry["file"], result.returncode, text

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name, code, text in pool.map(check, units.values()):
            if code != 0:
                failed += 1
                print(text.replace(str(ROOT) + "/", ""), flush=True)
    if failed:
        sys.exit(f"tidy: findings in {failed} of {len(units)} units")
    print(f"tidy: {len(units)} units ok")


if __name__ == "__main__":
    main()
