"""Stages `text` (warm-up of the text encoder before the DiT) and `wording` ("from left to right").

In both a linear probe must name the four attributes of the caption from every single text row, so that the DiT
finds them wherever it looks. The probes are not part of the model.
"""
import copy
import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from .captions import caption
from .config import CONFIG
from .text_encoder import TextEncoder, Tokenizer
from .training import Clock, save, set_rate
from .world import attribute_ids, training_combos

GROUPS = [6, 3, 7, 3]  # classes of colour, shape, motion, background


class RowProbe(nn.Linear):
    """Names the attributes from text rows [B, L, dim]."""

    def __init__(self):
        super().__init__(CONFIG["t5"]["dim"], sum(GROUPS))

    def losses(self, rows, real, combos):
        """Cross-entropy of each attribute over the rows where `real` [B, L]."""
        wanted = torch.tensor([attribute_ids(c) for c in combos])[:, None].expand(-1, rows.shape[1], -1)[real]
        return [F.cross_entropy(guess, wanted[:, k]) for k, guess in enumerate(self(rows[real]).split(GROUPS, -1))]


def pretrain_text(args):
    """Stage `text`."""
    torch.set_num_threads(args.workers)
    torch.manual_seed(9)
    tokenizer = Tokenizer(f"{args.out}/spiece.model")
    encoder, probe = TextEncoder(tokenizer.size, **CONFIG["t5"]), RowProbe()
    encoder.initialise()
    params = [*encoder.parameters(), *probe.parameters()]
    optimiser = torch.optim.Adam(params, lr=1e-3, betas=(0.9, 0.99))
    rng, combos, clock, step, history = random.Random(17), training_combos(), Clock(args.minutes), 0, []
    while (p := clock.progress) < 1:
        set_rate(optimiser, 2e-3 * min(1, (step + 1) / 30) * (1 - p))
        batch = [rng.choice(combos) for _ in range(64)]
        ids, mask = tokenizer.batch([caption(c, rng) for c in batch])
        losses = probe.losses(encoder(ids, mask), mask > 0, batch)
        optimiser.zero_grad()
        sum(losses).backward()
        nn.utils.clip_grad_norm_(params, 1.0)
        optimiser.step()
        step += 1
        history.append([v.item() for v in losses])
        if step % 100 == 0:
            print(step, np.mean(history[-100:], 0).round(3).tolist(), f"{clock.seconds:.0f}s", flush=True)
    save({"t5": encoder.state_dict()}, f"{args.out}/dit_text.pt")


def _free_to_learn(encoder):
    """Attention starts with scores of deviation 18 (no 1/sqrt(d) here), so every query sees one key only and the
    position table, which could tell "from left" from "to left", has no effect and no gradient. Calms the queries
    and gives one head of the first block to the token before."""
    for block in encoder.blocks:
        block.attn.q.weight.data *= 0.4
    first = encoder.blocks[0]
    width = CONFIG["t5"]["dim_attn"] // CONFIG["t5"]["num_heads"]
    first.attn.q.weight.data[-width:] *= 0.02
    first.pos_embedding.embedding.weight.data[:, -1] = 0
    first.pos_embedding.embedding.weight.data[1, -1] = 6.0  # bucket 1: the key one before the query


def _is_from_to(text):
    return " from " in text or "从" in text


def teach_wording(args):
    """Stage `wording`: reads OUT/dit_ema.pt, writes OUT/dit_wording.pt with another text encoder.

    Half of the captions say "from ... to ..." in English; their rows must name the motion. All rows of other
    captions are held at what they were, so that the DiT goes on understanding them."""
    torch.set_num_threads(1)
    torch.manual_seed(9)
    tokenizer = Tokenizer(f"{args.out}/spiece.model")
    pair = torch.load(f"{args.out}/dit_ema.pt")
    encoder, probe = TextEncoder(tokenizer.size, **CONFIG["t5"]), RowProbe()
    encoder.load_state_dict(pair["t5"])
    before = copy.deepcopy(encoder).requires_grad_(False)
    _free_to_learn(encoder)
    rng, combos = random.Random(17), training_combos()

    def batch(n, hard_share):
        chosen = [rng.choice(combos) for _ in range(n)]
        hard = [rng.random() < hard_share for _ in chosen]
        texts = [caption(c, rng, "en" if h else None, from_to=float(h)) for c, h in zip(chosen, hard)]
        return chosen, texts, *tokenizer.batch(texts)

    learn_probe = torch.optim.Adam(probe.parameters(), lr=5e-3)
    for _ in range(min(300, args.steps)):  # what the rows mean to the DiT
        chosen, _, ids, mask = batch(64, 0.0)
        learn_probe.zero_grad()
        sum(probe.losses(before(ids, mask), mask > 0, chosen)).backward()
        learn_probe.step()

    params = [*encoder.parameters(), *probe.parameters()]
    tables = [p for name, p in encoder.named_parameters() if "pos_embedding" in name]
    others = [p for name, p in encoder.named_parameters() if "pos_embedding" not in name]
    optimiser = torch.optim.Adam([{"params": others}, {"params": probe.parameters()}, {"params": tables}],
                                 lr=1e-3, betas=(0.9, 0.99))
    clock, history = Clock(1), []
    for step in range(args.steps):
        rate = 1e-3 * min(1, (step + 1) / 50) * (1 - step / args.steps)
        for group, factor in zip(optimiser.param_groups, (2, 2, 5)):
            group["lr"] = factor * rate
        chosen, texts, ids, mask = batch(48, 0.5)
        rows, real = encoder(ids, mask), mask > 0
        hard = torch.tensor([_is_from_to(t) for t in texts])[:, None]
        losses = probe.losses(rows, real, chosen)
        worded = probe.losses(rows, real & hard, chosen)[2]
        with torch.no_grad():
            old = before(ids, mask)
        kept = real & ~hard
        drift = (rows[kept] - old[kept]).pow(2).mean() / old[real].pow(2).mean()
        optimiser.zero_grad()
        (sum(losses) + worded + 20 * drift).backward()
        nn.utils.clip_grad_norm_([*encoder.parameters()], 1.0)
        optimiser.step()
        history.append([v.item() for v in (*losses, worded, drift)])
        if (step + 1) % 100 == 0:
            print(step + 1, np.mean(history[-100:], 0).round(4).tolist(), f"{clock.seconds:.0f}s", flush=True)
    save({"dit": pair["dit"], "t5": encoder.state_dict()}, f"{args.out}/dit_wording.pt")
