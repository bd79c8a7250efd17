"""Keeps the C++ classifier (tests/demo/classify.cpp) and drawing (tests/demo/draw.cpp) equal to the Python ones.

`fixture` writes clips as parameters with the Python answers; the C++ test draws and judges the same clips.
`crosscheck` sends freshly drawn, blurred, mixed and noisy clips through the program build/test-bin/classify_clip.
"""
import json
import os
import subprocess
import tempfile

import numpy as np

from . import world
from .classify import KEYS, classify

FIXTURE_CLIPS = 120


def add_noise(frames, amplitude, seed):
    """Adds whole numbers in [-amplitude, amplitude] by a hash of the index, the same in C++; clamps to 0..255."""
    h = np.arange(frames.size, dtype=np.uint32) * np.uint32(2654435761)
    h += np.uint32(seed * 2246822519 % 2**32)
    h ^= h >> 15
    h *= np.uint32(2246822519)
    h ^= h >> 13
    shift = (h % np.uint32(2 * amplitude + 1)).astype(np.int64) - amplitude
    return np.clip(frames.reshape(-1).astype(np.int64) + shift, 0, 255).astype(np.uint8).reshape(frames.shape)


def _fixture_clip(index, rng):
    """Parameters of one clip: some plain, some faint, small, cut off by the border, short or drowned in noise."""
    motion = world.MOTIONS[rng.integers(7)]
    size, count = int(rng.choice([24, 40, 56])), int(rng.choice([1, 5, 9, 17]))
    track = world.trajectory(motion, rng, n=count, size=96, spread=1.5) * size / 96
    if index % 4 == 1:
        track[:, :2] += rng.uniform(-0.4, 0.4, 2) * size
    if index % 4 == 2:
        track[:, 2] *= rng.uniform(0.1, 0.6)
    combos = world.all_combos()
    color, shape, _, ground = combos[rng.integers(len(combos))]
    color, ground = np.array(world.COLORS[color]), np.array(world.BACKGROUNDS[ground])
    if index % 4 == 3:
        color = rng.integers(0, 256, 3)
        ground = rng.integers(0, 256, 3)
    return {"shape": shape, "color": color.tolist(), "background": ground.tolist(), "size": size,
            "places": np.round(track, 2).tolist(), "noise": int(rng.choice([0, 8, 40, 90])), "seed": index}


def draw(clip):
    """uint8 [T, size, size, 3] of the parameters of one fixture clip."""
    video = world.render(clip["shape"], clip["color"], clip["background"], np.array(clip["places"]), clip["size"])
    return add_noise(world.to_frames(video), clip["noise"], clip["seed"])


def _answer(frames):
    found = classify(frames)
    return {**found, **{k: found[k] or "" for k in KEYS}}


def write_fixture(args):
    """Stage `fixture`: tests/demo/data/classified.jsonl."""
    rng = np.random.default_rng(2024)
    with open(args.path, "w", encoding="utf-8") as out:
        for index in range(FIXTURE_CLIPS):
            clip = _fixture_clip(index, rng)
            out.write(json.dumps({**clip, "answer": _answer(draw(clip))}, separators=(",", ":")) + "\n")
    return 0


def _hard_clip(rng):
    """A clip as a half-trained model might make it: blurred, a mix of two, noisy, of any size."""
    combos = world.all_combos()
    height, width, count = (int(rng.integers(a, b)) for a, b in ((16, 120), (16, 120), (1, 60)))
    video = 0
    for share in rng.dirichlet([0.5, 0.5]):
        color, shape, motion, ground = combos[rng.integers(len(combos))]
        track = world.trajectory(motion, rng, n=count, spread=1.5) * max(height, width) / 96
        video = video + share * world.render(shape, world.jitter_color(world.COLORS[color], rng, 40),
                                             world.jitter_color(world.BACKGROUNDS[ground], rng, 60), track,
                                             max(height, width))
    video = video[:, :, :height, :width]
    for _ in range(rng.integers(0, 4)):
        video = (video + np.roll(video, 1, 2) + np.roll(video, 1, 3)) / 3
    video = video + rng.choice([0, 0.05, 0.3]) * rng.standard_normal(video.shape)
    return world.to_frames(video)


def crosscheck(args):
    """Stage `crosscheck`: compares the answers of both classifiers; exit status 1 on any difference."""
    rng = np.random.default_rng(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        paths = list(args.files)
        for k in range(args.count):
            paths.append(os.path.join(folder, f"{k}.npy"))
            np.save(paths[-1], _hard_clip(rng))
        lines = subprocess.run([args.program, *paths], check=True, capture_output=True, text=True).stdout.splitlines()
        different = 0
        for path, line in zip(paths, lines, strict=True):
            if path.endswith(".npy"):
                want, got = _answer(np.load(path)), json.loads(line)
                got.pop("path")
                if want != got:
                    different += 1
                    print(path, "python", want, "C++", got)
    print(f"{len(paths)} clips, {different} different")
    return 1 if different else 0
