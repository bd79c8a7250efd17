#!/usr/bin/env python3
"""Makes small errors in the sources, one at a time, and asks whether the module's fast tests notice.

A mutant is compiled apart (unoptimised, with a precompiled header of its own) and linked in front of the libraries of a
build that is there (BUILD, without the engine), so that no source and no object of the build is touched, whenever this
is interrupted. What survives is a gap in the tests, or does the same as the original: those are explained in
equivalent.txt.
"""
import argparse
import collections
import json
import os
import random
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXPLAINED = Path(__file__).with_name("equivalent.txt")
MOST_MEMORY = 3 << 30
EVERY_TEST = ["*"]


@dataclass
class Module:
    """Sources, and the test program that is to notice; `stages`: files of its cases, those that take long last.
    Only the first stage is for `told`: sources that the others do not look at."""
    folder: str
    sources: list
    test: str
    stages: list = field(default_factory=lambda: EVERY_TEST)
    told: list = field(default_factory=list)


MODULES = {
    "planner": Module("lib/plan", ["planner", "plan_problem", "plan_result", "unplaced_reason", "exact_search",
                                    "after_branching", "price_curves"], "sched_test",
                      ["*planner_rules_test*,*plan_problem_test*,*start_instants_test*,*plan_result_test*,*unplaced_reason_test*",
                       "*planner_exact_test*"], ["plan_result", "unplaced_reason"]),
    "billing": Module("lib/runner", ["billing", "recover_attempts", "frozen_prices", "idle_ledger"], "sched_test",
                      ["*recover_test*,*billing_test*,*frozen_prices_test*"]),
    "store": Module("lib/store", ["job", "job_store", "job_queries", "runner_store", "energy_rows", "rows",
                                  "outbox_store", "inbox_store", "database", "publish", "store_lock"], "store_test"),
    "durable": Module("lib/core/os", ["durable_rename"], "store_test", ["*publish_test*"]),
    "policy": Module("lib/power", ["shutdown_policy", "switch_off", "wake_alarm"], "power_test",
                     ["*shutdown_policy_test*,*wake_alarm_test*", "*switch_off*"], ["shutdown_policy", "wake_alarm"]),
}

# (name, pattern, replacement with {0}, {1}, … for the match and its groups) in code without strings and comments.
# Blanks around an operator tell it from the brackets of a template.
IN_CODE = [
    ("comparison", r"(?<= )==(?= )", "!="), ("comparison", r"(?<= )!=(?= )", "=="),
    ("boundary", r"(?<= )<=(?= )", "<"), ("boundary", r"(?<= )>=(?= )", ">"),
    ("boundary", r"(?<= )<(?= )", "<="), ("boundary", r"(?<= )>(?= )", ">="),
    ("relation", r"(?<= )<=(?= )", ">"), ("relation", r"(?<= )>=(?= )", "<"),
    ("relation", r"(?<= )<(?= )", ">="), ("relation", r"(?<= )>(?= )", "<="),
    ("arithmetic", r"(?<=[\w)\]] )\+(?= )", "-"), ("arithmetic", r"(?<=[\w)\]] )-(?= )", "+"),
    ("arithmetic", r"(?<=[\w)\]] )\*(?= \w)", "/"), ("arithmetic", r"(?<=[\w)\]] )/(?= \w)", "*"),
    ("arithmetic", r"(?<= )\+=(?= )", "-="), ("arithmetic", r"(?<= )-=(?= )", "+="),
    ("arithmetic", r"(?<=[\w)\]] )%(?= \w)", "/"),
    ("bits", r"(?<= )>>(?= )", "<<"), ("bits", r"(?<= )<<(?= )", ">>"), ("bits", r"(?<= )\|=(?= )", "&="),
    ("bits", r"(?<=[\w)\]] )&(?= )", "|"), ("bits", r"(?<=[\w)\]] )\|(?= )", "&"),
    ("logic", r"(?<= )&&(?= )", "||"), ("logic", r"(?<= )\|\|(?= )", "&&"),
    ("logic", r"(?<=[ (])!(?=[A-Za-z_(])", ""),
    ("condition", r"\bif \((?!const |auto )([^;]*)\)(?= \w[^()]*(?:\(.*\))?;$| \{$|$)", "if (({1}) || true)"),
    ("condition", r"\bif \((?!const |auto )([^;]*)\)(?= \w[^()]*(?:\(.*\))?;$| \{$|$)", "if (({1}) && false)"),
    ("constant", r"(?<=[ (+\-*/])(?<![\w.])\d[\d']*(?=[ ),;])", "({0} + 1)"),
    ("constant", r"(?<=[ (+\-*/])(?<![\w.])\d[\d']*(?=[ ),;])", "({0} - 1)"),
    ("constant", r"\btrue\b", "false"), ("constant", r"\bfalse\b", "true"),
    ("choice", r"\bstd::min\b", "std::max"), ("choice", r"\bstd::max\b", "std::min"),
    ("choice", r"\? ([^?:,;]+(?:::[^?:,;]+)*) : ([^?:,;]+?)(?=\)*[,;])", "? {2} : {1}"),
    ("statement", r"^ +(?!return|throw|using|const|auto|std::\w+<|struct|else|case|break|continue|static)"
                  r"[\w:][\w:.>\-\[\]]*(?:\(.*\)|\s[+-]?=\s[^;]+);$", ";"),
    ("statement", r"^ +(?:\+\+|--)[\w.\[\]>-]+;$", ";"),
    ("jump", r"\b(?:break|continue);$", ";"),
    ("return", r"(?<=return )(?!true;|false;|0;|\"\";|std::nullopt;|nullptr;|\{\};)[^;{]+(?=;)", "{{}}"),
]
IN_SQL = [
    ("sql", r"(?<= )=(?= [?\d'(\w])", "!="), ("sql", r"(?<= )!=(?= )", "="), ("sql", r"(?<= )<(?= )", "<="),
    ("sql", r"(?<= )>=(?= )", ">"), ("sql", r"(?<= )>(?= )", ">="), ("sql", r"\bAND\b", "OR"),
    ("sql", r"(?<= )\+(?= 1)", "-"), ("sql", r"\bNOT IN\b", "IN"), ("sql", r"\bIS NOT NULL\b", "IS NULL"),
    ("sql", r"\bmax\(", "min("),
]
SQL_WORDS = re.compile(r"\b(SELECT|UPDATE|DELETE|INSERT|WHERE|ORDER BY|FROM)\b")
# What a constant limit is set to is a choice; a test of its value would only say it twice.
NO_CODE = re.compile(r"^\s*(#|//|static_assert|constexpr|namespace|using |template|log_\.|throw )")


@dataclass
class Mutant:
    module: str
    source: Path
    line: int
    kind: str
    old: str
    new: str
    text: str = field(repr=False, default="")

    def key(self):
        return f"{self.source.relative_to(ROOT)}: {self.old.strip()} => {self.new.strip()}"


@dataclass
class Result:
    module: str
    place: str
    kind: str
    key: str
    outcome: str  # killed, timeout (killed too), survived, explained or build error
    by: str       # the test case that failed
    seconds: float


def split_code(text):
    """The text twice, equally long: with blanks for strings and comments, and with blanks for all but strings."""
    code, strings, state, i = [], [], "code", 0
    while i < len(text):
        two = text[i:i + 2]
        width = 1
        if state == "code":
            if two in ("//", "/*"):
                state, width = two, 2
            elif text[i] in "\"'" and not (text[i] == "'" and i and text[i - 1].isalnum()):
                state = text[i]
            code.append(text[i] if state == "code" else " " * width)
            strings.append("\n" if text[i] == "\n" else " " * width)
        else:
            if state in "\"'" and text[i] == "\\":
                width = 2
            ends = {"//": text[i] == "\n", "/*": two == "*/"}.get(state, text[i] == state)
            if state == "/*" and ends:
                width = 2
            inside = state == '"' and not ends
            piece = text[i:i + width]
            code.append("\n" if text[i] == "\n" else " " * width)
            strings.append(piece if inside else "\n" if text[i] == "\n" else " " * width)
            if ends:
                state = "code"
        i += width
    return "".join(code), "".join(strings)


def is_balanced(text):
    depth = 0
    for char in text:
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth < 0:
            return False
    return depth == 0


def mutants_of(module, source):
    text = source.read_text()
    code, strings = split_code(text)
    offset = 0
    for number, (line, in_code, in_string) in enumerate(
            zip(text.split("\n"), code.split("\n"), strings.split("\n")), 1):
        places = []
        if not NO_CODE.match(line):
            places += [(kind, match, new) for kind, pattern, new in IN_CODE for match in re.finditer(pattern, in_code)]
        if SQL_WORDS.search(in_string):
            places += [(kind, match, new) for kind, pattern, new in IN_SQL for match in re.finditer(pattern, in_string)]
        for kind, match, new in places:
            begin, end = match.span()
            if kind == "statement" and in_code.count("(") != in_code.count(")"):
                continue  # the end of one that began lines before
            if kind in ("condition", "choice") and not all(map(is_balanced, match.groups())):
                continue
            if kind == "bits" and ("Binder" in in_code or in_code.lstrip().startswith("<<")):
                continue  # values for a statement of SQL
            # With the strings of the line, which the match has blanks for.
            groups = [line[slice(*match.span(i))] for i in range(len(match.groups()) + 1)]
            mutated = line[:begin] + new.format(*groups) + line[end:]
            yield Mutant(module, source, number, kind, line, mutated,
                         text[:offset] + mutated + text[offset + len(line):])
        offset += len(line) + 1


class Builder:
    """Compiles mutants of a module's sources, and links its test program with one of them."""

    def __init__(self, build, module, scratch, compiler):
        self.build, self.header, self.other = build, scratch / "pch.hxx", compiler
        lines = subprocess.run(["ninja", "-C", str(build), "-t", "commands", module.test], capture_output=True,
                               text=True, check=True).stdout.splitlines()
        self.compile_calls = {}
        for line in lines:
            if found := re.search(r" -c (\S+\.cpp)$", line.strip()):
                self.compile_calls[found[1]] = line
        self.link = shlex.split(lines[-1].replace(": &&", "", 1).rsplit("&& :", 1)[0])
        self.link += ["-lfmt"] + (["-fuse-ld=lld"] if shutil.which("ld.lld") else [])

    def compiler(self, source):
        """The call for it without optimisation, and the header that all of the build include."""
        words = shlex.split(self.compile_calls[str(source)])
        own = next(word for word in words if word.endswith(("c++", "g++", "clang++")))
        call = [self.other or own, "-O0", "-w"]  # fmt comes from its library
        call += [word for word in words if word.startswith(("-D", "-I", "-std")) and "FMT_HEADER_ONLY" not in word]
        call += [word for at, flag in enumerate(words) if flag == "-isystem" for word in words[at:at + 2]]
        included = [words[at + 1] for at, flag in enumerate(words) if flag == "-include"]
        return call, included

    def precompile(self, sources):
        """One header with all that the sources include, for calls with the flags of compiler()."""
        call, included = self.compiler(sources[0])
        texts = [Path(path).read_text() for path in included] + [source.read_text() for source in sources]
        lines = [line for text in texts for line in re.findall(r"^#include .*", text, re.MULTILINE)]
        self.header.write_text("\n".join(dict.fromkeys(lines)) + "\n")
        subprocess.run([*call, "-x", "c++-header", "-o", f"{self.header}.gch", str(self.header)]
                       + (["-fpch-instantiate-templates"] if "clang" in call[0] else []), check=True)

    def run(self, mutant, folder):
        """The mutant's test program; nothing when it does not compile."""
        source, obj, program = folder / mutant.source.name, folder / "mutant.o", folder / "test"
        source.write_text(mutant.text)
        call, _ = self.compiler(mutant.source)
        call += ["-include", str(self.header), f"-I{mutant.source.parent}", "-o", str(obj), "-c", str(source)]
        if subprocess.run(call, cwd=self.build, capture_output=True).returncode != 0:
            return None
        link = list(self.link)
        link[link.index("-o") + 1] = str(program)
        # Before the libraries: theirs is not taken, then. After the tests: their inline functions are optimised.
        first = next(i for i, word in enumerate(link) if word.endswith(".a"))
        link.insert(first, str(obj))
        done = subprocess.run(link, cwd=self.build, capture_output=True, text=True)
        if done.returncode != 0:
            print(done.stderr[-500:], file=sys.stderr)
            return None
        return program


def run_stage(program, files, cpu_s):
    """The outcome, the failed test case and the processor's time."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s) + 1, int(cpu_s) + 2))
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    test = subprocess.Popen([str(program), "--abort-after=1", f"--source-file={files}"], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                            start_new_session=True, preexec_fn=limit)
    late = False
    try:
        # On a busy machine much longer than the processor's time; a test that sleeps for ever ends here.
        output, _ = test.communicate(timeout=60 + 30 * cpu_s)
    except subprocess.TimeoutExpired:
        late = True
        os.killpg(test.pid, signal.SIGKILL)
        output, _ = test.communicate()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    case = re.findall(r"TEST CASE: +(.*)", output)
    late = late or test.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
    outcome = "timeout" if late else "survived" if test.returncode == 0 else "killed"
    return outcome, case[-1] if case and outcome != "survived" else "", after.ru_utime - before.ru_utime


class Runner:
    def __init__(self, options, scratch):
        self.options, self.scratch, self.lock = options, Path(scratch), threading.Lock()
        self.known, self.results = explained(), []

    def try_one(self, builder, stages, mutant):
        stages = stages[:1] if mutant.source.stem in MODULES[mutant.module].told else stages
        start = time.monotonic()
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            program = builder.run(mutant, Path(folder))
            outcome, by = ("survived" if program else "build error"), ""
            for files, cpu_s in stages:
                if outcome == "survived":
                    outcome, by, _ = run_stage(program, files, cpu_s)
        if outcome == "survived" and mutant.key() in self.known:
            outcome = "explained"
        place = f"{mutant.source.relative_to(ROOT)}:{mutant.line}"
        with self.lock:
            self.results.append(Result(mutant.module, place, mutant.kind, mutant.key(), outcome, by,
                                       round(time.monotonic() - start, 1)))
            if outcome == "survived":
                print(f"survived: {place} ({mutant.kind})\n  - {mutant.old.strip()}\n  + {mutant.new.strip()}",
                      flush=True)
            self.write()

    def write(self):
        if self.options.json:
            text = json.dumps([asdict(result) for result in self.results], indent=1)
            partial = self.options.json.with_suffix(".partial")
            partial.write_text(text + "\n")
            partial.replace(self.options.json)

    def run(self, name, chosen):
        """Whether the tests pass without a mutant; then the results are there."""
        module = MODULES[name]
        folder = self.scratch / name
        folder.mkdir()
        stages = []
        for files in module.stages:
            outcome, case, used_s = run_stage(self.options.build / "test-bin" / module.test, files, 300)
            if outcome != "survived":
                print(f"{module.test} fails without any mutant: {case}")
                return False
            stages.append((files, 5 + 5 * used_s))
        builder = Builder(self.options.build, module, folder, self.options.compiler)
        builder.precompile([ROOT / module.folder / f"{stem}.cpp" for stem in module.sources])
        pool = ThreadPoolExecutor(self.options.jobs)
        try:
            for done in [pool.submit(self.try_one, builder, stages, mutant) for mutant in chosen]:
                done.result()
        finally:
            pool.shutdown(cancel_futures=True)  # when interrupted, not all that are left
        return True

    def table(self):
        """Whether enough was killed."""
        titles = ("MODULE", "MUTANTS", "KILLED", "SURVIVED", "EXPLAINED", "NO BUILD", "KILLED %", "SECONDS")
        print(("{:<10}" + "{:>10}" * 7).format(*titles))
        share = 0
        for name in [*self.options.modules, "all"]:
            own = [result for result in self.results if name in (result.module, "all")]
            count = collections.Counter(result.outcome for result in own)
            killed = count["killed"] + count["timeout"]
            ran = killed + count["survived"]
            share = killed / ran if ran else 0
            print(f"{name:<10}{len(own):>10}{killed:>10}{count['survived']:>10}{count['explained']:>10}"
                  f"{count['build error']:>10}{100 * share:>10.1f}{sum(result.seconds for result in own):>10.0f}")
        return share >= self.options.least


def explained():
    lines = EXPLAINED.read_text().splitlines() if EXPLAINED.exists() else []
    return {line.rsplit("  ## ", 1)[0].strip() for line in lines if "  ## " in line}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build-floor")
    parser.add_argument("--count", type=int, default=40, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--compiler", default="", help="in place of the build's; clang++ takes half the time, but clang "
                        "14 passes an __int128 (planner) in another way than gcc")
    parser.add_argument("--least", type=float, default=0.9, help="share that must be killed or explained")
    parser.add_argument("--file", default="", help="only sources whose name has this in it")
    parser.add_argument("--json", type=Path, help="write each mutant's result into this file, as they come")
    parser.add_argument("--again", type=Path, help="only those that survived in this file of --json")
    parser.add_argument("--list", action="store_true", help="count what could be mutated, and run nothing")
    parser.add_argument("modules", nargs="*", default=list(MODULES))
    return parser.parse_args()


def main():
    options = parse()
    options.build = options.build.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    survivors = {result["key"] for result in json.loads(options.again.read_text())
                 if result["outcome"] in ("survived", "explained")} if options.again else None
    with tempfile.TemporaryDirectory(prefix="mutate-") as scratch:
        runner = Runner(options, scratch)
        for name in options.modules:
            sources = [ROOT / MODULES[name].folder / f"{stem}.cpp" for stem in MODULES[name].sources
                       if options.file in stem]
            everything = [mutant for source in sources for mutant in mutants_of(name, source)]
            if options.list:
                print(f"{name}: {len(everything)} in {len(sources)} files, "
                      f"{dict(collections.Counter(m.kind for m in everything))}")
                continue
            if survivors is None:
                chosen = random.Random(options.seed).sample(everything, min(options.count, len(everything)))
            else:
                chosen = [mutant for mutant in everything if mutant.key() in survivors]
            if chosen and not runner.run(name, chosen):
                return 1
        return 0 if options.list or runner.table() else 1


if __name__ == "__main__":
    sys.exit(main())
