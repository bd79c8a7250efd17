#!/usr/bin/env python3
"""Runs every command that README.md and the programs' --help show, exactly as written.

usage: run_examples.py README.md BIN_DIR [readme|turbodiff|turbodiff-sched]

README's commands run one after the other, those of each --help too, each set in a folder and a HOME of its own
that are empty but for what a clone has: build/bin and examples. Blocks of README that are to be typed are marked
"sh"; other blocks need another mark. A command fails the test when it ends with another code than 0, or when it
names a program that is neither known here nor in LEFT_OUT.
"""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

# What cannot run here, by the beginning of the line, and why.
LEFT_OUT = {
    "git clone ": "needs the address of the repository",
    "cd turbodiff": "goes with the clone",
    "make ": "builds and tests; this is part of it",
    'build/bin/turbodiff generate "a fox in the snow" --model wan2.1-t2v-1.3b-480p': "needs published weights",
    "turbodiff generate --dit TurboWan2.1-T2V-1.3B-480P.pth": "needs published weights",
    "turbodiff-sched --tariff cn-two-rate run --once --on-finish shutdown": "switches the machine off",
    "systemctl poweroff": "switches the machine off",
}
# What stays until it is stopped: ended by SIGTERM, which must give 0.
STAYS = {"turbodiff-sched --tariff cn-two-rate daemon"}
KNOWN = {"build/bin/turbodiff", "build/bin/turbodiff-sched", "turbodiff", "turbodiff-sched", "cp", "mkdir", "printf"}
TIMEOUT_S = 300


def left_out(command):
    return next((why for start, why in LEFT_OUT.items() if (command + " ").startswith(start)), None)


def logical_lines(text):
    """Commands of shell text: here-documents and lines that end in a backslash stay together."""
    lines, commands = text.split("\n"), []
    while lines:
        command = lines.pop(0)
        while command.endswith("\\") and lines:
            command += "\n" + lines.pop(0)
        here = re.search(r"<<'?(\w+)'?", command)
        while here and lines:
            command += "\n" + lines[0]
            if lines.pop(0) == here.group(1):
                break
        if command.strip() and not command.strip().startswith("#"):
            commands.append(command.strip())
    return commands


def readme_commands(path):
    text = open(path, encoding="utf-8").read()
    commands = []
    for mark, indent, body in [
        (m.group(2), m.group(1), m.group(3)) for m in re.finditer(r"^( *)```(\w*)\n(.*?)^ *```$", text, re.M | re.S)
    ]:
        if mark == "sh":
            commands += logical_lines("\n".join(line[len(indent):] for line in body.split("\n")))
        elif mark not in ("text", "yaml"):
            raise SystemExit(f"README.md: a block is marked '{mark}'; mark it sh, text or yaml:\n{body}")
    return commands


def help_of(program, path, directory):
    run = subprocess.run([os.path.join(directory, program), *path, "--help"], capture_output=True, text=True, check=True)
    return run.stdout


def help_sets(program, directory):
    """The examples of every command's help: (name of the set, commands)."""
    sets, waiting = [], [[]]
    while waiting:
        path = waiting.pop(0)
        text = help_of(program, path, directory)
        section = re.search(r"^Commands:\n((?:  .*\n)+)", text, re.M)
        if section:
            names = re.findall(r"^  (\S+)", section.group(1), re.M)
            waiting += [path + [name] for name in names]
        section = re.search(r"^Examples:\n((?:  .*\n?)+)", text, re.M)
        examples = re.sub(r"^  ", "", section.group(1), flags=re.M) if section else ""
        examples += "\n" + "\n".join(re.findall(r"^For cron: (?:\S+ ){5}(.*)$", text, re.M))
        if examples.strip():
            sets.append((" ".join([program, *path, "--help"]), logical_lines(examples)))
    return sets


def wait_until_ready(ready, process):
    """What went wrong, or nothing."""
    ready.settimeout(0.1)
    end = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end:
        try:
            if "READY=1" in ready.recv(4096).decode():
                return None
        except TimeoutError:
            if process.poll() is not None:
                return f"ended with {process.returncode} instead of staying"
    return "is not ready"


class Place:
    """An empty folder with an empty HOME."""

    def __init__(self, directory, readme):
        self.root = tempfile.mkdtemp(prefix="turbodiff-examples-")
        self.folder = os.path.join(self.root, "folder")
        os.makedirs(os.path.join(self.folder, "build"))
        os.makedirs(os.path.join(self.root, "home"))
        os.symlink(directory, os.path.join(self.folder, "build", "bin"))
        os.symlink(os.path.join(os.path.dirname(os.path.abspath(readme)), "examples"), os.path.join(self.folder, "examples"))
        kept = ("PATH", "LANG", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "OMP_WAIT_POLICY")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ}
        self.environment["PATH"] = directory + ":" + self.environment["PATH"]
        self.environment["HOME"] = os.path.join(self.root, "home")

    def run(self, command):
        """What went wrong, or nothing."""
        stays = command.split("  #")[0].strip() in STAYS
        ready, environment = None, self.environment
        if stays:
            # As systemd is told that a service is up.
            ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            ready.bind(os.path.join(self.root, "ready"))
            environment = {**environment, "NOTIFY_SOCKET": ready.getsockname()}
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", ("exec " if stays else "") + command],
            cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        if stays:
            problem = wait_until_ready(ready, process)
            process.send_signal(signal.SIGTERM)
            if problem:
                return f"{problem}\n{process.communicate()[0].decode()}"
        try:
            output, _ = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return f"did not end within {TIMEOUT_S} s"
        return f"ended with {process.returncode}\n{output.decode()}" if process.returncode else None

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)


def programs_in(command):
    words = shlex.shlex(command.split("\n")[0], posix=True, punctuation_chars="|&;")
    words.whitespace_split, words.commenters = True, "#"
    words = ["|", *words]
    return [word for before, word in zip(words, words[1:]) if before in ("|", "&&", "||", ";")]


def run_set(name, commands, directory, readme):
    failures = ran = 0
    place = Place(directory, readme)
    for whole in commands:
        # Parts of a line that cannot run are left out alone.
        parts = [part.strip() for part in whole.split(" && ")] if "<<" not in whole else [whole]
        for command in parts:
            why = left_out(command)
            if why:
                print(f"  left out  {command.splitlines()[0]}  ({why})")
                continue
            unknown = [program for program in programs_in(command) if program not in KNOWN]
            problem = f"names the program {unknown[0]}, which this test does not know" if unknown else place.run(command)
            ran += 1
            failures += problem is not None
            print(f"  {'FAILED' if problem else 'ok'}    {command}", flush=True)
            if problem:
                print(f"    {problem}")
    place.close()
    if ran == 0:
        print(f"  nothing of {name} was run")
    return ran, failures


def main():
    readme, directory = sys.argv[1], os.path.abspath(sys.argv[2])
    wanted = sys.argv[3:] or ["readme", "turbodiff", "turbodiff-sched"]
    sets = [("README.md", readme_commands(readme))] if "readme" in wanted else []
    for program in wanted:
        if program == "readme":
            continue
        found = help_sets(program, directory)
        if not found:
            raise SystemExit(f"no help of {program} shows an example")
        sets += found
    ran = failed = 0
    for name, commands in sets:
        print(f"{name}: {len(commands)} commands")
        here = run_set(name, commands, directory, readme)
        ran += here[0]
        failed += here[1]
    print(f"{ran} commands ran, {failed} failed")
    return 1 if failed or ran < 10 else 0


if __name__ == "__main__":
    sys.exit(main())
