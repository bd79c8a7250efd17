#!/usr/bin/env python3
"""Compares lib/text's fix_text and clean_prompt with ftfy on generated strings; exit 1 on any difference.

    python3 tools/ftfy/compare.py build/tests/clean_filter [--count 100000] [--seed 0]

Needs the packages of tools/ftfy/requirements.txt. --corpus FILE writes generated pairs as JSON lines instead, the
unit tests' corpus: {"text", "fixed", "clean"}; a text with surrogates is a list of its code points there.
"""

import argparse
import html
import json
import re
import struct
import subprocess
import sys

import ftfy
import regex

from broken_text import BrokenText

SURROGATE = re.compile("[\ud800-\udfff]")


def clean_prompt(text):
    """The reference's basic_clean, then whitespace_clean."""
    text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
    return regex.sub(r"\s+", " ", text).strip()


def run_filter(program, arguments, texts):
    """What clean_filter writes for each of the texts, as bytes."""
    records = [text.encode("utf-8", "surrogatepass") for text in texts]
    stdin = b"".join(struct.pack("<I", len(record)) + record for record in records)
    out = subprocess.run([program, *arguments], input=stdin, stdout=subprocess.PIPE, check=True).stdout
    results, at = [], 0
    while at < len(out):
        (size,) = struct.unpack_from("<I", out, at)
        results.append(out[at + 4:at + 4 + size])
        at += 4 + size
    assert len(results) == len(texts)
    return results


def compare(program, texts):
    differences = 0
    for mode, reference in [("fix_text", ftfy.fix_text), ("clean_prompt", clean_prompt)]:
        results = [result.decode("utf-8", "surrogatepass") for result in run_filter(program, [mode], texts)]
        changed = different = 0
        for text, result in zip(texts, results):
            expected = reference(text)
            changed += expected != text
            if result != expected:
                different += 1
                if different <= 20:
                    print(f"{mode}: {text[:200]!a}\n  expected {expected[:200]!a}\n  got      {result[:200]!a}")
        print(f"{mode}: {len(texts)} strings, {changed} of them changed by the reference, {different} differences")
        differences += different
    return differences


def write_corpus(path, count, generator):
    with open(path, "w", encoding="ascii") as file:
        for _ in range(count):
            text = generator.text()
            stored = [ord(char) for char in text] if SURROGATE.search(text) else text
            row = {"text": stored, "fixed": ftfy.fix_text(text), "clean": clean_prompt(text)}
            file.write(json.dumps(row) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("filter", nargs="?", help="the built program tests/clean_filter")
    parser.add_argument("--count", type=int, default=100_000, help="generated strings, beside the fixed ones")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--corpus", help="write this file of reference pairs instead of comparing")
    arguments = parser.parse_args()
    generator = BrokenText(arguments.seed)
    if arguments.corpus:
        write_corpus(arguments.corpus, arguments.count, generator)
        return 0
    if not arguments.filter:
        parser.error("name the program clean_filter, or --corpus FILE")
    texts = list(generator.fixed_cases()) + [generator.text() for _ in range(arguments.count)]
    return 1 if compare(arguments.filter, texts) else 0


if __name__ == "__main__":
    sys.exit(main())
