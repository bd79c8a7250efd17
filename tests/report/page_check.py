#!/usr/bin/env python3
"""page_check.py PAGE.html...: is it well-formed, self-contained and safe?

Every element that is opened is closed in order, ids are there once and what refers to them exists, each inline SVG is
well-formed XML with a title and a description, no attribute runs code, nothing is loaded from anywhere, and there are
exactly the page's own style and script, which the content security policy names by their hashes.
"""
import base64
import hashlib
import re
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

VOID = {"meta", "br", "link", "img", "input", "hr"}
LOADING = {"src", "srcset", "href", "xlink:href", "action", "formaction", "data", "poster", "background"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.refers, self.problems, self.texts = [], [], [], [], {"script": [], "style": []}
        self.policy, self.counts = "", {}

    def handle_starttag(self, tag, attributes):
        self.start(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.start(tag, attributes)

    def start(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        names = [name for name, _ in attributes]
        if len(names) != len(set(names)):
            self.problems.append(f"<{tag}> names an attribute twice")
        for name, value in attributes:
            if name in LOADING or name == "style" or name.startswith("on"):
                self.problems.append(f"<{tag} {name}={value!r}>")
            if name == "id":
                self.ids.append(value)
            if name in ("aria-labelledby", "aria-describedby"):
                self.refers += value.split()
        if tag == "meta" and ("http-equiv", "Content-Security-Policy") in attributes:
            self.policy = dict(attributes)["content"]
        if tag in ("iframe", "object", "embed", "link", "base", "form", "img", "image", "use", "foreignobject"):
            self.problems.append(f"<{tag}>")

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.problems.append(f"</{tag}> closes {self.open[-1:]}")
        else:
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] in self.texts:
            self.texts[self.open[-1]].append(data)
        elif re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", data):
            self.problems.append(f"control characters in {data[:60]!r}")


def check(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    page = Page()
    page.feed(text)
    page.close()
    problems = page.problems
    if page.open:
        problems.append(f"never closed: {page.open}")
    problems += [f"id {name} is there twice" for name in {n for n in page.ids if page.ids.count(n) > 1}]
    problems += [f"nothing has the id {name}" for name in page.refers if name not in page.ids]
    for kind in ("script", "style"):
        if page.counts.get(kind) != 1:
            problems.append(f"{page.counts.get(kind)} <{kind}> elements")
        digest = base64.b64encode(hashlib.sha256("".join(page.texts[kind]).encode()).digest()).decode()
        if f"{kind}-src 'sha256-{digest}'" not in page.policy:
            problems.append(f"the policy does not name the {kind}: {page.policy}")
    if "default-src 'none'" not in page.policy:
        problems.append("the policy lets things load")
    if re.search(r"url\(|@import|https?://", text.replace("http://www.w3.org/2000/svg", "")):
        problems.append("something is loaded or linked")
    charts = re.findall(r"<svg class=\"(?:wide|narrow)\".*?</svg>", text, re.S)
    for chart in charts:
        root = ElementTree.fromstring(chart)
        if [child.tag for child in root][:2] != ["title", "desc"]:
            problems.append("a chart without title and description")
        for element in root.iter():
            for name, value in element.attrib.items():
                if re.search("nan|inf", value) and name in ("x", "y", "width", "height", "d", "cx", "cy", "x1", "y2"):
                    problems.append(f"{name}={value[:40]} in a chart")
    if problems:
        sys.exit("\n".join(f"{path}: {problem}" for problem in problems[:20]))
    print(f"{path}: ok, {len(charts)} drawings, {len(text)} characters")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        check(name)
