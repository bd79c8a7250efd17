#!/usr/bin/env python3
"""Writes the seed inputs of the fuzz targets: small, valid, one for each feature. Needs only the standard library.

usage: make_seeds.py CORPUS_DIR
"""
import io
import json
import pathlib
import struct
import sys
import zipfile
import zlib

FLOAT_STORAGE = b"ctorch\nFloatStorage\n"


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def tensor(key, size, offset, shape, stride, storage=FLOAT_STORAGE, version=2, dtype=b""):
    numbers = lambda values: b"(" + b"".join(b"K" + bytes([v]) for v in values) + b"t"
    return (b"ctorch._utils\n_rebuild_tensor_v%d\n((" % version + text("storage") + storage + text(key) + text("cpu")
            + b"K" + bytes([size]) + b"tQK" + bytes([offset]) + numbers(shape) + numbers(stride)
            + b"\x89ccollections\nOrderedDict\n)R" + dtype + b"tR")


def pickles():
    plain = b"\x80\x02}(" + text("w") + tensor("0", 6, 0, [2, 3], [3, 1]) + b"u."
    ordered = (b"\x80\x02ccollections\nOrderedDict\nq\0)Rq\1(" + text("w") + tensor("0", 6, 1, [2, 2], [1, 2])
               + b"u}" + text("_metadata") + b"h\0)Rsb.")
    fp8 = (b"\x80\x02}" + text("w") + tensor("0", 8, 0, [8], [1], b"ctorch.storage\nUntypedStorage\n", 3,
                                            b"ctorch\nfloat8_e4m3fn\n") + b"s.")
    parameter = (b"\x80\x02}" + text("p") + b"ctorch._utils\n_rebuild_parameter\n" + tensor("0", 6, 0, [6], [1])
                 + b"\x88ccollections\nOrderedDict\n)R\x87Rs.")
    nested = b"\x80\x02}" + text("state_dict") + b"}" + text("net.w") + tensor("0", 6, 0, [6], [1]) + b"ss."
    modern = b"\x80\x04\x95" + struct.pack("<Q", 9) + b"}\x94\x8c\x01a](K\1Neh\0s."
    system = b"\x80\x02cposix\nsystem\n" + text("id") + b"\x85R."
    namespace = (b"\x80\x02}(" + text("args") + b"cargparse\nNamespace\n)\x81}" + text("lr") + b"K\1sb" + text("w")
                 + tensor("0", 6, 0, [6], [1]) + b"u.")
    complex64 = b"\x80\x02}" + text("w") + tensor("0", 2, 0, [2], [1], b"ctorch\nComplexFloatStorage\n") + b"s."
    return {"namespace": namespace, "complex64": complex64, "plain": plain, "ordered": ordered, "fp8": fp8, "parameter": parameter, "nested": nested,
            "modern": modern, "system": system}


def archive(pickle, method=zipfile.ZIP_STORED, zip64=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, data in [("m/data.pkl", pickle), ("m/byteorder", b"little"), ("m/data/0", bytes(range(24)))]:
            with file.open(zipfile.ZipInfo(name), "w", force_zip64=zip64) as entry:
                entry.write(data)
    return out.getvalue()


def safetensors(tensors, metadata=None):
    header, data = ({"__metadata__": metadata} if metadata else {}), b""
    for name, dtype, shape, size in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + size]}
        data += bytes(size)
    encoded = json.dumps(header).encode()
    return struct.pack("<Q", len(encoded)) + encoded + data


def gguf(pairs, tensors, version=3):
    string = lambda value: struct.pack("<Q", len(value)) + value.encode()
    file = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(pairs))
    for key, kind, value in pairs:
        file += string(key) + struct.pack("<I", kind) + value
    offset = 0
    for name, shape, kind, size in tensors:
        file += string(name) + struct.pack("<I", len(shape)) + b"".join(struct.pack("<Q", n) for n in shape)
        file += struct.pack("<IQ", kind, offset)
        offset += (size + 31) // 32 * 32
    return file + bytes(-len(file) % 32) + bytes(offset)


HEAD = "version: 1\nname: seed\ntimezone: Europe/Berlin\ncurrency: EUR\n"
FLAT = "rates: { all: { price: 0.3 } }\ncalendar: [ { rate: all } ]\n"
ROWS = "start,price\n2026-10-25T00:00:00Z,0.1\n2026-10-25T01:00:00Z,-0.05\n2026-10-25T02:00:00Z,0.3\n"


def tariffs():
    seasons = HEAD + """rates:
  peak: { price: 1.2 }
  valley: { price: -0.045, off_peak: true }
seasons:
  - { name: winter, from: 11-01, to: 02-29 }
  - { name: summer, from: 06-01, to: 08-31 }
holidays: [2026-10-01, 2026-12-25]
workdays: [2026-10-10, 2026-12-25]
calendar:
  - { season: winter, days: [fri-mon, wed], holidays: exclude, hours: ["22:00-06:00", "11:00-11:00"], rate: peak }
  - { season: summer, holidays: only, hours: "18:00-24:00", rate: peak }
  - { rate: valley }
adders: { per_kwh: 0.02, vat: 0.19 }
carbon: { g_per_kwh: 420 }
"""
    block = HEAD + FLAT + """adders:
  per_kwh:
    rates: { low: { price: 0.0000000005 }, high: { price: 12.5e-2 } }
    seasons: [ { name: dst, from: 03-29, to: 10-25 } ]
    calendar:
      - { season: dst, days: sun, hours: 02:30-03:30, rate: high }
      - { rate: low }
  vat: 0.255
"""
    url = HEAD + """prices:
  url: https://prices.example/day.csv
  refresh: 1h30m
  interval: 15m
  off_peak: { cheapest: 6h }
  fallback: { price: 0.30 }
"""
    return {"flat": HEAD + FLAT, "seasons": seasons, "block": block, "url": url,
            "below": url.replace("cheapest: 6h", "below: 0.1"),
            "file": HEAD + "prices: { file: none.csv, interval: 30m }\n",
            "hole": HEAD + 'rates: { a: { price: 1 } }\ncalendar: [ { hours: "06:00-24:00", rate: a } ]\n',
            "twice": HEAD + FLAT + "name: again\n", "unknown": HEAD + FLAT + "colour: red\n",
            "aliases": HEAD + "rates: { a: &r { price: 1 }, b: *r }\ncalendar: [ &c { rate: a }, *c ]\n",
            "anchors": "a: " + "".join(f"&n{i} [" for i in range(300)) + "x," * 500 + "]" * 300,
            "deep": "[" * 600, "flow": HEAD + "rates: {{{{[[[]]]: }}}}\n", "huge": HEAD + FLAT.replace("0.3", "9" * 400),
            "many-keys": "".join(f"k{i}: 1\n" for i in range(3000)),
            "many-seasons": HEAD + FLAT + "seasons:\n" + "  - { name: a, from: 01-01, to: 12-31 }\n" * 1500,
            "many-rules": HEAD + "rates: { a: { price: 1 }, b: { price: 2 } }\ncalendar:\n" + "".join(
                f'  - {{ days: {day}, hours: "{m // 60:02}:{m % 60:02}-{m // 60:02}:{m % 60:02}", rate: b }}\n'
                for m in range(0, 1440, 7) for day in ("mon", "tue-sat")) + "  - { rate: a }\n"}


def series():
    # Zone and interval, what is off-peak, VAT; then the table. \x11 is Berlin and an hour.
    quoted = ROWS.replace("\n", "\r\n").replace("start,price", "\xef\xbb\xbf\"start\" , \"price\"")
    return {"plain": "\x11\x00\x13" + ROWS, "below": "\x11\x01\x13\x64" + ROWS, "cheapest": "\x11\x82\x13\x20" + ROWS,
            "quoted": "\x11\x00\x13" + quoted, "twice": "\x11\x00\x13" + ROWS + ROWS[12:],
            "overlap": "\x11\x00\x13" + ROWS + "2026-10-25T02:30:00Z,1\n", "lord-howe": "\x12\x02\x00\x10" + ROWS,
            "midnight": "\x33\x02\x00\x40" + ROWS.replace("01:00", "02:00").replace("T02:00:00Z,0.3", "T04:00:00Z,0.3"),
            "century": "\x11\x00\x13" + ROWS.replace("2026-10-25T02", "2126-10-25T02"),
            "text": "\x11\x00\x13start,price\nnow,cheap\n"}


def plans():
    job = lambda **more: {"id": "a", "seconds": 600, "watts": 300, **more}
    lists = {"one": [job()], "when": [job(when="now"), job(id="b", when="off-peak"), job(id="c", when="cheapest")],
             "after": [job(after=["b"]), job(id="b", priority=3), job(id="c", after="a")],
             "circle": [job(after=["b"]), job(id="b", after=["a"])],
             "window": [job(earliest="2025-11-25T16:00:00Z", deadline="+3h"), job(id=7, deadline="18:30")],
             "group": [job(group="g", setup_seconds=120), job(id="b", group="g", setup_seconds=120, watts=0.5)],
             "twice": [job(), job()], "huge": [job(seconds=1e15, watts=1e9, setup_seconds=1e15)],
             "wrong": [job(seconds=-1, watts="many", colour="red")], "none": [],
             "ten": [job(id=str(i), seconds=300 + 37 * i, priority=i % 3) for i in range(10)]}
    found = {name: "\x01" + json.dumps(jobs) for name, jobs in lists.items()}
    found["wrapped"] = "\x00" + json.dumps({"jobs": lists["one"]})
    found["deep"] = '\x00{"jobs":' + "[" * 20000 + "]" * 20000 + "}"
    return found


def feeds():
    cache = {"version": 1, "url": "https://prices.example/day.csv", "interval": 3600, "fetched_at": 1764080000,
             "tried_at": 1764080000, "etag": "", "last_modified": "", "error": "",
             "rows": [[1764082800 + 3600 * i, f"0.{i}"] for i in range(30)],
             "findings": [{"code": "zero-run", "message": "m", "until": 1764090000}]}
    worse = {"unsorted": [[7200, "1"], [3600, "1"]], "no-number": [[0, "x"]], "fraction": [[0.5, "1"]], "short": [[0]]}
    found = {"cache": json.dumps(cache)}
    for name, rows in worse.items():
        found[name] = json.dumps({**cache, "rows": rows})
    found["far"] = json.dumps({**cache, "fetched_at": 2**63 - 1})
    found["endless"] = json.dumps({**cache, "fetched_at": 1e300})
    found["csv"] = "start,price\n" + "".join(f"2025-11-25T{h:02}:00:00Z,0.{h}\n" for h in range(24))
    found["mwh"] = found["csv"].replace(",0.", ",90.")
    found["zeros"] = "start,price\n" + "".join(f"2025-11-26T{h:02}:00:00Z,0\n" for h in range(8))
    return found


def sentencepiece():
    varint = lambda n: b"" if n is None else bytes([n & 127 | 128]) + varint(n >> 7) if n > 127 else bytes([n])
    field = lambda number, data: varint(number << 3 | 2) + varint(len(data)) + data
    piece = lambda text, score, kind=1: field(1, field(1, text.encode()) + b"\x15" + struct.pack("<f", score)
                                              + (b"" if kind == 1 else b"\x18" + varint(kind)))
    pieces = (piece("<pad>", 0, 3) + piece("</s>", 0, 3) + piece("<unk>", 0, 2) + piece("\u2581", -1) + piece("a", -2.5)
              + piece("\u2581cat", -3) + piece("<0x41>", -9, 6) + piece("user", 0, 4))
    trainer = field(2, b"\x18\x01" + field(46, b"<unk>") + field(48, b"</s>"))
    charsmap = struct.pack("<I", 8) + struct.pack("<II", 0x80000000, 1) + b"a\0bc\0"
    normalizer = field(3, field(1, b"nmt_nfkc") + field(2, charsmap) + b"\x18\x01")
    whole = pieces + trainer + normalizer
    return {"whole": whole, "pieces": pieces, "bpe": pieces + field(2, b"\x18\x02"), "cut": whole[:-7],
            "twice": pieces + piece("a", -1), "nan": piece("a", float("nan")), "empty": piece("", -1),
            "huge": varint(1 << 3 | 2) + b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f"}


def char_maps():
    units = lambda *values: struct.pack(f"<{len(values)}I", *values)
    blob = lambda trie, text: struct.pack("<I", len(trie)) + trie + text
    whole = blob(units(0x400 | 0x100, *[0] * 255, 0x80000000), b"x\0yz\0")
    found = {"none": b"", "small": blob(units(0), b"\0"), "whole": whole, "no-end": blob(units(0x80000001, 5), b"abc"),
             "long": struct.pack("<I", 1 << 31) + b"abc", "odd": struct.pack("<I", 3) + b"abcdef",
             "everything": blob(units(*range(0, 1 << 16, 97)), b"a\0" * 50)}
    return {name: struct.pack(">H", len(data)) + data + "aé e\u0301 \ufb01 z".encode() for name, data in found.items()}


def pictures():
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    def png(width, height, colour, depth=8, *more):
        channels = {0: 1, 2: 3, 3: 1, 6: 4}[colour]
        rows = b"".join(b"\0" + bytes(range(width * channels * depth // 8)) for _ in range(height))
        palette = chunk(b"PLTE", bytes(range(48))) if colour == 3 else b""
        return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
                + palette + b"".join(more) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    text = chunk(b"tEXt", b"comment\0caf\xe9"), chunk(b"iTXt", "prompt\0\0\0\0\0ein r\u00f6ter Kreis".encode())
    return {"rgb": png(4, 2, 2), "grey": png(4, 2, 0), "palette": png(8, 2, 3), "alpha": png(2, 2, 6), "deep": png(2, 2, 2, 16),
            "text": png(4, 2, 2, 8, *text), "packed": png(4, 2, 2, 8, chunk(b"zTXt", b"a\0\0" + zlib.compress(b"text"))),
            "cut": png(4, 2, 2)[:50], "jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xd9",
            "webp": b"RIFF\x1a\0\0\0WEBPVP8L\r\0\0\0/\0\0\0\x10\7\x10\x11\x11\x88\x88\xfe\7\0"}


def gifs():
    head = b"GIF89a\2\0\2\0\xf0\0\0" + b"\0\0\0\xff\xff\xff"
    comment = b"!\xfe\x0eprompt=a circle\0"
    frame = b"!\xf9\4\0\5\0\0\0,\0\0\0\0\2\0\2\0\0\2\3\x44\2\5\0"
    return {"whole": head + comment + frame + b";", "87a": b"GIF87a" + head[6:] + frame + b";", "bare": head + b"!\xfe\5plain\0;",
            "long": head + b"!\xfe\xff" + b"p=" + b"x" * 253 + b"\4abcd\0;", "cut": head + comment[:9],
            "loop": head + b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0" + frame + b";"}


def requests():
    post = {"prompt": "a cat", "steps": 2, "width": 64, "height": 32, "num_frames": 5, "seed": -1, "async": True, "when": "cheapest",
            "deadline": "+2h", "priority": -3, "after": [4, 5], "retries": 0, "group": "g", "hold": True, "format": "webm"}
    foreign = {"prompt": "x", "negative_prompt": "y", "cfg_scale": 7.5, "sampler_name": "Euler a", "batch_size": 2, "n_iter": 2,
               "steps": 20, "override_settings": {}, "styles": [], "subseed": -1}
    posts = [post, foreign, {"prompt": "x", "output": "/a"}, {"prompt": "x", "model": "../m"}, {"prompt": "x", "num_samples": 4},
             {"prompt": "x", "num_samples": 4, "grid": True}, {"prompt": "x", "batch_size": 1e99}, [], {"prompt": None}]
    posts = [json.dumps(item) for item in posts] + ["{" + '"a":' * 3000, '{"prompt":"\\ud800"}', ""]
    recipe = {"schema_version": 1, "program": "turbodiff 0.1.0", "request": {"prompt": "a cat", "steps": 4, "seed": 18446744073709551615,
              "size": "64x64", "sigma_max": 80.0}, "model": {"name": "demo", "architecture": "Wan2.1-1.3B", "fingerprint": "ab",
              "files": {"dit": "a.safetensors", "vae": "b.pth"}}}
    recipes = [recipe, {**recipe, "schema_version": 2}, {**recipe, "request": {"colour": 1}}, {**recipe, "model": []}, {}]
    config = {"video": {"width": 64, "height": 64, "frames": 9, "fps": 8}, "sampler": {"num_steps": 2, "sigma_max": 80, "mid_t": [1.5]},
              "dim": 1536, "_class_name": "WanModel"}
    configs = [config, {"video": {"width": -1}}, {"video": []}, {"sampler": {"num_steps": 1e300}}, {"video": {"fps": "8"}}, {}, []]
    entry = {"prompt": "a", "when": "now", "priority": 2, "deadline": "+3h", "retries": 0, "group": "g", "hold": True, "count": 3, "steps": 2}
    yaml = "steps: 1\nsize: 32x32\nprompts:\n- a red circle\n- {prompt: no, when: now, priority: 2, count: 2}\n"
    dropped = ["\0a cat\n# none\nb\n", "\1" + json.dumps(entry) + "\n#\n{}\n", "\2" + json.dumps(entry),
               "\2" + json.dumps({"prompts": ["a", entry], "when": "cheapest"}), '\2["a","b"]', '\2{"prompts":[{"prompts":[]}]}',
               "\3" + yaml, "\3prompt: a\ndeadline: 2020-01-01T00:00:00Z\n", "\3- a\n- 5\n", "\3&a [*a]\n", "\3a: 1\na: 2\n",
               "\3prompt: a\nretries: 99999999999999999999\n", "\2{\"prompt\":\"a\",\"count\":1e99}", "\3" + "[" * 3000]
    return posts, [json.dumps(item) for item in recipes], [json.dumps(item) for item in configs], dropped


def money():
    figure = "{ value: 0.35, source: \"https://a.example\", date: 2026-11-25 }"
    gpus = f"""version: 1
currency: USD
gpus:
  - name: rtx-a
    title: GPU A
    memory_gb: 24
    watts: {figure}
    price: {figure}
    resale: {{ value: 0.4, after_years: 3, estimate: true, source: assumption, date: 2026-11-25 }}
    rent_hour: {figure}
    rent_month: {figure}
    seconds:
      - {{ model: wan, value: 2.7, frames: 81, scope: denoise, source: &s "https://a.example", date: 2026-11-25 }}
      - {{ model: demo, value: 1.5, frames: 5, source: *s, date: 2026-11-25 }}
exchange:
  - {{ from: EUR, to: USD, value: 1.1, source: *s, date: 2026-11-25 }}
"""
    rules = """version: 1
tiers:
  big: { gpus: [a, b], device: cuda }
  small: { device: cpu }
rules:
  - { name: large, if: { model: ["wan*", demo], resolution: 720p, frames: { min: 5, max: 161 } }, tier: big, why: memory }
  - { name: soon, if: { slack: { max: 2h }, when: now, priority: { min: 3 }, steps: { max: 4 } }, tier: big }
  - { name: pixels, if: { pixels: { min: 1000 } }, tier: small }
  - { name: rest, tier: small }
"""
    return [gpus, gpus.replace("0.35", "-1"), gpus.replace("EUR", "money"), "gpus: 3\n", ""], [
        rules, rules.replace("tier: small", "tier: none"), rules.replace("min: 5", "min: 500"), "rules: []\n", ""]


def texts():
    decimals = ["0.28", "-1.5", ".5", "1e-3", "+12.50 0.19", "999999.99999999999999999999 9.99999999999999999999",
                "1000000", "0.000000000000000000001", "1e5 1e-20", "-0", "1e9999", "5e-10 1", "0" * 200, "1.2.3", "--1"]
    times = ["now", "+90m", "22:00", "02:30", "24:00", "today 22:00", "tomorrow 06:30", "tomorrow", "2026-10-25 02:30",
             "2026-03-29 02:30:15", "2026-10-25", "2026-10-25T02:30:00+02:00", "2199-12-31T23:59:59.999-23:59",
             "1970-01-01T00:00Z", "7d", "1h30m", "999999999w" * 30, "+0s", "25:00", "2026-02-30"]
    prompts = ["a cat\n# none\n\nb\n", "\xef\xbb\xbfa dog\r\n", '{"prompt": "x", "steps": 4, "seed": -1, "size": "64x64"}\n',
               '{"prompt": "x", "aspect-ratio": "16:9", "tier": "final", "image": "a.png"}\n', '{"steps": 4}\n',
               '{"prompt": 3}\n', "{" + '"a":' + "[" * 5000 + "]" * 5000 + "}\n", '{"prompt":"x","colour":1}\n', "\n", "{\n"]
    configs = ["version: 1\ntariff: cn-two-rate\nstore: ~/jobs.db\n", "version: 2\n", "tariff: ./a.yaml\nestimate: { watts: 300 }\n",
               "estimate: { watts: many }\n", "colour: red\n", "", "a: 1\na: 2\n", "daemon:\n  grace: 10m\n"]
    events = ['{"event":"ready","program":"p"}', '{"event":"progress","id":"3-1","stage":"denoise","step":2,"steps":4}',
              '{"event":"done","id":"3-1","output":{"seconds":{"load":1.5,"text":0.1,"denoise":2,"decode":1,"encode":0.2}}}',
              '{"event":"failed","id":"3-1","error":{"code":4,"message":"no memory","hint":"less"}}',
              '{"event":"failed","error":"x"}', '{"event":3}', "loading", '{"event":"done","output":[1e300]}']
    templates = ['{"a": "{{title}}", "n": {{ done }}, "c": {{cost}}}', '{"a": {{text}}}', '{{x}}', 'a={{videos}}&b={{kwh}}',
                 '{"a": "\\u000{{done}}{{failed}}"}', "{{", "plain }}"]
    channels = ["- { type: email, server: 'smtps://a', user: u, password_file: ~/p, from: a@b, to: [c@d], events: [batch] }",
                "- { type: wecom, key_env: K, burst: 2, interval: 5m }\n- { type: serverchan, key_file: k }",
                "- { type: telegram, token_env: B, chat: 5 }\n- { type: ntfy, topic: t, timeout: 5s }\n- { type: desktop }",
                "- type: webhook\n  url: http://a/b\n  headers: { A: b, X-Key: { env: K } }\n  body: '{\"t\": \"{{title}}\"}'",
                "- { type: webhook, url: 'https://u:p@h', name: 'a b', method: GET, token: x }"]
    posts, recipes, model_configs, dropped = requests()
    gpus, rules = money()
    numbered = lambda items, front="": {f"{i:02}": front + item for i, item in enumerate(items)}
    return {"decimal": numbered(decimals), "time": numbered(times, "\x01\xc0\x05"), "prompts": numbered(prompts),
            "config": numbered(configs), "worker_event": numbered(events), "tariff": tariffs(), "price_series": series(),
            "plan_jobs": plans(), "feed": feeds(), "generation_post": numbered(posts), "recipe": numbered(recipes),
            "model_config": numbered(model_configs), "inbox_file": numbered(dropped), "gpus": numbered(gpus),
            "routing": numbered(rules), "feed_cache": {name: data for name, data in feeds().items() if data.startswith("{")}, "notify_channels": numbered(channels),
            "notify_template": numbered(templates, "\x00ab\x0c\x01")}


def main():
    root = pathlib.Path(sys.argv[1])
    seeds = {("pickle", name): data for name, data in pickles().items()}
    for name, data in pickles().items():
        seeds["zip", name] = archive(data)
    seeds["zip", "zip64"] = archive(pickles()["plain"], zip64=True)
    seeds["zip", "deflated"] = archive(pickles()["plain"], zipfile.ZIP_DEFLATED)
    seeds["safetensors", "two"] = safetensors([("a", "F32", [2, 3], 24), ("b", "BF16", [2], 4)], {"format": "pt"})
    seeds["safetensors", "fp8"] = safetensors([("a", "F8_E4M3", [4], 4), ("b", "F8_E5M2", [], 1), ("c", "I64", [0], 0)])
    seeds["safetensors", "empty"] = safetensors([])
    seeds["safetensors", "unreadable"] = safetensors(
        [("a", "U16", [2], 4), ("b", "F4", [4], 2), ("c", "C64", [1], 8), ("d", "NEW", [3], 5), ("e", "F6_E2M3", [4], 3)],
        {"step": 7, "loss": -0.5, "none": None, "nested": {"a": [1, {"b": True}]}})
    seeds["safetensors", "null"] = struct.pack("<Q", 21) + b'{"__metadata__":null}'
    shape = struct.pack("<IQ", 5, 5) + struct.pack("<5i", 2, 1, 1, 2, 2)
    seeds["gguf", "plain"] = gguf([("general.architecture", 8, struct.pack("<Q", 3) + b"wan")],
                                  [("a", [2, 3], 0, 24), ("b", [4], 1, 8)])
    seeds["gguf", "shape"] = gguf([("comfy.gguf.orig_shape.a", 9, shape), ("general.alignment", 4, struct.pack("<I", 32))],
                                  [("a", [4, 2], 0, 32)], 2)
    blocks = {2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 10: (256, 84), 11: (256, 110),
              12: (256, 144), 13: (256, 176), 14: (256, 210), 20: (32, 18), 23: (256, 136)}
    blocks |= {16: (256, 66), 29: (256, 56), 39: (32, 17), 99: (1, 0)}
    inner = struct.pack("<IQII", 4, 2, 5, 6)
    seeds["gguf", "nested"] = gguf([("k", 9, struct.pack("<IQ", 9, 2) + inner + inner)], [])
    for kind, (elements, size) in blocks.items():
        seeds["gguf", f"type{kind}"] = gguf([], [("q", [elements], kind, size)])
    for target, items in {"sentencepiece_model": sentencepiece(), "char_map": char_maps(), "png": pictures(), "gif": gifs()}.items():
        for name, data in items.items():
            seeds[target, name] = data
    for target, items in texts().items():
        for name, text_of_seed in items.items():
            seeds[target, name] = text_of_seed.encode("latin-1")
    for (target, name), data in seeds.items():
        folder = root / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
