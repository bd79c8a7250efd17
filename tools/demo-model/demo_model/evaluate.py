"""Stage `evaluate`: how often a model folder draws what the prompt says, judged by `classify`."""
import json
import random

import numpy as np
import torch

from .captions import caption
from .classify import KEYS, accuracies, classify
from .sampler import generate, load_models
from .train_vae import psnr
from .world import SHAPES, held_out_combos, sample_video, to_frames


def _row(name, combo, prompt, seed):
    return {"id": name, "prompt": prompt, **dict(zip(KEYS, combo)), "seed": seed}


def eval_prompts(seed=99, first=0, first_seed=1000):
    """Prompts for every second held-out combination from `first` on; every third of them is Chinese."""
    rng = random.Random(seed)
    return [_row(f"p{2 * i + first:02d}", c, caption(c, rng, "zh" if i % 3 == 2 else "en"), first_seed + 2 * i + first)
            for i, c in enumerate(held_out_combos()[first::2])]


def prompt_sets():
    """Named sets of prompts for held-out combinations: the shipped 30, all 60, 60 in other words, 24 "from ... to"."""
    moving = [c for c in held_out_combos() if c[2] in ("left", "right", "up", "down")][:24]
    rng = random.Random(7)
    return {
        "shipped": eval_prompts(),
        "held-out": eval_prompts() + eval_prompts(first=1),
        "reworded": eval_prompts(123, 0, 6000) + eval_prompts(123, 1, 6000),
        "from-to": [_row(f"f{i:02d}", c, caption(c, rng, "en", from_to=1.0), 3000 + i) for i, c in enumerate(moving)]}


def measure(models, rows, steps=4, bf16=False, fast_decode=True):
    """Accuracies, the misses as text, the least overlap margin by shape, and the frames of every prompt."""
    clips = [to_frames(generate(models, r["prompt"], r["seed"], steps, bf16, fast_decode).numpy()) for r in rows]
    found = [classify(c) for c in clips]
    misses, margins = [], {s: [] for s in SHAPES}
    for row, got in zip(rows, found):
        wrong = [f"{k} {got[k]} not {row[k]}" for k in KEYS if got[k] != row[k]]
        if wrong:
            misses.append(f"{row['id']} {row['prompt']!r}: {', '.join(wrong)}")
        if "measurements" in got:
            overlap = dict(zip(SHAPES, got["measurements"]["iou"]))
            margins[row["shape"]].append(overlap.pop(row["shape"]) - max(overlap.values()))
    return accuracies(found, rows), misses, {s: float(np.mean(v)) for s, v in margins.items() if v}, clips


def contact_sheet(clips, path, columns=3):
    """Frames 0, 5, 11 and 16 of every clip, side by side."""
    from PIL import Image
    strips = [np.concatenate([clip[k] for k in (0, 5, 11, 16)], 1) for clip in clips]
    strips += [np.zeros_like(strips[0])] * (-len(strips) % columns)
    strips = [np.pad(s, ((2, 2), (2, 6), (0, 0)), constant_values=90) for s in strips]
    rows = [np.concatenate(strips[i:i + columns], 1) for i in range(0, len(strips), columns)]
    Image.fromarray(np.concatenate(rows)).save(path)


@torch.no_grad()
def vae_quality(vae, clips=12):
    """Mean and least PSNR in dB of the autoencoder alone on drawn clips."""
    rng, values = np.random.default_rng(77), []
    for i in range(clips):
        x = torch.from_numpy(sample_video(held_out_combos()[i * 5], rng))[None]
        values.append(psnr((vae.decode(vae.encode(x)).clamp(-1, 1) - x).pow(2).mean().item()))
    return float(np.mean(values)), min(values)


def evaluate(args):
    torch.set_num_threads(1)
    models = load_models(args.dest)
    if args.prompts:
        with open(args.prompts, encoding="utf-8") as lines:
            sets = {args.prompts: [json.loads(line) for line in lines]}
    else:
        sets = prompt_sets()
        sets = {name: sets[name] for name in args.sets.split(",")}
    for name, rows in sets.items():
        rows = rows[:args.limit] if args.limit else rows
        shares, misses, margins, clips = measure(models, rows, args.steps, args.bf16)
        print(f"{name}: {len(rows)} prompts, {args.steps} steps, {'bf16' if args.bf16 else 'fp32'}: "
              + ", ".join(f"{k} {v:.3f}" for k, v in shares.items())
              + "; margin " + ", ".join(f"{k} {v:.3f}" for k, v in margins.items()), flush=True)
        for miss in misses:
            print("  miss", miss)
        if args.sheet:
            contact_sheet(clips, args.sheet)
    if args.vae:
        mean, least = vae_quality(models[3], clips=2 if args.limit else 12)
        print(f"VAE alone: PSNR {mean:.1f} dB on average, {least:.1f} dB at worst")


def write_prompts(args):
    """Stage `prompts`: the shipped evaluation prompts as JSON lines."""
    with open(args.path, "w", encoding="utf-8") as out:
        for row in eval_prompts():
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
