#!/usr/bin/env python3
"""readd.py REPORT.csv [REPORT.json] [STORE.db]: adds a report's rows up again and compares with what else says the sum.

Reads the CSV with Python's own module and adds decimals; nothing of it is shared with the program. Each row's parts must
make its cost; the sums must be the totals of the JSON document, and those of the bills in the store, to the micro-unit
and microjoule. Prints the sums; exit code 1 at the first difference.
"""
import csv
import json
import sqlite3
import sys
from collections import defaultdict
from decimal import Decimal

MONEY = ("cost", "net", "levies", "vat", "at_once_cost", "saving", "waste_cost")


def fail(text):
    sys.exit(f"readd: {text}")


def sums_of_csv(path):
    sums = defaultdict(lambda: defaultdict(Decimal))
    with open(path, newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file, strict=True), start=2):
            if None in row or None in row.values():
                fail(f"{path}: row {number} has another number of fields than the header")
            if row["cost"] and Decimal(row["net"]) + Decimal(row["levies"]) + Decimal(row["vat"]) != Decimal(row["cost"]):
                fail(f"{path}: row {number}: net, levies and VAT are not the cost")
            place = sums[row["currency"], row["kind"]]
            for name in MONEY:
                place[name] += Decimal(row[name] or 0)
            place["microjoules"] += int(row["microjoules"])
            place["seconds"] += Decimal(row["seconds"])
    return sums


def compare(what, found, expected):
    if found != expected:
        fail(f"{what}: the rows make {found}, not {expected}")


def check_json(path, sums):
    with open(path, encoding="utf-8") as file:
        document = json.load(file, parse_float=Decimal)
    known = set()
    for total in document["totals"]:
        for kind in ("jobs", "idle"):
            known.add((total["currency"] or "", kind))
            rows, part = sums[total["currency"] or "", kind], total[kind]
            values = {**part, **(part["cost_detail"] or {})}
            for name in (*MONEY, "microjoules", "seconds"):
                compare(f"{path}: {name} of {kind}", rows[name], Decimal(values[name] or 0))
    for key in sums:
        if key not in known:
            fail(f"{path} has no total of {key}")


def check_store(path, sums):
    store = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    bills = store.execute("SELECT currency, sum(gross), sum(net), sum(levies), sum(vat), sum(microjoules) FROM energy "
                          "GROUP BY currency")
    for currency, *parts, microjoules in bills:
        rows = sums[currency, "jobs"]
        for name, micro in zip(("cost", "net", "levies", "vat"), parts):
            compare(f"{path}: {name}", rows[name], Decimal(micro) / 1_000_000)
        compare(f"{path}: microjoules", rows["microjoules"], microjoules)


def main():
    sums = sums_of_csv(sys.argv[1])
    for path in sys.argv[2:]:
        (check_json if path.endswith(".json") else check_store)(path, sums)
    for (currency, kind), values in sorted(sums.items()):
        print(f"{kind}: {values['cost']:f} {currency}, {values['microjoules']} microjoules, saved {values['saving']:f}")


if __name__ == "__main__":
    main()
