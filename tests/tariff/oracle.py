#!/usr/bin/env python3
"""Random tariffs, priced minute by minute with zoneinfo and decimal, against `turbodiff-sched tariff show --json`.

It shares nothing with the program but the form of tariff files.
"""
import argparse
import datetime as dt
import json
import random
import subprocess
import sys
import tempfile
import time
from decimal import ROUND_HALF_EVEN, Decimal, getcontext
from pathlib import Path
from zoneinfo import ZoneInfo

getcontext().prec = 60
ZONES = ["Europe/Berlin", "Europe/London", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe",
         "America/St_Johns", "Asia/Shanghai"]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
UTC = dt.timezone.utc


def draw_price(rng):
    price = Decimal(rng.randint(-5_000, 60_000)).scaleb(-rng.choice([2, 3, 4, 5]))
    if rng.random() < 0.3:  # beyond 1e-9, and often just between two of them
        price += Decimal(rng.choice([5, 15, 25, -5, 49, 51, rng.randint(-999, 999)])).scaleb(-rng.choice([10, 11, 12]))
    return price


def clock(minutes):
    return f"{minutes // 60:02}:{minutes % 60:02}"


def draw_days(rng):
    out = []
    for _ in range(rng.randint(1, 3)):
        a, b = rng.randrange(7), rng.randrange(7)
        out.append(DAYS[a] if rng.random() < 0.5 else f"{DAYS[a]}-{DAYS[b]}")
    return out


def days_of(names):
    found = set()
    for name in names:
        first, _, last = name.partition("-")
        day = DAYS.index(first)
        end = DAYS.index(last or first)
        found.add(day)
        while day != end:
            day = (day + 1) % 7
            found.add(day)
    return found


class Calendar:
    """Rates, seasons and rules, as written and as asked."""

    def __init__(self, rng, off_peak=True):
        self.rates = {f"r{i}": (draw_price(rng), off_peak and rng.random() < 0.5) for i in range(rng.randint(1, 4))}
        self.seasons = []
        if rng.random() < 0.6:
            cuts = set(rng.sample(range(1, 367), 2 * rng.randint(1, 2)))
            if rng.random() < 0.3:  # around the leap day
                cuts |= {rng.choice([59, 60, 61]), rng.choice([200, 300, 366])}
            cuts = sorted(cuts)[:len(cuts) // 2 * 2]
            for i in range(0, len(cuts), 2):
                self.seasons.append([f"s{i}", cuts[i], cuts[i + 1] - 1 if cuts[i + 1] > cuts[i] + 1 else cuts[i]])
            if len(self.seasons) == 1 and rng.random() < 0.5:  # over New Year
                name, first, last = self.seasons[0]
                self.seasons[0] = [name, last, first]
        self.rules = []
        for _ in range(rng.randint(0, 5)):
            rule = {"rate": rng.choice(list(self.rates))}
            if self.seasons and rng.random() < 0.5:
                rule["season"] = rng.choice(self.seasons)[0]
            if rng.random() < 0.5:
                rule["days"] = draw_days(rng)
            if rng.random() < 0.4:
                rule["holidays"] = rng.choice(["exclude", "only"])
            if rng.random() < 0.8:
                step = rng.choice([1, 15, 30, 60])
                hours = []
                for _ in range(rng.randint(1, 2)):
                    start = rng.randrange(0, 1440, step)
                    end = rng.randrange(0, 1440 + step, step)
                    hours.append((start, min(end, 1440)))
                rule["hours"] = hours
            self.rules.append(rule)
        self.rules.append({"rate": rng.choice(list(self.rates))})

    @staticmethod
    def month_day(number):
        day = dt.date(2024, 1, 1) + dt.timedelta(days=number - 1)
        return day.month, day.day

    def yaml(self, indent, off_peak=True):
        pad = " " * indent
        out = [f"{pad}rates:"]
        for name, (price, cheap) in self.rates.items():
            more = ", off_peak: true" if off_peak and cheap else ""
            out.append(f"{pad}  {name}: {{ price: {price:f}{more} }}")
        if self.seasons:
            out.append(f"{pad}seasons:")
            for name, first, last in self.seasons:
                a, b = self.month_day(first), self.month_day(last)
                out.append(f"{pad}  - {{ name: {name}, from: {a[0]:02}-{a[1]:02}, to: {b[0]:02}-{b[1]:02} }}")
        out.append(f"{pad}calendar:")
        for rule in self.rules:
            parts = []
            if "season" in rule:
                parts.append(f"season: {rule['season']}")
            if "days" in rule:
                parts.append(f"days: [{', '.join(rule['days'])}]")
            if "holidays" in rule:
                parts.append(f"holidays: {rule['holidays']}")
            if "hours" in rule:
                texts = [f'"{clock(a)}-{clock(b)}"' for a, b in rule["hours"]]
                parts.append("hours: " + (texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"))
            parts.append(f"rate: {rule['rate']}")
            out.append(f"{pad}  - {{ {', '.join(parts)} }}")
        return out

    def rate_at(self, day, minute, holidays, workdays, memo={}):
        """The rate at a minute of the wall clock of a date."""
        for rule in self.rules:
            for start_day, offset in ((day, 0), (day - dt.timedelta(days=1), 1440)):
                if not self.day_matches(rule, start_day, holidays, workdays):
                    continue
                if "hours" not in rule:
                    if offset == 0:
                        return rule["rate"]
                    continue
                for start, end in rule["hours"]:
                    if end <= start:
                        end += 1440
                    if start <= minute + offset < end:
                        return rule["rate"]
        raise AssertionError("the last rule matches always")

    def day_matches(self, rule, day, holidays, workdays):
        workday = day in workdays
        weekday = 4 if workday else day.weekday()
        holiday = day in holidays and not workday
        if "days" in rule and weekday not in days_of(rule["days"]):
            return False
        if rule.get("holidays") == "exclude" and holiday or rule.get("holidays") == "only" and not holiday:
            return False
        if "season" in rule:
            _, first, last = next(s for s in self.seasons if s[0] == rule["season"])
            a, b, own = self.month_day(first), self.month_day(last), (day.month, day.day)
            if not (a <= own <= b if a <= b else own >= a or own <= b):
                return False
        return True

    def plan_of_day(self, day, holidays, workdays, cache):
        key = tuple(self.day_matches(rule, d, holidays, workdays)
                    for rule in self.rules for d in (day, day - dt.timedelta(days=1)))
        if key not in cache:
            cache[key] = [self.rate_at(day, minute, holidays, workdays) for minute in range(1440)]
        return cache[key]


class Case:
    def __init__(self, rng, zone, minutes):
        """`minutes`: list of (instant, local date, minute of the local day)."""
        self.rng, self.zone, self.minutes = rng, zone, minutes
        dates = sorted({m[1] for m in minutes})
        self.holidays = set(rng.sample(dates, min(len(dates), rng.randint(0, 12))))
        self.workdays = set(rng.sample(dates, min(len(dates), rng.randint(0, 5))))
        self.workdays |= set(rng.sample(sorted(self.holidays), min(len(self.holidays), rng.randint(0, 2))))
        self.series = rng.random() < 0.4
        self.calendar = None if self.series else Calendar(rng)
        self.levy = draw_price(rng) if rng.random() < 0.5 else Decimal(0)
        self.levy_calendar = Calendar(rng, off_peak=False) if rng.random() < 0.3 else None
        self.vat = Decimal(rng.choice(["0", "0.07", "0.13", "0.19", "0.255", "0.0725"]))
        self.fallback = draw_price(rng) if rng.random() < 0.5 else None
        self.interval = rng.choice([15, 30, 60])
        self.below = draw_price(rng) if rng.random() < 0.5 else None
        self.cheapest = None if self.below is not None else rng.choice([None, 60, 250, 360, 1500])
        self.rows = {}
        if self.series:
            first, last = minutes[0][0], minutes[-1][0]
            t = first - first % (self.interval * 60)
            few = [draw_price(rng) for _ in range(6)]  # so that there are ties
            while t <= last:
                if rng.random() > 0.03:
                    self.rows[t] = rng.choice(few) if rng.random() < 0.4 else draw_price(rng)
                t += self.interval * 60

    def write(self, folder):
        out = ["version: 1", "name: drawn", f"timezone: {self.zone}", "currency: EUR"]
        for key, days in (("holidays", self.holidays), ("workdays", self.workdays)):
            if days:
                out.append(f"{key}: [{', '.join(d.isoformat() for d in sorted(days))}]")
        if self.calendar:
            out += self.calendar.yaml(0)
        else:
            out += ["prices:", "  file: drawn.csv", f"  interval: {self.interval}m"]
            if self.below is not None:
                out.append(f"  off_peak: {{ below: {self.below:f} }}")
            elif self.cheapest:
                out.append(f"  off_peak: {{ cheapest: {self.cheapest}m }}")
            if self.fallback is not None:
                out.append(f"  fallback: {{ price: {self.fallback:f} }}")
            zone = ZoneInfo(self.zone)
            end = self.rng.choice(["\n", "\r\n"])
            lines = ["start,price"]
            for t, price in self.rows.items():
                where = zone if self.rng.random() < 0.5 else UTC
                lines.append(f"{dt.datetime.fromtimestamp(t, where).isoformat()},{price:f}")
            (folder / "drawn.csv").write_bytes((end.join(lines) + end).encode())
        out.append("adders:")
        if self.levy_calendar:
            out.append("  per_kwh:")
            out += self.levy_calendar.yaml(4, off_peak=False)
        else:
            out.append(f"  per_kwh: {self.levy:f}")
        out.append(f"  vat: {self.vat}")
        path = folder / "drawn.yaml"
        path.write_text("\n".join(out) + "\n")
        return path

    def gross(self, net, levy):
        return ((net + levy) * (1 + self.vat)).quantize(Decimal("1e-9"), ROUND_HALF_EVEN)

    def expected(self):
        """(rate, price, off-peak) of every minute."""
        cache, levy_cache, out, row_minutes = {}, {}, [], {}
        for t, day, minute in self.minutes:
            levy = self.levy
            if self.levy_calendar:
                plan = self.levy_calendar.plan_of_day(day, self.holidays, self.workdays, levy_cache)
                levy = self.levy_calendar.rates[plan[minute]][0]
            if self.calendar:
                rate = self.calendar.plan_of_day(day, self.holidays, self.workdays, cache)[minute]
                price, off_peak = self.calendar.rates[rate]
                out.append((rate, self.gross(price, levy), off_peak))
                continue
            row = t - t % (self.interval * 60)
            if row in self.rows:
                price = self.gross(self.rows[row], levy)
                row_minutes.setdefault(day, []).append((price, t, len(out)))
                out.append((None, price, self.below is not None and price < self.below))
            elif self.fallback is not None:
                out.append((None, self.gross(self.fallback, levy), False))
            else:
                out.append((None, None, False))
        if self.series and self.cheapest and self.below is None:
            for entries in row_minutes.values():
                for _, _, index in sorted(entries)[:self.cheapest]:
                    rate, price, _ = out[index]
                    out[index] = (rate, price, True)
        return out


def minutes_of(zone, first, last):
    tz = ZoneInfo(zone)
    out = []
    for t in range(first, last, 60):
        local = dt.datetime.fromtimestamp(t, tz)
        out.append((t, local.date(), local.hour * 60 + local.minute))
    return out


def day_bounds(zone, first_day, days):
    tz = ZoneInfo(zone)

    def start(day):
        # The first instant whose local date is `day`.
        t = int(dt.datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) - 16 * 3600
        while dt.datetime.fromtimestamp(t, tz).date() < day:
            t += 900
        return t

    return start(first_day), start(first_day + dt.timedelta(days=days))


def check(program, case, folder):
    path = case.write(folder)
    # Any second of the first days to any of the last: what is cheapest is decided by whole days all the same.
    first, last = case.minutes[0][0], case.minutes[-1][0] + 60
    if case.rng.random() < 0.7:
        first += case.rng.randrange(3 * 86400)
        last -= case.rng.randrange(3 * 86400)
    text = lambda t: dt.datetime.fromtimestamp(t, UTC).isoformat().replace("+00:00", "Z")
    result = subprocess.run([program, "--tariff", str(path), "--store", str(folder / "jobs.db"), "tariff", "show", "--from",
                             text(first), "--to", text(last), "--json"], capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"{result.stderr}\n{path.read_text()}")
    segments = json.loads(result.stdout)["segments"]
    at, before, wrong = first, None, 0
    expected = case.expected()
    index = next(i for i, minute in enumerate(case.minutes) if minute[0] + 60 > first)
    compared = 0
    for segment in segments:
        start = int(dt.datetime.fromisoformat(segment["start"]).timestamp())
        end = int(dt.datetime.fromisoformat(segment["end"]).timestamp())
        if start != at or end <= start:
            raise SystemExit(f"a hole or an overlap at {segment['start']}\n{path.read_text()}")
        at = end
        given = (segment["rate"], segment["price"], segment["off_peak"])
        if given == before:
            raise SystemExit(f"equal neighbours at {segment['start']}\n{path.read_text()}")
        before = given
        # A minute counts where it begins, the first one where it is asked for.
        while index < len(expected) and max(case.minutes[index][0], first) < end:
            if max(case.minutes[index][0], first) < start:
                raise SystemExit(f"a segment begins within a minute: {segment['start']}\n{path.read_text()}")
            rate, price, off_peak = expected[index]
            same = rate == given[0] and off_peak == given[2] and (price is None) == (given[1] is None)
            if not same or (price is not None and float(price) != given[1]):
                wrong += 1
                if wrong <= 3:
                    print(f"{case.zone} {text(case.minutes[index][0])}: expected {expected[index]}, shown {given}")
            index += 1
            compared += 1
    if at != last:
        raise SystemExit("the segments end too early")
    if wrong:
        print(path.read_text())
    return compared, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=15, help="how long to go on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--full", action="store_true", help="every minute of two years in each zone, whatever it takes")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    minutes = differences = tariffs = 0
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        while True:
            for zone in ZONES:
                if options.full:
                    bounds = day_bounds(zone, dt.date(rng.choice([2024, 2025, 2027]), 1, 1), 731)
                else:
                    # A few weeks around a change of the clock, or anywhere.
                    month = rng.choice([2, 3, 4, 10, 11, rng.randint(1, 12)])
                    first_day = dt.date(rng.choice([2025, 2026, 2028]), month, 1) + dt.timedelta(days=rng.randrange(20))
                    bounds = day_bounds(zone, first_day, rng.randint(8, 25))
                stretch = minutes_of(zone, *bounds)
                for _ in range(3):
                    count, wrong = check(options.program, Case(rng, zone, stretch), folder)
                    minutes += count
                    differences += wrong
                    tariffs += 1
            if options.full or time.monotonic() - begin > options.seconds:
                break
    print(f"{tariffs} tariffs, {len(ZONES)} zones, {minutes} minutes, {differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
