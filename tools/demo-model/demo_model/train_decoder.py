"""Stage `refine`: the decoder alone learns sharp corners, also from what the DiT delivers.

Latents are encoded clips with a little noise, or noised to the sampler's last time and denoised by the DiT. Pixels
near an edge count more, those near a corner most.
"""
import os
import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from .captions import caption
from .config import CONFIG
from .dit import DiT
from .sampler import SAMPLER_TIMES
from .text_encoder import TextEncoder, Tokenizer, encode_text
from .train_vae import psnr, reconstruction_loss
from .training import Average, Clock, bf16_convolutions, cosine, save, set_rate
from .vae import VAE
from .world import BACKGROUNDS, COLORS, jitter_color, render, training_combos, trajectory

CORNERS = {"square": 0.9 * np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]]),
           "circle": 0.7071 * np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]]),  # where a square's would round off
           "triangle": np.array([[0, -1.39], [-1.0739, 0.47], [1.0739, 0.47]])}


def corner_weight(shape, track, size=96):
    """[T, 1, size, size]: 1 at the corners of the shape, falling off over 4 pixels."""
    r, axis, weight = track[:, 2:3], np.arange(size) + 0.5, 0
    for u, v in CORNERS[shape]:
        gx = np.exp(-((axis[None] - track[:, :1] - u * r) / 4) ** 2)
        gy = np.exp(-((axis[None] - track[:, 1:2] - v * r) / 4) ** 2)
        weight = np.maximum(weight, gy[:, :, None] * gx[:, None, :])
    return torch.from_numpy(np.asarray(weight, np.float32))[:, None]


def pixel_weight(x, shape, track):
    """[1, 1, T, size, size] for a clip x [1, 3, T, size, size]: 1, at edges 4, at corners up to 16."""
    flat = x[0].transpose(0, 1)
    span = (F.max_pool2d(flat, 9, 1, 4) + F.max_pool2d(-flat, 9, 1, 4)).amax(1, keepdim=True)
    return (1 + 3 * (span > 0.1).float() + 12 * corner_weight(shape, track)).transpose(0, 1)[None]


def refine_decoder(args):
    """Reads OUT/vae_tuned.pth (or goes on with OUT/vae_refined.pth) and OUT/dit_ema.pt; writes vae_refined.pth."""
    torch.set_num_threads(1)
    torch.manual_seed(21)
    tokenizer = Tokenizer(f"{args.out}/spiece.model")
    encoder, dit, vae = TextEncoder(tokenizer.size, **CONFIG["t5"]), DiT(**CONFIG["dit"]), VAE(**CONFIG["vae"])
    done = f"{args.out}/vae_refined.pth"
    vae.load_state_dict(torch.load(done if os.path.exists(done) else f"{args.out}/vae_tuned.pth"))
    pair = torch.load(f"{args.out}/dit_ema.pt")
    encoder.load_state_dict(pair["t5"])
    dit.load_state_dict(pair["dit"])
    params = list(vae.conv2.parameters()) + list(vae.decoder.parameters())
    average = Average(params, longest=0.995)
    optimiser = torch.optim.Adam(params, lr=1e-3, betas=(0.9, 0.99))
    rng, captions, combos = np.random.default_rng(400), random.Random(401), training_combos()
    clock, step, history = Clock(args.minutes), 0, []
    while (p := clock.progress) < 1:
        set_rate(optimiser, args.lr * min(1, (step + 1) / 50) * cosine(p, hold=0.3))
        combo = combos[rng.integers(len(combos))]
        color, shape, motion, ground = combo
        if shape == "circle" and rng.random() < 0.4:
            continue
        track = trajectory(motion, rng, spread=args.spread)
        x = torch.from_numpy(render(shape, jitter_color(COLORS[color], rng, 4),
                                    jitter_color(BACKGROUNDS[ground], rng, 2), track))[None]
        with torch.no_grad(), bf16_convolutions():
            z = vae.encode(x).float()
            if rng.random() < 0.4:
                t = SAMPLER_TIMES[-1]
                text, pad = encode_text(tokenizer, encoder, [caption(combo, captions)])
                noisy = (1 - t) * z + t * torch.randn_like(z)
                z = noisy - t * dit(noisy, torch.full((1,), 1000 * t), text, pad).float()
            else:
                z = z + 0.15 * rng.random() * torch.randn_like(z)
        with bf16_convolutions():
            y = vae.decode(z)
        error = y.float() - x
        optimiser.zero_grad()
        reconstruction_loss(error, pixel_weight(x, shape, track)).backward()
        nn.utils.clip_grad_norm_(params, 1.0)
        optimiser.step()
        step += 1
        average.update()
        history.append((error.abs().mean().item(), error.pow(2).mean().item()))
        if step % 50 == 0:
            l1, l2 = np.mean(history[-200:], 0)
            print(f"step {step} {p:.0%} l1 {l1:.4f} psnr {psnr(l2):.2f} {clock.seconds:.0f}s", flush=True)
        if step % 200 == 0:
            with average.applied():
                save(vae.state_dict(), done)
    with average.applied():
        save(vae.state_dict(), done)
