"""Stage `dit`: text encoder and DiT together, by rectified flow: x_t = (1 - t) x0 + t noise, v = (x_t - x0) / t.

Rectified flow: arXiv:2209.03003. Most times are those the few-step sampler uses, and the data are simple enough that
neither distillation nor guidance is needed. Two helpers that are not part of the model make it converge:

* quiet padding. All 512 text rows take part in cross-attention and about 495 of them are padding, so an untrained
  head spends its attention there. The padding key of every head is turned against the mean query.
* probes. Rotary embeddings only tell tokens how far apart they are, and at high noise every token looks alike, so
  place must be worked out from the edges of the grid, and attributes be carried from the text into the tokens. A
  linear probe on the stream after the second block must name frame, row, column and the attributes.
"""
import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from .captions import caption
from .config import CONFIG
from .dit import DiT
from .latents import load_latents
from .sampler import SAMPLER_TIMES
from .text_encoder import TextEncoder, Tokenizer, encode_text
from .train_text import GROUPS, RowProbe
from .training import Average, Clock, Muon, Workers, bf16_convolutions, cosine, save, set_rate
from .world import attribute_ids

TOKENS = 180  # 5 frames of 6 x 6 patches


def draw_times(n, rng, late=False):
    """Mostly the sampler's own times, a little jittered, some anywhere. `late`: more of the last two."""
    share = [0.18, 0.18, 0.28, 0.36] if late else [0.28, 0.24, 0.24, 0.24]
    t = torch.tensor(SAMPLER_TIMES)[torch.from_numpy(rng.choice(4, n, p=share))]
    t = (t + 0.004 * torch.from_numpy(rng.standard_normal(n)).float()).clamp(0.01, 0.995)
    other = torch.from_numpy(rng.uniform(0.03, 0.99, n)).float()
    return torch.where(torch.from_numpy(rng.random(n) < (0.05 if late else 0.12)), other, t)


@torch.no_grad()
def quiet_padding(dit, encoder, tokenizer, latents, combos):
    """Turns every head's padding key against its queries, by biases and norm gains only."""
    captions, rng = random.Random(0), np.random.default_rng(0)
    i = rng.integers(len(combos), size=12)
    text, pad = encode_text(tokenizer, encoder, [caption(combos[j], captions) for j in i.tolist()])
    x0, t = latents[torch.from_numpy(i)].float(), torch.tensor(SAMPLER_TIMES).repeat(3)
    tt = t.view(-1, 1, 1, 1, 1)
    inputs = {}
    hooks = [b.cross_attn.register_forward_pre_hook(lambda m, args, k=k: inputs.__setitem__(k, args))
             for k, b in enumerate(dit.blocks)]
    dit((1 - tt) * x0 + tt * torch.randn_like(x0), t * 1000, text, pad)
    for hook in hooks:
        hook.remove()
    width = dit.dim // dit.heads
    for k, block in enumerate(dit.blocks):
        c, (x, context) = block.cross_attn, inputs[k][:2]
        q, key = c.q(x).view(-1, c.heads, width), c.k(context[:, -1:]).view(-1, c.heads, width)
        mean_q = c.norm_q(c.q(x)).view_as(q).mean(0)
        mean_key = c.norm_k(c.k(context[:, -1:])).view_as(key).mean(0)
        score = (mean_q * mean_key).sum(-1) / width ** 0.5
        for h in range(c.heads):
            quiet = score[h] < -4
            direction = key.mean(0)[h] if quiet else -q.mean(0)[h]
            direction = direction / direction.pow(2).mean().sqrt()
            head = slice(h * width, (h + 1) * width)
            c.k.bias.data[head] += 0.6 * direction
            if not quiet:
                c.q.bias.data[head] -= 0.8 * q[:, h].pow(2).mean().sqrt() * direction
        c.norm_q.weight.data *= 1.35
        c.norm_k.weight.data *= 1.35


class StreamProbe(nn.Linear):
    """Names frame, row, column and the attributes from the stream [B, 180, dim]."""

    def __init__(self, dim):
        super().__init__(dim, 5 + 6 + 6 + sum(GROUPS))
        grid = torch.arange(TOKENS)
        self.where = torch.stack([grid // 36, grid // 6 % 6, grid % 6], 1)

    def losses(self, stream, combos):
        """Cross-entropy of place (the sum of three) and of the four attributes."""
        guesses = self(F.layer_norm(stream, (stream.shape[-1],))).flatten(0, 1).split([5, 6, 6, *GROUPS], -1)
        where = self.where.repeat(len(combos), 1)
        named = torch.tensor([attribute_ids(c) for c in combos]).repeat_interleave(TOKENS, 0)
        place = sum(F.cross_entropy(g, where[:, k]) for k, g in enumerate(guesses[:3]))
        return place, [F.cross_entropy(g, named[:, k]) for k, g in enumerate(guesses[3:])]


@torch.no_grad()
def own_guesses(dit, x0, t, text, pad, rng, noise):
    """x0, but for some samples at the last two times the network's own estimate from one step earlier."""
    known = x0.clone()
    for now, before in ((SAMPLER_TIMES[2], SAMPLER_TIMES[1]), (SAMPLER_TIMES[3], SAMPLER_TIMES[2])):
        chosen = ((t - now).abs() < 0.02) & torch.from_numpy(rng.random(len(x0)) < 0.6)
        k = torch.nonzero(chosen)[:len(x0) // 8, 0]
        if len(k):
            x = (1 - before) * x0[k] + before * torch.randn(x0[k].shape, generator=noise)
            with bf16_convolutions():
                known[k] = x - before * dit(x, torch.full((len(k),), 1000 * before), text[k], pad[k]).float()
    return known


def train_dit(args):
    """Starts from OUT/`args.resume` (text encoder, and DiT where it has one) and writes OUT/dit_ema.pt.

    `args.refine` is the last part of the training: late times, own guesses, and a probe on the text rows too."""
    workers = Workers(args)
    torch.manual_seed(3)
    tokenizer = Tokenizer(f"{args.out}/spiece.model")
    encoder, dit = TextEncoder(tokenizer.size, **CONFIG["t5"]), DiT(**CONFIG["dit"])
    encoder.initialise()
    dit.initialise()
    latents, combos = load_latents(args.out)
    pair = torch.load(f"{args.out}/{args.resume}")
    encoder.load_state_dict(pair["t5"])
    if "dit" in pair:
        dit.load_state_dict(pair["dit"])
    else:
        quiet_padding(dit, encoder, tokenizer, latents, combos)
    probe, text_probe = StreamProbe(dit.dim), RowProbe()
    params = [p for m in (dit, encoder, probe, text_probe) for p in m.parameters()]
    matrices = [p for p in dit.blocks.parameters() if p.ndim == 2]
    inside = {id(p) for p in matrices}
    muon = Muon(matrices)
    adam = torch.optim.AdamW([p for p in params if id(p) not in inside], lr=1e-3, betas=(0.9, 0.98), weight_decay=0.0)
    average = Average(params, longest=0.99)
    rng, captions = np.random.default_rng(50 + args.rank), random.Random(60 + args.rank)
    noise = torch.Generator().manual_seed(70 + args.rank)
    clock, step, history = Clock(args.minutes), 0, []
    while (p := workers.same(clock.progress)) < 1:
        i = torch.from_numpy(rng.integers(len(combos), size=args.batch))
        x0, chosen = latents[i].float(), [combos[j] for j in i.tolist()]
        text, pad = encode_text(tokenizer, encoder, [caption(c, captions, from_to=args.from_to) for c in chosen])
        t = draw_times(args.batch, rng, late=args.refine)
        tt = t.view(-1, 1, 1, 1, 1)
        start = torch.randn(x0.shape, generator=noise)
        known = own_guesses(dit, x0, t, text, pad, rng, noise) if args.refine else x0
        x = (1 - tt) * known + tt * start
        with bf16_convolutions():
            v = dit(x, t * 1000, text, pad)
        error = (v.float() - (x - x0) / tt).pow(2).mean((1, 2, 3, 4))
        stream, rows = dit.tap.float(), text[:, :-1]
        if args.refine and step < 80:  # fresh probes learn first
            stream, rows = stream.detach(), rows.detach()
        place, named = probe.losses(stream, chosen)
        loss = error.mean() + 0.05 * place + 0.1 * sum(named)
        if args.refine:
            loss = loss + 0.1 * sum(text_probe.losses(rows, rows.detach().abs().sum(-1) > 0, chosen))
        for q in params:
            q.grad = None
        loss.backward()
        workers.average(params)
        nn.utils.clip_grad_norm_(params, 1.0)
        rate = args.lr * min(1, (step + 1) / 60) * cosine(p, hold=0.15 if args.refine else 0.25)
        set_rate(adam, rate)
        adam.step()
        muon.step(rate * 3.0)
        step += 1
        average.update()
        history.append([error.mean().item(), place.item(), *(q.item() for q in named)])
        if args.rank == 0 and step % 50 == 0:
            print(f"step {step} {p:.0%} loss, place, attributes", np.mean(history[-50:], 0).round(3).tolist(),
                  f"{clock.seconds:.0f}s", flush=True)
        if args.rank == 0 and step % 200 == 0:
            save_pair(args.out, dit, encoder, average)
    if args.rank == 0:
        save_pair(args.out, dit, encoder, average)
    workers.close()


def save_pair(out, dit, encoder, average):
    with average.applied():
        pair = {name: {k: v.clone() for k, v in m.state_dict().items()} for name, m in (("dit", dit), ("t5", encoder))}
    save(pair, f"{out}/dit_ema.pt")
