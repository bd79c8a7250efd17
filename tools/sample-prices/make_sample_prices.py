#!/usr/bin/env python3
"""Draws the made-up price series that are shipped as samples. Needs only the standard library.

The shape is that of the markets (two peaks a day, a valley at night, a deeper one at noon when the sun shines, windy
and calm days, cheap weekends, now and then a price below zero); no price is one that was paid.

usage: make_sample_prices.py schedules
"""
import datetime as dt
import math
import pathlib
import random
import sys
from zoneinfo import ZoneInfo

FIRST, LAST = dt.date(2026, 10, 19), dt.date(2027, 3, 31)


def instants(zone, minutes):
    """Every interval of the days from FIRST to LAST on the local clock."""
    tz = ZoneInfo(zone)
    at = int(dt.datetime.combine(FIRST, dt.time(), tz).timestamp())
    end = int(dt.datetime.combine(LAST + dt.timedelta(days=1), dt.time(), tz).timestamp())
    while at < end:
        yield dt.datetime.fromtimestamp(at, tz)
        at += minutes * 60


def wholesale(rng, zone, minutes, middle, swing):
    """(local time, price per kWh) with the weather as a slow random walk."""
    wind = 0.0
    for local in instants(zone, minutes):
        hour = local.hour + local.minute / 60
        pull = minutes / 60 / 30  # half of the weather is new after a day or so
        wind += -pull * wind + math.sqrt(2 * pull) * rng.gauss(0, 1)
        bump = lambda centre, width: math.exp(-((hour - centre) / width) ** 2)
        sun = 0.5 - 0.5 * math.cos(2 * math.pi * (local.timetuple().tm_yday + 10) / 365.25)  # 0 at midwinter
        shape = 0.9 * bump(8, 1.6) + 1.3 * bump(18, 2.2) - 0.8 * bump(3, 3.0) - (0.4 + 1.2 * sun) * bump(13, 2.2)
        weekend = -0.5 if local.weekday() >= 5 else 0.0
        yield local, middle + swing * (shape + weekend - 0.9 * wind) + rng.gauss(0, swing * 0.08)


def write(path, rows):
    with path.open("w", newline="\n") as out:
        out.write("start,price\n")
        for local, price in rows:
            out.write(f"{local.isoformat()},{price:.4f}\n")


def main():
    folder = pathlib.Path(sys.argv[1])
    write(folder / "de-day-ahead.csv",
          wholesale(random.Random(1), "Europe/Berlin", 15, 0.090, 0.035))
    # Half-hourly retail prices in the manner of Agile: a multiple of the wholesale price, more from 16 to 19 h, 5 % VAT,
    # at most 1 GBP.
    write(folder / "gb-half-hourly.csv",
          ((local, min(1.0, (2.2 * price + (0.12 if 16 <= local.hour < 19 else 0)) * 1.05))
           for local, price in wholesale(random.Random(2), "Europe/London", 30, 0.080, 0.026)))


if __name__ == "__main__":
    main()
