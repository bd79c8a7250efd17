"""Sparse-linear attention (arXiv:2509.24006), for training: the exact operator with masks, as lib/ops/sla.h states it.

Of every 128 queries the keys of the highest-scoring blocks of 64 are attended to exactly; a linear branch covers all
keys and is added through `proj_l`, which starts at zero. Keys of a checkpoint: blocks.i.self_attn.attn_op.local_attn.
"""
import torch
import torch.nn as nn

QUERY_ROWS, KEY_ROWS = 128, 64


def block_means(x, rows):
    """[B, heads, L, d] -> [B, heads, blocks, d]; the last block may have fewer rows."""
    return torch.stack([part.mean(2) for part in x.split(rows, 2)], 2)


def key_mask(q, k, topk):
    """True where a query may look: [B, heads, L, L]."""
    length = q.shape[2]
    score = block_means(q, QUERY_ROWS) @ block_means(k - k.mean(2, keepdim=True), KEY_ROWS).transpose(-1, -2)
    kept = max(1, int(topk * score.shape[-1]))
    mask = torch.zeros_like(score, dtype=torch.bool).scatter_(-1, score.topk(kept, -1).indices, True)
    return (mask.repeat_interleave(QUERY_ROWS, 2)[:, :, :length]
            .repeat_interleave(KEY_ROWS, 3)[:, :, :, :length])


class LocalAttention(nn.Module):
    def __init__(self, width, topk):
        super().__init__()
        self.topk, self.proj_l = topk, nn.Linear(width, width)
        nn.init.zeros_(self.proj_l.weight)
        nn.init.zeros_(self.proj_l.bias)

    def forward(self, q, k, v):
        """[B, heads, L, d] each."""
        with torch.no_grad():
            mask = key_mask(q, k, self.topk)
        score = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        sparse = score.masked_fill(~mask, float("-inf")).softmax(-1) @ v
        phi_q, phi_k = q.softmax(-1), k.softmax(-1)
        weight = (phi_q * phi_k.sum(2, keepdim=True)).sum(-1, keepdim=True) + 1e-5
        return sparse + self.proj_l(phi_q @ (phi_k.transpose(-1, -2) @ v) / weight)


class AttentionOp(nn.Module):
    """One level of names that published checkpoints have."""

    def __init__(self, width, topk):
        super().__init__()
        self.local_attn = LocalAttention(width, topk)

    def forward(self, q, k, v):
        return self.local_attn(q, k, v)
