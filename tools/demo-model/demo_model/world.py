"""The world of the demo model: one flat coloured shape that moves or changes size on a plain background."""
import random

import numpy as np

COLORS = {"red": (228, 32, 32), "green": (32, 176, 64), "blue": (40, 72, 232),
          "yellow": (240, 212, 40), "white": (248, 248, 248), "purple": (152, 48, 200)}
BACKGROUNDS = {"black": (8, 8, 8), "white": (248, 248, 248), "gray": (128, 128, 128)}
SHAPES = ["circle", "square", "triangle"]
MOTIONS = ["left", "right", "up", "down", "grow", "shrink", "still"]
SIZE = 96  # pixels
FRAMES = 17


def all_combos():
    """All 357 (colour, shape, motion, background); white on white is left out."""
    return [(c, s, m, b) for c in COLORS for s in SHAPES for m in MOTIONS for b in BACKGROUNDS
            if not (c == "white" and b == "white")]


def held_out_combos():
    """60 combinations that the text encoder and the DiT never see in training."""
    combos = all_combos()
    random.Random(20240607).shuffle(combos)
    example = ("red", "circle", "right", "black")  # the prompt of the examples stays in the training set
    return [c for c in combos if c != example][:60]


def training_combos():
    held = set(held_out_combos())
    return [c for c in all_combos() if c not in held]


def attribute_ids(combo):
    """Indices of colour (6), shape (3), motion (7) and background (3)."""
    c, s, m, b = combo
    return list(COLORS).index(c), SHAPES.index(s), MOTIONS.index(m), list(BACKGROUNDS).index(b)


def trajectory(motion, rng, n=FRAMES, size=SIZE, spread=1.0):
    """[n, 3]: centre x, centre y and radius in pixels for every frame; `spread` scales the random variation."""
    u = np.linspace(0.0, 1.0, n)

    def around(middle, half):
        return middle + spread * half * rng.uniform(-1, 1)

    r = around(15.0, 2.0) + np.zeros(n)
    a, b = around(0, 1), around(0, 1)
    cx = size / 2 + 9 * a + np.zeros(n)
    cy = size / 2 + 9 * b + np.zeros(n)
    travel = around(48, 4)
    if motion in ("left", "right"):
        sign = 1 if motion == "right" else -1
        cx = size / 2 + 3 * a + sign * travel * (u - 0.5)
    elif motion in ("up", "down"):
        sign = 1 if motion == "down" else -1
        cy = size / 2 + 3 * b + sign * travel * (u - 0.5)
    elif motion in ("grow", "shrink"):
        lo, hi = around(8.5, 1.5), around(25.5, 2.5)
        cx, cy = size / 2 + 5 * a + np.zeros(n), size / 2 + 5 * b + np.zeros(n)
        r = lo + (hi - lo) * u if motion == "grow" else hi - (hi - lo) * u
    return np.stack([cx, cy, r], 1)


def render(shape, foreground, background, track, size=SIZE):
    """float32 [3, T, size, size] in [-1, 1], one frame for each row of `track`; edges are anti-aliased."""
    axis = np.arange(size, dtype=np.float32) + 0.5
    x = axis[None, None, :] - track[:, 0, None, None]
    y = axis[None, :, None] - track[:, 1, None, None]
    r = track[:, 2, None, None]
    if shape == "circle":
        distance = np.sqrt(x * x + y * y) - r
    elif shape == "square":
        distance = np.maximum(np.abs(x), np.abs(y)) - 0.9 * r
    else:  # an upright equilateral triangle
        distance = np.maximum(0.8660254 * np.abs(x) - 0.5 * (y + 0.15 * r), y + 0.15 * r) - 0.62 * r
    cover = np.clip(0.5 - distance, 0, 1).astype(np.float32)[None]
    foreground = np.array(foreground, np.float32)[:, None, None, None]
    background = np.array(background, np.float32)[:, None, None, None]
    return (background + (foreground - background) * cover) / 127.5 - 1.0


def jitter_color(color, rng, amount=6.0):
    return tuple(np.clip(np.array(color) + rng.uniform(-amount, amount, 3), 0, 255))


def sample_video(combo, rng, size=SIZE, spread=1.0):
    """One clip of a combination, float32 [3, 17, size, size] in [-1, 1]."""
    c, s, m, b = combo
    return render(s, jitter_color(COLORS[c], rng, 6 * spread), jitter_color(BACKGROUNDS[b], rng, 3 * spread),
                  trajectory(m, rng, size=size, spread=spread), size)


def to_frames(video):
    """float [3, T, H, W] in [-1, 1] (NumPy) -> uint8 [T, H, W, 3]."""
    unit = (np.float32(1) + np.clip(video.astype(np.float32), -1, 1)) / np.float32(2)
    return (unit * np.float32(255) + np.float32(0.5)).astype(np.uint8).transpose(1, 2, 3, 0).copy()
