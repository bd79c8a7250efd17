"""Stages `vae` (the whole autoencoder), `freeze` (unit-variance latents) and `decoder` (full-size clips)."""
import math

import numpy as np
import torch
import torch.nn as nn

from .config import CONFIG, MEAN, STD
from .training import Clock, Workers, bf16_convolutions, cosine, save, set_rate
from .vae import VAE
from .world import BACKGROUNDS, COLORS, all_combos, jitter_color, render, sample_video, trajectory


def initialise(vae):
    """The trunk starts as a linear, variance-keeping autoencoder; residual branches start near 0."""
    for name, m in vae.named_modules():
        if not isinstance(m, (nn.Conv3d, nn.Conv2d)):
            continue
        gain = 1.6 if name.endswith(("residual.2", "head.2")) else 1.0
        nn.init.normal_(m.weight, std=gain / m.weight[0].numel() ** 0.5)
        nn.init.zeros_(m.bias)
        if name.endswith(("residual.6", "proj", "time_conv")):
            m.weight.data.mul_(0.1)
        if name.endswith("time_conv"):
            out, into = m.weight.shape[:2]
            m.weight.data[:, :, 1 if out == into else -1, 0, 0] += torch.eye(into).repeat(out // into, 1)


def _window(track, frames, crop, rng):
    """Moves a crop x crop window over some part of the outline in one of the frames."""
    k = rng.integers(frames)
    angle, reach = rng.uniform(0, 2 * math.pi), track[k, 2] * rng.uniform(0, 1.3)
    left = np.clip(track[k, 0] + reach * math.cos(angle) - crop / 2 + rng.uniform(-12, 12), 0, 96 - crop)
    top = np.clip(track[k, 1] + reach * math.sin(angle) - crop / 2 + rng.uniform(-12, 12), 0, 96 - crop)
    track[:, 0] -= int(left)
    track[:, 1] -= int(top)


def training_clips(rng, combos, n, frames, crop):
    """[n, 3, frames, crop, crop]: parts of clips, now and then played backwards."""
    clips = []
    for _ in range(n):
        color, shape, motion, ground = combos[rng.integers(len(combos))]
        track = trajectory(motion, rng)
        first = rng.integers(0, 17 - frames + 1)
        track = track[first:first + frames].copy()
        if crop < 96:
            _window(track, frames, crop, rng)
        if motion in ("grow", "shrink", "still") and rng.random() < 0.3:
            track = track[::-1].copy()
        clips.append(render(shape, jitter_color(COLORS[color], rng), jitter_color(BACKGROUNDS[ground], rng, 3),
                            track, crop))
    return torch.from_numpy(np.stack(clips))


def psnr(mean_square_error):
    """dB for values in [-1, 1]."""
    return 10 * math.log10(4 / mean_square_error)


def reconstruction_loss(error, weight=1.0):
    return (weight * error.abs()).mean() + 2.0 * (weight * error.pow(2)).mean()


def train_vae(args):
    workers = Workers(args)
    torch.manual_seed(1)
    rng, noise = np.random.default_rng(100 + args.rank), torch.Generator().manual_seed(7 + args.rank)
    combos = all_combos()
    vae = VAE(**CONFIG["vae"])
    initialise(vae)
    params = list(vae.parameters())
    optimiser = torch.optim.Adam(params, lr=1e-3, betas=(0.9, 0.99))
    clock, step, history = Clock(args.minutes), 0, []
    while (p := workers.same(clock.progress)) < 1:
        # windows first, whole clips for the last fifth
        n, frames, crop = (4, 5, 48) if p < 0.55 else (2, 9, 48) if p < 0.82 else (1, 17, 96)
        set_rate(optimiser, 2.5e-3 * min(1, (step + 1) / 50) * (0.02 + 0.98 * cosine(p)))
        x = training_clips(rng, combos, n, frames, crop)
        with bf16_convolutions():
            z = vae.encode(x).float()
            y = vae.decode(z + 0.15 * torch.randn(z.shape, generator=noise)).float()
        error = y - x
        loss = reconstruction_loss(error) + 2e-3 * z.pow(2).mean()
        optimiser.zero_grad()
        loss.backward()
        workers.average(params)
        nn.utils.clip_grad_norm_(params, 1.0)
        optimiser.step()
        step += 1
        history.append((error.abs().mean().item(), error.pow(2).mean().item()))
        if args.rank == 0 and step % 50 == 0:
            l1, l2 = np.mean(history[-50:], 0)
            print(f"step {step} {p:.0%} l1 {l1:.4f} psnr {psnr(l2):.2f} {clock.seconds:.0f}s", flush=True)
    if args.rank == 0:
        save(vae.state_dict(), f"{args.out}/vae_raw.pth")
    workers.close()


@torch.no_grad()
def freeze_encoder(args):
    """Folds a per-channel affine map into the 1x1x1 convolutions around the latent, so that encoded training
    videos have mean 0 and variance 1 per channel under the published MEAN and STD. Reconstruction is unchanged."""
    torch.set_num_threads(1)
    vae = VAE(**CONFIG["vae"])
    vae.load_state_dict(torch.load(f"{args.out}/vae_raw.pth"))
    rng, combos = np.random.default_rng(11), all_combos()
    with bf16_convolutions():
        z = torch.cat([vae.encode(torch.from_numpy(sample_video(combos[rng.integers(len(combos))], rng))[None]).float()
                       for _ in range(args.clips)])
    m, s = z.mean((0, 2, 3, 4)), z.std((0, 2, 3, 4))
    mean, std = torch.tensor(MEAN), torch.tensor(STD)
    channels, into, out = len(MEAN), vae.conv1, vae.conv2
    out.bias.data += out.weight[:, :, 0, 0, 0] @ (mean + m * std - mean * s)
    out.weight.data *= s.view(1, -1, 1, 1, 1)
    into.weight.data[:channels] /= s.view(-1, 1, 1, 1, 1)
    into.bias.data[:channels] = (into.bias[:channels] - mean - m * std) / s + mean
    save(vae.state_dict(), f"{args.out}/vae_norm.pth")


def tune_decoder(args):
    """The encoder is fixed; the decoder sees whole clips at full size."""
    torch.set_num_threads(1)
    torch.manual_seed(300)
    vae = VAE(**CONFIG["vae"])
    vae.load_state_dict(torch.load(f"{args.out}/vae_norm.pth"))
    params = list(vae.conv2.parameters()) + list(vae.decoder.parameters())
    optimiser = torch.optim.Adam(params, lr=1e-3, betas=(0.9, 0.99))
    rng, combos = np.random.default_rng(300), all_combos()
    clock, step, history = Clock(args.minutes), 0, []
    while (p := clock.progress) < 1:
        set_rate(optimiser, 3e-4 * min(1, (step + 1) / 20) * cosine(p))
        x = torch.from_numpy(sample_video(combos[rng.integers(len(combos))], rng))[None]
        with bf16_convolutions():
            with torch.no_grad():
                z = vae.encode(x).float()
            y = vae.decode(z + 0.2 * torch.randn_like(z))
        error = y.float() - x
        optimiser.zero_grad()
        reconstruction_loss(error).backward()
        nn.utils.clip_grad_norm_(params, 1.0)
        optimiser.step()
        step += 1
        history.append((error.abs().mean().item(), error.pow(2).mean().item()))
        if step % 25 == 0:
            l1, l2 = np.mean(history[-25:], 0)
            print(f"step {step} {p:.0%} l1 {l1:.4f} psnr {psnr(l2):.2f} {clock.seconds:.0f}s", flush=True)
    save(vae.state_dict(), f"{args.out}/vae_tuned.pth")
