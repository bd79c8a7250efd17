#!/usr/bin/env python3
"""check_links.py on pages with and without mistakes, and on those of this repository."""

import os
import tempfile
import unittest

from check_links import problems

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class CheckLinksTest(unittest.TestCase):
    def found(self, **pages):
        with tempfile.TemporaryDirectory() as root:
            for name, text in pages.items():
                path = os.path.join(root, name.replace("__", "/") + ".md")
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            return list(problems(root))

    def test_what_is_there_passes(self):
        self.assertEqual([], self.found(
            README="# A\n[b](docs/b.md) [b](docs/b.md#a-b-c) [here](#a) [out](https://example.org/x.md) `docs/b.md` `lib`",
            docs__b="# A b, `c`\n[up](../README.md)\n[a\nb](#twice-1)\n## Twice\n## Twice\n```sh\n# [no](link.md)\n```\n"))

    def test_what_is_not_there_is_found(self):
        self.assertEqual(
            ["README.md: docs/c.md: there is no such file", "README.md: docs/b.md#no: there is no such heading",
             "README.md: #b: there is no such heading", "README.md: lib/core/none.h: there is no such file",
             "docs/b.md: README.md: there is no such file", "docs/b.md: p.png: there is no such file"],
            self.found(README="# A\n[c](docs/c.md) [b](docs/b.md#no) [here](#b) `lib/core/none.h`",
                       docs__b="[up](README.md) ![picture](p.png)\n```sh\n# no\n```\n"))

    def test_this_repository(self):
        self.assertTrue(os.path.exists(os.path.join(ROOT, "docs", "README.md")))
        self.assertEqual([], list(problems(ROOT)))


if __name__ == "__main__":
    unittest.main()
