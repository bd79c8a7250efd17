#!/usr/bin/env python3
"""Makes small errors in the sources, one at a time, and asks whether the module's fast tests notice.

A mutant is compiled apart and linked in front of the library of a build that is there (BUILD, without the engine), so
that no source and no object of the build is touched. What survives is a gap in the tests, or does the same as the
original: those are explained in equivalent.txt.
"""
import argparse
import collections
import os
import random
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXPLAINED = Path(__file__).with_name("equivalent.txt")


@dataclass
class Module:
    """Sources, and the test program that is to notice; `only`: the files of its fast cases."""
    sources: list
    test: str
    only: str = ""


MODULES = {
    "planner": Module(["planner", "plan_problem", "plan_result", "unplaced_reason", "exact_search", "after_branching",
                       "price_curves"], "sched_test",
                      "*planner_exact_test*,*planner_rules_test*,*replan_test*"),
    "billing": Module(["billing", "recover_attempts", "energy_rows", "idle_ledger"], "sched_test",
                      "*recover_test*,*billing_test*"),
    "store": Module(["job", "job_store", "job_queries", "runner_store", "energy_rows", "rows", "outbox_store",
                     "inbox_store", "database", "publish", "store_lock"], "store_test"),
    "policy": Module(["shutdown_policy", "switch_off", "wake_alarm"], "power_test"),
}
FOLDERS = {"planner": "lib/sched", "billing": "lib/sched", "store": "lib/store", "policy": "lib/power"}

# (name, pattern, replacement) in code without strings and comments. Blanks around an operator tell it from the
# brackets of a template.
IN_CODE = [
    ("comparison", r"(?<= )==(?= )", "!="), ("comparison", r"(?<= )!=(?= )", "=="),
    ("boundary", r"(?<= )<=(?= )", "<"), ("boundary", r"(?<= )>=(?= )", ">"),
    ("boundary", r"(?<= )<(?= )", "<="), ("boundary", r"(?<= )>(?= )", ">="),
    ("arithmetic", r"(?<=[\w)\]] )\+(?= )", "-"), ("arithmetic", r"(?<=[\w)\]] )-(?= )", "+"),
    ("arithmetic", r"(?<=[\w)\]] )\*(?= \w)", "/"), ("arithmetic", r"(?<=[\w)\]] )/(?= \w)", "*"),
    ("arithmetic", r"(?<= )\+=(?= )", "-="), ("arithmetic", r"(?<= )-=(?= )", "+="),
    ("logic", r"(?<= )&&(?= )", "||"), ("logic", r"(?<= )\|\|(?= )", "&&"),
    ("logic", r"(?<=[ (])!(?=[A-Za-z_(])", ""),
    ("constant", r"(?<=[ (+\-*/])(?<![\w.])\d+(?=[ ),;])", "({0} + 1)"),
    ("constant", r"\btrue\b", "false"), ("constant", r"\bfalse\b", "true"),
    ("choice", r"\bstd::min\b", "std::max"), ("choice", r"\bstd::max\b", "std::min"),
    ("statement", r"^ +(?!return|throw|using|const|auto|std::\w+<|struct|else|case|break|continue|static)"
                  r"[\w:.>\-\[\]]+(?:\(.*\)|\s[+-]?=\s[^;]+);$", ";"),
    ("return", r"(?<=return )(?!true;|false;|0;|\"\";|std::nullopt;|nullptr;|\{\};)[^;{]+(?=;)", "{{}}"),
]
IN_SQL = [
    ("sql", r"(?<= )=(?= [?\d'(\w])", "!="), ("sql", r"(?<= )!=(?= )", "="), ("sql", r"(?<= )<(?= )", "<="),
    ("sql", r"(?<= )>=(?= )", ">"), ("sql", r"(?<= )>(?= )", ">="), ("sql", r"\bAND\b", "OR"),
    ("sql", r"(?<= )\+(?= 1)", "-"), ("sql", r"\bNOT IN\b", "IN"), ("sql", r"\bIS NOT NULL\b", "IS NULL"),
    ("sql", r"\bmax\(", "min("),
]
SQL_WORDS = re.compile(r"\b(SELECT|UPDATE|DELETE|INSERT|WHERE|ORDER BY|FROM)\b")
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
            mutated = line[:begin] + new.format(match.group(0)) + line[end:]
            yield Mutant(module, source, number, kind, line, mutated,
                         text[:offset] + mutated + text[offset + len(line):])
        offset += len(line) + 1


def commands(build, target):
    """The compiler's call for each source, and the linker's."""
    lines = subprocess.run(["ninja", "-C", str(build), "-t", "commands", target], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    compile_calls = {}
    for line in lines:
        if found := re.search(r" -c (\S+\.cpp)$", line.strip()):
            compile_calls[found[1]] = line
    return compile_calls, lines[-1]


class Builder:
    def __init__(self, build, module):
        self.build, self.module = build, module
        self.compile_calls, self.link = commands(build, module.test)

    def run(self, mutant, folder):
        """The mutant's test program; nothing when it does not compile."""
        source, obj, program = folder / mutant.source.name, folder / "mutant.o", folder / "test"
        source.write_text(mutant.text)
        call = shlex.split(self.compile_calls[str(mutant.source)])
        for option, value in (("-o", obj), ("-c", source), ("-MF", folder / "mutant.d")):
            if option in call:
                call[call.index(option) + 1] = str(value)
        env = {**os.environ, "CCACHE_DISABLE": "1"}
        if subprocess.run(call, cwd=self.build, env=env, capture_output=True).returncode != 0:
            return None
        link = shlex.split(self.link.replace(": &&", "", 1).rsplit("&& :", 1)[0])
        link[link.index("-o") + 1] = str(program)
        # Before the libraries: theirs is not taken, then.
        first = next(i for i, word in enumerate(link) if word.endswith(".o"))
        link.insert(first, str(obj))
        done = subprocess.run(link, cwd=self.build, env=env, capture_output=True, text=True)
        if done.returncode != 0:
            print(done.stderr[-500:], file=sys.stderr)
            return None
        return program


def test_call(module, program):
    call = [str(program), "--abort-after=1"]
    return call + ([f"--source-file={module.only}"] if module.only else [])


def outcome(module, program, limit_s):
    try:
        done = subprocess.run(test_call(module, program), capture_output=True, timeout=limit_s,
                              stdin=subprocess.DEVNULL)
        return "survived" if done.returncode == 0 else "killed"
    except subprocess.TimeoutExpired:
        return "killed"


def explained():
    lines = EXPLAINED.read_text().splitlines() if EXPLAINED.exists() else []
    return {line.rsplit("  ## ", 1)[0].strip() for line in lines if "  ## " in line}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build-floor")
    parser.add_argument("--count", type=int, default=40, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--least", type=float, default=0.9, help="share that must be killed or explained")
    parser.add_argument("--file", default="", help="only sources whose name has this in it")
    parser.add_argument("--list", action="store_true", help="count what could be mutated, and run nothing")
    parser.add_argument("modules", nargs="*", default=list(MODULES))
    return parser.parse_args()


def main():
    options = parse()
    rng = random.Random(options.seed)
    known, lock, counts = explained(), threading.Lock(), collections.defaultdict(collections.Counter)
    with tempfile.TemporaryDirectory(prefix="mutate-") as scratch:
        for name in options.modules:
            module = MODULES[name]
            sources = [ROOT / FOLDERS[name] / f"{stem}.cpp" for stem in module.sources if options.file in stem]
            everything = [mutant for source in sources for mutant in mutants_of(name, source)]
            if options.list:
                print(f"{name}: {len(everything)} in {len(sources)} files, "
                      f"{dict(collections.Counter(m.kind for m in everything))}")
                continue
            builder = Builder(options.build, module)
            start = time.monotonic()
            original = options.build / "test-bin" / module.test
            if outcome(module, original, 600) != "killed":
                limit_s = 10 + 10 * (time.monotonic() - start)
            else:
                print(f"{module.test} fails without any mutant")
                return 1

            def try_one(number, mutant, module=module, builder=builder, limit_s=limit_s):
                folder = Path(scratch) / f"{mutant.module}-{number}"
                folder.mkdir()
                program = builder.run(mutant, folder)
                result = outcome(module, program, limit_s) if program else "build error"
                if result == "survived" and mutant.key() in known:
                    result = "explained"
                for path in folder.iterdir():
                    path.unlink()
                with lock:
                    counts[mutant.module][result] += 1
                    if result == "survived":
                        print(f"survived: {mutant.source.relative_to(ROOT)}:{mutant.line} ({mutant.kind})\n"
                              f"  - {mutant.old.strip()}\n  + {mutant.new.strip()}", flush=True)

            chosen = rng.sample(everything, min(options.count, len(everything)))
            with ThreadPoolExecutor(options.jobs) as pool:
                for done in [pool.submit(try_one, n, mutant) for n, mutant in enumerate(chosen)]:
                    done.result()
    if options.list:
        return 0
    print(f"{'MODULE':<10}{'MUTANTS':>9}{'KILLED':>8}{'SURVIVED':>10}{'EXPLAINED':>11}{'NO BUILD':>10}{'KILLED %':>10}")
    total = collections.Counter()
    for name in [*options.modules, "all"]:
        count = total if name == "all" else counts[name]
        if name != "all":
            total.update(count)
        ran = count["killed"] + count["survived"]
        share = f"{100 * count['killed'] / ran:.1f}" if ran else "-"
        print(f"{name:<10}{sum(count.values()):>9}{count['killed']:>8}{count['survived']:>10}{count['explained']:>11}"
              f"{count['build error']:>10}{share:>10}")
    ran = total["killed"] + total["survived"]
    return 0 if ran and total["killed"] >= options.least * ran else 1


if __name__ == "__main__":
    sys.exit(main())
