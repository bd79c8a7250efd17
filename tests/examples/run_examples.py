#!/usr/bin/env python3
"""Runs every command that README.md, the pages in docs and the programs' --help show, exactly as written.

usage: run_examples.py README.md BIN_DIR [readme|docs|turbodiff|turbodiff-sched]

The commands of a page run one after the other, those of each --help too, each set in a folder and a HOME of its own
that are empty but for what a clone has: build/bin, examples and models. Blocks that are to be typed are marked "sh"; other
blocks need another mark. A block whose first line is "# ~/FILE" is written to that file before what follows it runs.
A command fails the test when it ends with another code than 0, or when it names a program that is neither known here
nor in LEFT_OUT.
"""

import glob
import json
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
    "systemctl ": "changes the machine",
    "turbodiff-sched notify test": "sends messages",
    "turbodiff-sched daemon --on-finish shutdown": "switches the machine off",
    "turbodiff generate --model wan2.1-": "needs published weights",
    "turbodiff models show wan2.1-": "needs published weights",
    "turbodiff convert TurboWan2.1-": "needs published weights",
    "cmake ": "builds; this is part of it",
    "ctest ": "runs the tests; this is one",
    "build/test-bin/": "a test program; not part of what is installed",
}
# What stays until it is stopped: ended by SIGTERM, which must give 0. With " &" behind it, when its page is at its end.
STAYS = {"turbodiff-sched --tariff cn-two-rate daemon", "turbodiff-sched --tariff cn-two-rate daemon --http"}
KNOWN = {"build/bin/turbodiff", "build/bin/turbodiff-sched", "turbodiff", "turbodiff-sched", "chmod", "cp", "curl", "mkdir",
         "printf"}
MARKS = ("sh", "text", "yaml", "json")
API_PORT = 7860
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


def page_commands(path):
    """What is to be done for a page: commands, and (FILE, TEXT) for a block that is a file."""
    text = open(path, encoding="utf-8").read()
    commands = []
    for block in re.finditer(r"^( *)```(\w*)\n(.*?)^ *```$", text, re.M | re.S):
        indent, mark = block.group(1), block.group(2)
        body = "\n".join(line[len(indent):] for line in block.group(3).split("\n"))
        if mark not in MARKS:
            raise SystemExit(f"{path}: a block is marked '{mark}'; mark it {', '.join(MARKS)}:\n{body}")
        named = re.match(r"# ~/(\S+)", body)
        if mark == "sh":
            commands += logical_lines(body)
        elif named:
            commands.append((named.group(1), body))
        elif mark == "json":
            json.loads(body)
    return commands


def page_sets(readme):
    """The pages of docs that show commands: (name of the set, commands)."""
    pages = sorted(glob.glob(os.path.join(os.path.dirname(os.path.abspath(readme)), "docs", "*.md")))
    sets = [("docs/" + os.path.basename(page), page_commands(page)) for page in pages]
    return [(name, commands) for name, commands in sets if commands]


def missing_settings(readme, directory):
    """Keys of the configuration that docs/configuration.md does not have."""
    command = [os.path.join(directory, "turbodiff"), "doctor", "--show-config", "--json"]
    with tempfile.TemporaryDirectory() as home:
        run = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "HOME": home})
    with open(os.path.join(os.path.dirname(os.path.abspath(readme)), "docs", "configuration.md"), encoding="utf-8") as file:
        page = file.read()
    return [entry["key"] for entry in json.loads(run.stdout)["config"] if f"| `{entry['key']}` |" not in page]


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
        for name in ("examples", "models"):
            os.symlink(os.path.join(os.path.dirname(os.path.abspath(readme)), name), os.path.join(self.folder, name))
        kept = ("PATH", "LANG", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "OMP_WAIT_POLICY")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ}
        self.environment["PATH"] = directory + ":" + self.environment["PATH"]
        self.environment["HOME"] = os.path.join(self.root, "home")
        self.staying = []

    def write(self, name, text):
        path = os.path.join(self.environment["HOME"], name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, command):
        """What went wrong, or nothing."""
        bare = command.split("  #")[0].strip()
        stays_on = bare.endswith(" &")
        if stays_on:
            command = bare = bare[:-2].strip()
        stays = bare in STAYS
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
            ready.close()
            os.unlink(os.path.join(self.root, "ready"))
            if stays_on and not problem:
                self.staying.append((command, process))
                return None
            process.send_signal(signal.SIGTERM)
            if problem:
                return f"{problem}\n{process.communicate()[0].decode()}"
        return self.end_of(process)

    def end_of(self, process):
        """What went wrong, or nothing."""
        try:
            output, _ = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return f"did not end within {TIMEOUT_S} s"
        return f"ended with {process.returncode}\n{output.decode()}" if process.returncode else None

    def stop(self):
        """Ends what stays; (command, what went wrong) of each."""
        ended = []
        for command, process in self.staying:
            process.send_signal(signal.SIGTERM)
            ended.append((command, self.end_of(process)))
        self.staying = []
        return ended

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)


def programs_in(command):
    words = shlex.shlex(command.split("\n")[0], posix=True, punctuation_chars="|&;")
    words.whitespace_split, words.commenters = True, "#"
    words = ["|", *words]
    return [word for before, word in zip(words, words[1:]) if before in ("|", "&&", "||", ";")]


def port_is_taken():
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", API_PORT)) == 0


def needs_api(command):
    return isinstance(command, str) and ("--http" in command or f":{API_PORT}" in command)


def run_set(name, commands, directory, readme):
    failures = ran = 0
    place = Place(directory, readme)
    if any(needs_api(command) for command in commands) and port_is_taken():
        print(f"  another program listens on port {API_PORT}: what needs it is left out")
        commands = [command for command in commands if not needs_api(command)]
    for whole in commands:
        if isinstance(whole, tuple):
            place.write(*whole)
            continue
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
    for command, problem in place.stop():
        failures += problem is not None
        if problem:
            print(f"  FAILED    {command}\n    {problem}")
    place.close()
    if ran == 0:
        print(f"  nothing of {name} was run")
    return ran, failures


def main():
    readme, directory = sys.argv[1], os.path.abspath(sys.argv[2])
    wanted = sys.argv[3:] or ["readme", "docs", "turbodiff", "turbodiff-sched"]
    sets = [("README.md", page_commands(readme))] if "readme" in wanted else []
    sets += page_sets(readme) if "docs" in wanted else []
    for program in wanted:
        if program in ("readme", "docs"):
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
    if "docs" in wanted:
        for key in missing_settings(readme, directory):
            print(f"docs/configuration.md: {key} is missing")
            failed += 1
    print(f"{ran} commands ran, {failed} failed")
    return 1 if failed or ran < 4 else 0


if __name__ == "__main__":
    sys.exit(main())
