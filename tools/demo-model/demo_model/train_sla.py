"""Stage `sla`: a copy of the model whose DiT runs with sparse-linear attention, taught by the model itself.

Both networks see the states of the student's own few-step trajectories, and the student learns the teacher's velocity
at each of them, so no clips are needed. Only prompts of combinations that are not held out are used.
"""
import copy
import os
import random
import shutil

import numpy as np
import torch
import torch.nn as nn

from .captions import caption
from .config import latent_shape
from .sampler import load_models, time_steps
from .text_encoder import encode_text
from .training import Average, Clock, bf16_convolutions, cosine, set_rate
from .world import all_combos, held_out_combos


def train_sla(args):
    """Reads the model folder `args.source`, writes `args.dest` with a new dit.pth and links to the other files."""
    torch.manual_seed(5)
    torch.set_num_threads(args.workers)
    tokenizer, encoder, teacher, _ = load_models(args.source)
    student = load_models(args.start, args.topk)[2] if args.start else copy.deepcopy(teacher)
    if not args.start:
        student.use_sparse_attention(args.topk)
    student.train()
    seen = sorted(set(all_combos()) - set(held_out_combos()))
    rng, captions, noise = np.random.default_rng(90), random.Random(91), torch.Generator().manual_seed(92)
    projections = [p for name, p in student.named_parameters() if "proj_l" in name]
    known = {id(p) for p in projections}
    rest = [p for p in student.parameters() if id(p) not in known]
    fast = torch.optim.AdamW(projections, lr=1.0, weight_decay=0.0)
    slow = torch.optim.AdamW(rest, lr=1.0, betas=(0.9, 0.98), weight_decay=0.0)
    average = Average(projections + rest, longest=0.99)
    times, shape = time_steps().float(), (args.batch, *latent_shape()[1:])
    clock, step, history = Clock(args.minutes), 0, []
    while clock.progress < 1:
        chosen = [seen[j] for j in rng.integers(len(seen), size=args.batch)]
        with torch.no_grad():
            text, pad = encode_text(tokenizer, encoder, [caption(c, captions, from_to=0.1) for c in chosen])
        x = torch.randn(shape, generator=noise) * times[0]
        student.zero_grad(set_to_none=True)
        errors = []
        for t, following in zip(times[:-1], times[1:]):
            at = torch.full((args.batch,), 1000 * t.item())
            with torch.no_grad():
                wanted = teacher(x, at, text, pad)
            with bf16_convolutions():
                v = student(x, at, text, pad).float()
            error = (v - wanted).pow(2).mean()
            error.backward()
            errors.append(error.item())
            x = (1 - following) * (x - t * v.detach()) + following * torch.randn(shape, generator=noise)
        nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        rate = min(1, (step + 1) / 30) * cosine(clock.progress, hold=0.3)
        set_rate(slow, args.lr * rate)
        set_rate(fast, 10 * args.lr * rate)
        slow.step()
        fast.step()
        average.update()
        step += 1
        history.append(errors)
        if step % 25 == 0:
            print(f"step {step} {clock.progress:.0%} error at each time",
                  np.mean(history[-25:], 0).round(4).tolist(), f"{clock.seconds:.0f}s", flush=True)
    os.makedirs(args.dest, exist_ok=True)
    with average.applied():
        torch.save({k: v.float() if "proj_l" in k else v.bfloat16() for k, v in student.state_dict().items()},
                   f"{args.dest}/dit.pth")
    for name in ("vae.pth", "t5.pth", "spiece.model", "config.json"):
        if args.link:
            if not os.path.lexists(f"{args.dest}/{name}"):
                os.symlink(os.path.relpath(f"{args.source}/{name}", args.dest), f"{args.dest}/{name}")
        else:
            shutil.copyfile(f"{args.source}/{name}", f"{args.dest}/{name}")
