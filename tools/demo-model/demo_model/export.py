"""Stages `export` (the model folder as it ships) and `reference` (one generation with every intermediate tensor)."""
import json
import os
import shutil

import numpy as np
import torch

from .classify import classify
from .config import CONFIG, SAMPLER, latent_shape
from .sampler import draw_noise, load_models, sample, time_steps
from .text_encoder import Tokenizer, embed_prompt
from .world import sample_video, to_frames

PROMPT, SEED = "a red circle moving right", 0
SHOWN_FRAMES = [0, 1, 5, 16]


def export(args):
    """Writes dit.pth and t5.pth (bf16), vae.pth (fp32), spiece.model and config.json into `args.dest`."""
    os.makedirs(args.dest, exist_ok=True)
    pair = torch.load(f"{args.out}/dit_ema.pt")
    for name in ("dit", "t5"):
        torch.save({k: v.bfloat16() for k, v in pair[name].items()}, f"{args.dest}/{name}.pth")
    vae = torch.load(f"{args.out}/vae_refined.pth")
    torch.save({k: v.float() for k, v in vae.items()}, f"{args.dest}/vae.pth")
    shutil.copyfile(f"{args.out}/spiece.model", f"{args.dest}/spiece.model")
    config = dict(CONFIG, sampler=SAMPLER)
    config["t5"] = dict(config["t5"], vocab_size=Tokenizer(f"{args.dest}/spiece.model").size)
    with open(f"{args.dest}/config.json", "w", encoding="utf-8") as f:
        f.write(json.dumps(config, indent=1) + "\n")
    for name in sorted(os.listdir(args.dest)):
        size = os.path.getsize(f"{args.dest}/{name}")
        print(f"{name:24s} {size}")


@torch.no_grad()
def write_reference(args):
    """Writes `args.path` into `args.dest`: fp32 networks from the shipped files, float64 sampler state, CPU generator."""
    from safetensors.torch import save_file
    torch.set_num_threads(1)
    tokenizer, encoder, dit, vae = load_models(args.dest)
    ids, rows = embed_prompt(tokenizer, encoder, PROMPT)
    noise = draw_noise(SEED, latent_shape(), 4)
    tensors = {"token_ids": ids.int(), "text_embedding": rows, "t_steps": time_steps(), "init_noise": noise[0]}
    tensors.update({f"noise_{i}": n for i, n in enumerate(noise[1:])})
    z = sample(dit, rows, noise, trace=tensors)
    video = vae.decode(z)
    frames = to_frames(video[0].numpy())
    clip = to_frames(sample_video(("blue", "triangle", "up", "white"), np.random.default_rng(1)))
    pixels = torch.from_numpy(clip)
    tensors.update({
        "latent": z, "video_frame_index": torch.tensor(SHOWN_FRAMES, dtype=torch.int32),
        "video_frames": video[:, :, SHOWN_FRAMES], "frames_uint8": torch.from_numpy(frames),
        "vae_input_uint8": pixels, "vae_latent": vae.encode((pixels.float() / 127.5 - 1).permute(3, 0, 1, 2)[None])})
    save_file({k: v.contiguous() for k, v in tensors.items()}, f"{args.dest}/{args.path}",
              metadata={"prompt": PROMPT, "seed": str(SEED), "num_steps": "4", "sigma_max": "80",
                        "dtype": "float32 network, float64 sampler state"})
    found = classify(frames)
    print(PROMPT, "->", {k: found[k] for k in ("color", "shape", "motion", "background")})
