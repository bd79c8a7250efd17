"""Names what a clip shows: colour, shape, motion and background, from its pixels alone. Needs NumPy 2.

The evaluation tool of the programs has the same rules in C++ (tests/demo/classify.cpp); `crosscheck` compares.
"""
import json
import os

import numpy as np

KEYS = ("color", "shape", "motion", "background")
SHAPES = ["circle", "square", "triangle"]
HUES = (("red", 0, 24), ("yellow", 24, 75), ("green", 75, 175), ("blue", 175, 255), ("purple", 255, 325),
        ("red", 325, 361))  # degrees


def read_clip(path):
    """uint8 [T, H, W, 3] from an .npy file or, with PyAV, from a video."""
    if path.endswith(".npy"):
        return np.load(path)
    import av
    with av.open(path) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def hue_name(rgb):
    r, g, b = (float(v) / 255 for v in rgb)
    hi, lo = max(r, g, b), min(r, g, b)
    saturation = 0.0 if hi == 0 else (hi - lo) / hi
    if saturation < 0.25:
        return "white" if hi > 0.65 else "gray" if hi > 0.3 else "black"
    d = hi - lo
    hue = 60 * (((g - b) / d) % 6 if hi == r else (b - r) / d + 2 if hi == g else (r - g) / d + 4)
    return next(name for name, start, end in HUES if start <= hue < end)


def shape_match(mask, cx, cy, area):
    """Overlap (intersection over union) with an ideal circle, square and upright triangle of the same centroid
    and area."""
    y, x = np.indices(mask.shape, dtype=np.float64)
    x, y = x - cx, y - cy
    half = np.sqrt(area) / 2
    inradius = np.sqrt(area / (3 * np.sqrt(3)))
    ideal = (x * x + y * y <= area / np.pi, np.maximum(abs(x), abs(y)) <= half,
             (y <= inradius) & (0.8660254 * abs(x) - 0.5 * y <= inradius))
    return [float((mask & t).sum() / (mask | t).sum()) for t in ideal]


def name_motion(dx, dy, ratio, shorter_side):
    if ratio > 2.0 or ratio < 0.5:
        return "grow" if ratio > 1 else "shrink"
    if max(abs(dx), abs(dy)) < 0.12 * shorter_side:
        return "still"
    if abs(dx) >= abs(dy):
        return "right" if dx > 0 else "left"
    return "down" if dy > 0 else "up"


def classify(frames):
    """uint8 [T, H, W, 3] -> {"color", "shape", "motion", "background"}, None where nothing could be told.

    Where all four are found, "measurements" holds dx, dy (pixels between the first and the last sixth of the
    frames), area_ratio, iou (with an ideal circle, square, triangle) and the shape's median rgb.
    """
    f = frames.astype(np.float32)
    count, height, width, _ = f.shape
    m = max(2, height // 24)
    border = np.concatenate([f[:, :m].reshape(-1, 3), f[:, -m:].reshape(-1, 3),
                             f[:, :, :m].reshape(-1, 3), f[:, :, -m:].reshape(-1, 3)])
    ground = np.median(border, 0)
    luminance = ground.mean()
    out = {"color": None, "shape": None, "motion": None,
           "background": "black" if luminance < 64 else "white" if luminance > 192 else "gray"}
    distance = np.sqrt(((f - ground) ** 2).sum(-1))
    peak = np.percentile(distance.reshape(count, -1), 98, axis=1).max()
    if peak < 45:  # nothing stands out
        return out
    mask = distance > 0.5 * peak
    rgb = np.median(f[distance > 0.85 * peak], 0)
    out["color"] = hue_name(rgb)
    area, cx, cy, overlap = [], [], [], []
    for frame in mask:
        ys, xs = np.nonzero(frame)
        if len(ys) < 12:
            continue
        area.append(len(ys))
        cx.append(xs.mean())
        cy.append(ys.mean())
        overlap.append(shape_match(frame, cx[-1], cy[-1], len(ys)))
    if not area or len(area) < count // 2:
        return out
    n = max(1, len(area) // 6)
    area, overlap = np.array(area, np.float64), np.array(overlap)
    dx, dy = np.mean(cx[-n:]) - np.mean(cx[:n]), np.mean(cy[-n:]) - np.mean(cy[:n])
    ratio = area[-n:].mean() / area[:n].mean()
    iou = (overlap * area[:, None]).sum(0) / area.sum()  # frames with a larger shape count more
    out["motion"] = name_motion(dx, dy, ratio, min(height, width))
    out["shape"] = SHAPES[int(iou.argmax())]
    out["measurements"] = {"dx": float(dx), "dy": float(dy), "area_ratio": float(ratio), "iou": iou.tolist(),
                           "rgb": [float(v) for v in rgb]}
    return out


def accuracies(found, wanted):
    """{key: share right} for the four attributes and "all four", of two lists of dictionaries."""
    hits = np.array([[g[k] == w[k] for k in KEYS] for g, w in zip(found, wanted)])
    return {**dict(zip(KEYS, hits.mean(0).tolist())), "all four": float(hits.all(1).mean())}


def classify_files(args):
    """Stage `classify`: one clip -> JSON, or with --prompts the accuracies over CLIPS/<id>.mp4."""
    if not args.prompts:
        for path in args.files:
            print(json.dumps({"path": path, **classify(read_clip(path))}))
        return 0
    with open(args.prompts, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    found = [classify(read_clip(os.path.join(args.files[0], f"{row['id']}.mp4"))) for row in rows]
    for key, share in accuracies(found, rows).items():
        print(f"{key:10s} {share:.3f}")
    return 0
