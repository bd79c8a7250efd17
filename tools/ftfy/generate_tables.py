#!/usr/bin/env python3
"""Writes lib/text/ftfy/tables/*.inc, the data behind lib/text's prompt cleaning, from the ftfy package.

    python3 tools/ftfy/generate_tables.py            # rewrite the tables
    python3 tools/ftfy/generate_tables.py --check    # exit 1 if a committed table differs

Needs ftfy==6.3.1 (pip install -r tools/ftfy/requirements.txt) and a Python whose unicodedata is 14.0 (3.11), so
that the tables do not depend on the machine. Regular expressions are taken apart into character classes and
sequences of them; an expression of a shape this script does not know stops it.
"""

import argparse
import html
import itertools
import pathlib
import re
import re._constants as sre
import re._parser as sre_parser
import sys
import unicodedata

import ftfy
from ftfy import badness, chardata, fixes

FTFY_VERSION = "6.3.1"
UNICODE_VERSION = "14.0.0"
TABLES = pathlib.Path(__file__).resolve().parents[2] / "lib" / "text" / "tables"
CODE_POINTS = 0x110000
CATEGORIES = {
    sre.CATEGORY_SPACE: re.compile(r"\s"),
    sre.CATEGORY_WORD: re.compile(r"\w"),
    sre.CATEGORY_DIGIT: re.compile(r"\d"),
}


def ranges_of(members):
    """Sorted, disjoint, maximal (first, last) pairs covering the set."""
    pairs = []
    for member in sorted(members):
        if pairs and pairs[-1][1] == member - 1:
            pairs[-1][1] = member
        else:
            pairs.append([member, member])
    return [tuple(pair) for pair in pairs]


def category(name):
    pattern = CATEGORIES[name]
    return {code for code in range(CODE_POINTS) if pattern.match(chr(code))}


def class_members(op, value):
    """The set of code points that one single-character node of a parsed expression matches."""
    if op is sre.LITERAL:
        return frozenset([value])
    if op is sre.NOT_LITERAL:
        return frozenset(range(CODE_POINTS)) - {value}
    if op is sre.ANY:
        return frozenset(range(CODE_POINTS)) - {ord("\n")}
    if op is not sre.IN:
        raise SystemExit(f"unknown node {op}")
    members = set()
    negate = False
    for item, argument in value:
        if item is sre.NEGATE:
            negate = True
        elif item is sre.LITERAL:
            members.add(argument)
        elif item is sre.RANGE:
            members.update(range(argument[0], argument[1] + 1))
        elif item is sre.CATEGORY:
            members |= category(argument)
        else:
            raise SystemExit(f"unknown class item {item}")
    return frozenset(set(range(CODE_POINTS)) - members if negate else members)


def sequences(nodes):
    """All fixed sequences of classes a parsed expression stands for, in the order it tries them.

    Each is a list of sets; None stands for the start of the text.
    """
    result = [[]]
    for op, value in nodes:
        if op is sre.BRANCH:
            tails = [tail for branch in value[1] for tail in sequences(branch)]
        elif op is sre.SUBPATTERN:
            tails = sequences(value[3])
        elif op is sre.AT and value is sre.AT_BEGINNING:
            tails = [[None]]
        elif op is sre.MAX_REPEAT and value[1] is not sre.MAXREPEAT:
            inner = sequences(value[2])
            tails = []
            for count in range(value[1], value[0] - 1, -1):
                tails += [sum(parts, []) for parts in itertools.product(inner, repeat=count)]
        else:
            tails = [[class_members(op, value)]]
        result = [head + tail for head in result for tail in tails]
    return result


class ClassTable:
    """Numbers distinct character classes and writes which classes each code point is in."""

    def __init__(self):
        self.classes = []

    def number(self, members):
        if members not in self.classes:
            self.classes.append(members)
        return self.classes.index(members)

    def rows(self):
        if len(self.classes) > 128:
            raise SystemExit("more than 128 character classes")
        cuts = {0, CODE_POINTS}
        for members in self.classes:
            for first, last in ranges_of(members):
                cuts |= {first, last + 1}
        cuts = sorted(cuts)
        rows = []
        for first, end in zip(cuts, cuts[1:]):
            mask = sum(1 << index for index, members in enumerate(self.classes) if first in members)
            if rows and rows[-1][2] == mask and rows[-1][1] == first - 1:
                rows[-1] = (rows[-1][0], end - 1, mask)
            else:
                rows.append((first, end - 1, mask))
        low = (1 << 64) - 1
        return [f"{{0x{first:X}, 0x{last:X}, {{0x{mask & low:X}, 0x{mask >> 64:X}}}}}"
                for first, last, mask in rows if mask]


def sequence_rows(found, table):
    rows = []
    for items in found:
        at_start = items[0] is None
        numbers = [table.number(members) for members in items if members is not None]
        if any(members is None for members in items[1:]):
            raise SystemExit("an anchor inside a sequence")
        if len(numbers) > 8:
            raise SystemExit("a sequence is longer than 8")
        listed = ", ".join(map(str, numbers))
        rows.append(f"{{{'true' if at_start else 'false'}, {len(numbers)}, {{{listed}}}}}")
    return rows


def array(declaration, rows):
    lines, line = [], " "
    for row in rows:
        if len(line) + len(row) + 2 > 110:
            lines.append(line)
            line = " "
        line += f" {row},"
    lines.append(line)
    return f"inline constexpr {declaration}[] = {{\n" + "\n".join(lines) + "\n};\n"


def pattern_table(name, pattern):
    table = ClassTable()
    rows = sequence_rows(sequences(sre_parser.parse(pattern.pattern, pattern.flags)), table)
    return array(f"ClassRange {name}_ranges", table.rows()) + array(f"ClassSequence {name}_sequences", rows)


def utf8_detector():
    """UTF8_DETECTOR_RE: (?<! [strict]) ( [two][next] | [three][next]{2} | [four][next]{3} )+"""
    parsed = list(sre_parser.parse(chardata.UTF8_DETECTOR_RE.pattern, chardata.UTF8_DETECTOR_RE.flags))
    (behind, (direction, not_before)), (repeat, (least, most, group)) = parsed
    assert behind is sre.ASSERT_NOT and direction == -1 and repeat is sre.MAX_REPEAT
    assert least == 1 and most is sre.MAXREPEAT
    table = ClassTable()
    assert len(not_before) == 1 and table.number(class_members(*not_before[0])) == 0
    rows = sequence_rows(sequences(group), table)
    return array("ClassRange utf8_clue_ranges", table.rows()) + array("ClassSequence utf8_clue_sequences", rows)


def charmaps():
    """For each encoding ftfy tries, in its order: its characters for bytes 0x80..0xFF."""
    text = ""
    names = [*chardata.CHARMAP_ENCODINGS, "windows-1252"]
    listed = []
    for name in names:
        sloppy = name.startswith("sloppy-")
        high = [bytes([byte]).decode(name, "replace") for byte in range(0x80, 0x100)]
        assert name == "windows-1252" or len(set(high)) == 128
        low = [bytes([byte]).decode(name) for byte in range(0x80)]
        assert all(char == chr(byte) or (byte == 0x1A and sloppy) for byte, char in enumerate(low))
        assert (low[0x1A] == "\ufffd") == sloppy
        identifier = re.sub(r"\W", "_", name) + "_high"
        text += array(f"char16_t {identifier}", [f"0x{ord(char):04X}" for char in high])
        if name != "windows-1252":
            listed.append(f'{{"{name}", {"true" if sloppy else "false"}, {identifier}}}')
    return text + array("CharMapEncoding charmap_encodings", listed)


def string(text):
    """A C++ UTF-32 initialiser list."""
    return "{" + ", ".join(f"0x{ord(char):X}" for char in text) + "}"


def entities():
    """Names without '&', in byte order; 1: known to html.unescape, 2: to ftfy's unescape_html."""
    known = {}
    for name, value in html.entities.html5.items():
        known[name] = [1, value]
    for name, value in chardata.HTML_ENTITIES.items():
        entry = known.setdefault(name[1:], [0, value])
        assert entry[1] == value
        entry[0] |= 2
    assert max(len(value) for _, value in known.values()) <= 3
    rows = [f'{{"{name}", {flags}, {string(value)}}}' for name, (flags, value) in sorted(known.items())]
    invalid = [f"{{0x{number:X}, 0x{ord(char):X}}}" for number, char in sorted(html._invalid_charrefs.items())]
    dropped = [f"{{0x{first:X}, 0x{last:X}}}" for first, last in ranges_of(html._invalid_codepoints)]
    return (array("Entity entities", rows) + array("CharRefReplacement charref_replacements", invalid)
            + array("CharRefRange dropped_charrefs", dropped))


def translation(name, mapping):
    assert max(len(value) for value in mapping.values()) <= 3
    return array(f"CharReplacement {name}",
                 [f"{{0x{code:X}, {string(value)}}}" for code, value in sorted(mapping.items())])


def decimal_digits():
    assert fixes.ANSI_RE.pattern == "\033\\[((?:\\d|;)*)([a-zA-Z])"
    rows = [f"{{0x{first:X}, 0x{last:X}}}" for first, last in ranges_of(category(sre.CATEGORY_DIGIT))]
    return array("CodePointRange decimal_digits", rows)


def tables():
    return {
        "badness.inc": pattern_table("badness", badness.BADNESS_RE),
        "utf8_clues.inc": utf8_detector(),
        "byte_repairs.inc": pattern_table("altered_utf8", chardata.ALTERED_UTF8_RE)
                            + pattern_table("lossy_utf8", chardata.LOSSY_UTF8_RE),
        "charmaps.inc": charmaps(),
        "entities.inc": entities(),
        "width_forms.inc": translation("width_forms", chardata.WIDTH_MAP),
        "ligatures.inc": translation("ligatures", chardata.LIGATURES),
        "decimal_digits.inc": decimal_digits(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a committed table differs")
    arguments = parser.parse_args()
    if ftfy.__version__ != FTFY_VERSION or unicodedata.unidata_version != UNICODE_VERSION:
        raise SystemExit(f"needs ftfy {FTFY_VERSION} and Unicode {UNICODE_VERSION}, this is "
                         f"{ftfy.__version__} and {unicodedata.unidata_version}")
    stale = []
    for name, body in tables().items():
        text = (f"// Generated by tools/ftfy/generate_tables.py from ftfy {FTFY_VERSION} and Python's html module"
                f" (Unicode {UNICODE_VERSION}). Do not edit.\n// clang-format off\n{body}// clang-format on\n")
        path = TABLES / name
        if not path.exists() or path.read_text(encoding="ascii") != text:
            stale.append(name)
            if not arguments.check:
                path.write_text(text, encoding="ascii")
    if stale:
        print(("differs: " if arguments.check else "wrote: ") + ", ".join(stale))
    return 1 if stale and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
