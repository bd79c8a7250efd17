"""Stage `latents`: the encoded clips that the DiT is trained on."""
import glob

import numpy as np
import torch

from .config import CONFIG
from .training import Clock, bf16_convolutions, save
from .vae import VAE
from .world import sample_video, training_combos

WIDE_SPREAD = 0.65  # of position, size and speed in the first clips the DiT sees
FILE_CLIPS = 100


@torch.no_grad()
def make_latents(args):
    """Writes `args.count` files of `args.clips` encoded clips each (float16 latents and their combinations)."""
    torch.set_num_threads(1)
    vae = VAE(**CONFIG["vae"])
    vae.load_state_dict(torch.load(f"{args.out}/vae_norm.pth"))
    rng = np.random.default_rng(1000 + int(1e6 * (WIDE_SPREAD - args.spread)))
    combos, order, clock = training_combos(), [], Clock(args.minutes)
    for k in range(args.count):
        latents, names = [], []
        while len(latents) < args.clips:
            if not order:
                order = list(rng.permutation(len(combos)))
            names.append(combos[order.pop()])
            clip = torch.from_numpy(sample_video(names[-1], rng, spread=args.spread))[None]
            with bf16_convolutions():  # the error is far below the noise of training
                latents.append(vae.encode(clip)[0].half())
        save((torch.stack(latents), names), f"{args.out}/latents_{k:03d}.pt")
        print(f"{(k + 1) * args.clips} clips {clock.seconds:.0f}s", flush=True)
        if clock.progress >= 1:
            break


def load_latents(out):
    """All encoded clips of a folder, [N, 16, 5, 12, 12], and their combinations."""
    latents, names = [], []
    for path in sorted(glob.glob(f"{out}/latents_*.pt")):
        z, combos = torch.load(path)
        latents.append(z)
        names += combos
    return torch.cat(latents), names
