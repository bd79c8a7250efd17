#!/usr/bin/env python3
"""fill_store.py STORE JOBS DAYS: finished jobs with bills, prices, samples and idle time, for benchmarks and pictures.

STORE is an empty store that turbodiff-sched made. Jobs run at night for the most part, one in twenty fails, utilisation
falls over the days. All numbers come from one seed.
"""
import random
import sqlite3
import sys

RATES = {"valley": 450, "flat": 780, "peak": 1250}  # thousandths of a unit a kWh
PROMPTS = ("a red circle moving right", "a fox in the snow, cinematic", "<script>alert(1)</script>", "城市夜景，霓虹灯",
           "=1+1 rain on a window")


def rate_at(second):
    hour = (second + 8 * 3600) // 3600 % 24
    return "valley" if hour >= 22 or hour < 7 else "peak" if 10 <= hour < 12 or 18 <= hour < 21 else "flat"


def stretches(start, end):
    """[start, end) cut where the rate changes."""
    begin = start
    for hour in range((start // 3600 + 1) * 3600, end, 3600):
        if rate_at(hour) != rate_at(begin):
            yield begin, hour
            begin = hour
    yield begin, end


def add_job(cursor, preset, number, start, seconds, progress):
    end = start + seconds
    state = "done" if random.random() < 0.95 else "failed"
    error = "" if state == "done" else "the engine ended unexpectedly: signal 9"
    cursor.execute("INSERT INTO jobs (state, preset_id, prompt, output, options, priority, run_when, retries, job_group, "
                   "overwrite, attempts, added_at, started_at, finished_at, error) VALUES "
                   "(?, ?, ?, ?, '{}', 0, 'off-peak', 2, '', 0, 1, ?, ?, ?, ?)",
                   (state, preset, f"{random.choice(PROMPTS)} {number}", f"/out/{number}.mp4", (start - 20_000) * 10**6,
                    start * 10**6, end * 10**6, error))
    job = cursor.lastrowid
    cursor.execute("INSERT INTO attempts (job_id, number, epoch, state, started_at, ended_at, last_seen, expected_s, "
                   "expected_low_s, expected_high_s, error) VALUES (?, 1, 1, ?, ?, ?, ?, 1, 1, 1, ?)",
                   (job, state, start * 10**6, end * 10**6, end * 10**6, error))
    attempt = cursor.lastrowid
    total, exact = [0, 0, 0, 0], 0
    for begin, stop in stretches(start, end):
        rate = rate_at(begin)
        price = RATES[rate] * 10**6
        cursor.execute("INSERT INTO price_snapshots (attempt_id, start, end, rate, gross, net, levies, vat, off_peak, "
                       "fallback) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, 0)",
                       (attempt, begin, stop, rate, price, price // 2, price - price // 2, rate == "valley"))
        for half in range(2):
            left, right = (begin * 10**6 * (2 - k) // 2 + stop * 10**6 * k // 2 for k in (half, half + 1))
            watts = [random.uniform(150, 330), random.uniform(25, 60), 45]
            used = [int(w * (right - left)) for w in (*watts, sum(watts) * 1.09)]
            cursor.execute("INSERT INTO energy_samples VALUES (?, ?, ?, ?, ?, ?, ?)", (attempt, left, right, *used))
            total = [a + b for a, b in zip(total, used)]
            exact += used[3] * price
    gross = round(exact / 3.6e15)
    at_once = total[3] * RATES[random.choice(("valley", "flat", "peak", "peak"))] * 10**6 // (36 * 10**14)
    cursor.execute("INSERT INTO energy (attempt_id, microseconds, milliwatts, microjoules, source, complete, tariff, currency, "
                   "gross, net, levies, vat, gpu_microjoules, cpu_microjoules, rest_microjoules, method, uncertainty_ppm, "
                   "flags, gpu, gpu_permille, cpu_permille, gpu_peak_bytes, host_peak_bytes, co2_milligrams, asap_gross) "
                   "VALUES (?, ?, 300000, ?, 'measured', 1, 'made-up', 'CNY', ?, ?, 0, ?, ?, ?, ?, 'nvml-counter+rapl', "
                   "42000, ?, 'a GPU', ?, ?, ?, ?, ?, ?)",
                   (attempt, seconds * 10**6, total[3], gross, gross // 2, gross - gross // 2, *total[:3],
                    "gpu-counter-reset" if random.random() < 0.02 else "",
                    int(720 - 450 * progress + random.uniform(-60, 60)), int(random.uniform(150, 350)), 9 << 30, 5 << 30,
                    total[3] * 540_000 // (36 * 10**11), at_once))


def fill(store, jobs, days, end=1_795_993_200):
    random.seed(4)
    database = sqlite3.connect(store)
    database.execute("PRAGMA synchronous = OFF")
    cursor = database.cursor()
    presets = []
    for model in ("wan2.1-1.3b", "wan2.1-14b"):
        cursor.execute("INSERT INTO presets (digest, options, model, fingerprint, device, image_sha256, tokens, steps, "
                       "pixels) VALUES (?, '{}', ?, 'made-up', 'cuda:0', '', 1000, 4, 1000)", (f"made-up {model}", model))
        presets.append(cursor.lastrowid)
    few = jobs <= 100 * days
    for number in range(jobs):
        at = end - days * 86_400 + number * days * 86_400 // jobs
        if few and random.random() < 0.75:
            at = at // 86_400 * 86_400 + 14 * 3600 + int(random.random() * 8.5 * 3600)
        seconds = int(random.lognormvariate(5.8, 0.5)) if few else days * 69_120 // jobs + 1
        add_job(cursor, presets[random.random() < 0.3], number, at, seconds, number / jobs)
    for day in range(days if few else 0):
        start = end - (days - day) * 86_400 + 3600
        used = 38 * 5 * 3600 * 10**6
        gross = used * RATES[rate_at(start)] * 10**6 // (36 * 10**14)
        cursor.execute("INSERT INTO idle_energy (start, end, gpu_microjoules, cpu_microjoules, rest_microjoules, microjoules, "
                       "source, method, flags, tariff, currency, rate, price_gross, price_net, price_levies, price_vat, "
                       "off_peak, fallback, gross, net, levies, vat) VALUES (?, ?, 0, 0, ?, ?, 'measured', 'rapl', '', "
                       "'made-up', 'CNY', ?, ?, 0, 0, 0, 0, 0, ?, ?, 0, 0)",
                       (start * 10**6, (start + 5 * 3600) * 10**6, used, used, rate_at(start),
                        RATES[rate_at(start)] * 10**6, gross, gross))
    database.commit()


if __name__ == "__main__":
    fill(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
