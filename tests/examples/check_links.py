#!/usr/bin/env python3
"""Whether what README.md, CONTRIBUTING.md, SECURITY.md and docs name is there: relative links, their anchors, and
files of this repository between backticks.

usage: check_links.py ROOT
"""

import os
import re
import sys

PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs")
FOLDERS = "apps|cmake|docs|examples|hardware|kernels|lib|man|models|schedules|schemas|scripts|tests|tools"
LINK = re.compile(r"!?\[[^\]\n]*(?:\n[^\]\n]*)?\]\(([^)\s]+)\)")
FILE = re.compile(rf"`((?:{FOLDERS})/[\w./-]*[\w/])`")
BLOCK = re.compile(r"^ *```.*?^ *```$", re.M | re.S)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def pages_of(root):
    for name in PAGES:
        path = os.path.join(root, name)
        if os.path.isdir(path):
            yield from (f"{name}/{page}" for page in sorted(os.listdir(path)) if page.endswith(".md"))
        elif os.path.exists(path):
            yield name


def anchors_of(text):
    """Those that GitHub gives to headings."""
    found = {}
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", BLOCK.sub("", text), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found[slug] = found.get(slug, -1) + 1
        yield slug + (f"-{found[slug]}" if found[slug] else "")


def problem_of(root, page, target, text):
    """What is wrong with a relative link, or nothing."""
    path, _, anchor = target.partition("#")
    to = os.path.normpath(os.path.join(root, os.path.dirname(page), path)) if path else None
    if to and not os.path.exists(to):
        return "there is no such file"
    if anchor and (not to or to.endswith(".md")):
        other = read(to) if to else text
        if anchor not in anchors_of(other):
            return "there is no such heading"
    return None


def problems(root):
    for page in pages_of(root):
        text = read(os.path.join(root, page))
        prose = BLOCK.sub("", text)
        for target in LINK.findall(prose):
            wrong = None if re.match(r"[a-z]+:", target) else problem_of(root, page, target, text)
            if wrong:
                yield f"{page}: {target}: {wrong}"
        for name in FILE.findall(prose):
            if not os.path.exists(os.path.join(root, name)):
                yield f"{page}: {name}: there is no such file"


if __name__ == "__main__":
    found = list(problems(sys.argv[1]))
    print("\n".join(found), file=sys.stderr)
    sys.exit(1 if found else 0)
