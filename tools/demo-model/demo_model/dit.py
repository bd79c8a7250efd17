"""The Wan 2.1 diffusion transformer, small, with the parameter names and layouts of TurboDiffusion's checkpoints.

Wan 2.1: https://github.com/Wan-Video/Wan2.1, wan/modules/model.py; TurboDiffusion: https://github.com/thu-ml/TurboDiffusion.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from .sla import AttentionOp


class FullRMSNorm(nn.Module):
    """RMS norm over all heads together."""

    def __init__(self, dim, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        f = x.float()
        return (f * torch.rsqrt(f.pow(2).mean(-1, keepdim=True) + self.eps)).type_as(x) * self.weight


def rotate(x, cos, sin):
    """Interleaved pairs of x [B, heads, L, d]: (x0, x1) -> (x0 c - x1 s, x0 s + x1 c)."""
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)


def rope_table(head_dim, t, h, w):
    """cos and sin of the angles, [t*h*w, head_dim/2]: columns for time, then rows, then columns."""
    dh = head_dim // 6 * 2
    dt = head_dim - 2 * dh

    def axis(n, d):
        return torch.outer(torch.arange(n).float(), 10000.0 ** (-torch.arange(0, d, 2).float() / d))

    time, row, column = axis(t, dt), axis(h, dh), axis(w, dh)
    angle = torch.cat([time[:, None, None].expand(t, h, w, -1), row[None, :, None].expand(t, h, w, -1),
                       column[None, None].expand(t, h, w, -1)], -1).reshape(t * h * w, -1)
    return angle.cos(), angle.sin()


class Attention(nn.Module):
    def __init__(self, dim, heads, eps):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (nn.Linear(dim, dim) for _ in range(4))
        self.norm_q, self.norm_k = FullRMSNorm(dim, eps), FullRMSNorm(dim, eps)
        self.attn_op = None

    def forward(self, x, context=None, rope=None, bias=None):
        c = x if context is None else context

        def split(y):
            return y.view(y.shape[0], y.shape[1], self.heads, -1).transpose(1, 2)

        q, k, v = split(self.norm_q(self.q(x))), split(self.norm_k(self.k(c))), split(self.v(c))
        if rope is not None:
            q, k = rotate(q, *rope), rotate(k, *rope)
        q, k = q.type_as(v), k.type_as(v)
        if self.attn_op is not None:
            return self.o(self.attn_op(q, k, v).transpose(1, 2).reshape(x.shape))
        # written out: on a CPU the backward pass of the fused kernel costs several times as much
        score = torch.matmul(q * q.shape[-1] ** -0.5, k.transpose(-1, -2))
        if bias is not None:
            score = score + bias.type_as(score)
        o = torch.matmul(score.softmax(-1).type_as(v), v)
        return self.o(o.transpose(1, 2).reshape(x.shape))


class Block(nn.Module):
    def __init__(self, dim, ffn, heads, eps):
        super().__init__()
        self.self_attn = Attention(dim, heads, eps)
        self.cross_attn = Attention(dim, heads, eps)
        self.norm3 = nn.LayerNorm(dim, eps)
        self.ffn = nn.Sequential(nn.Linear(dim, ffn), nn.GELU(approximate="tanh"), nn.Linear(ffn, dim))
        self.modulation = nn.Parameter(torch.randn(1, 6, dim) / dim ** 0.5)
        self.dim, self.eps = dim, eps

    def plain(self, x):
        return F.layer_norm(x, (self.dim,), eps=self.eps)

    def forward(self, x, e, rope, context, bias):
        shift1, scale1, gate1, shift2, scale2, gate2 = (self.modulation + e).chunk(6, 1)
        x = x + self.self_attn(self.plain(x) * (1 + scale1) + shift1, rope=rope) * gate1
        x = x + self.cross_attn(self.norm3(x), context, bias=bias)
        return x + self.ffn(self.plain(x) * (1 + scale2) + shift2) * gate2


class Head(nn.Module):
    def __init__(self, dim, out, eps):
        super().__init__()
        self.head = nn.Linear(dim, out)
        self.modulation = nn.Parameter(torch.randn(1, 2, dim) / dim ** 0.5)
        self.dim, self.eps = dim, eps

    def forward(self, x, e):
        shift, scale = (self.modulation + e[:, None]).chunk(2, 1)
        return self.head(F.layer_norm(x, (self.dim,), eps=self.eps) * (1 + scale) + shift)


class DiT(nn.Module):
    def __init__(self, dim, ffn_dim, num_heads, num_layers, freq_dim, text_dim, in_dim, out_dim, patch_size, eps):
        super().__init__()
        self.patch, self.heads, self.freq_dim, self.out_dim = patch_size, num_heads, freq_dim, out_dim
        volume = math.prod(patch_size)
        self.patch_embedding = nn.Linear(in_dim * volume, dim)
        self.text_embedding = nn.Sequential(nn.Linear(text_dim, dim), nn.GELU(approximate="tanh"), nn.Linear(dim, dim))
        self.time_embedding = nn.Sequential(nn.Linear(freq_dim, dim), nn.SiLU(), nn.Linear(dim, dim))
        self.time_projection = nn.Sequential(nn.SiLU(), nn.Linear(dim, 6 * dim))
        self.blocks = nn.ModuleList(Block(dim, ffn_dim, num_heads, eps) for _ in range(num_layers))
        self.head = Head(dim, out_dim * volume, eps)
        self.dim = dim

    def time_features(self, t1000):
        half = self.freq_dim // 2
        freq = torch.pow(10000.0, -torch.arange(half, dtype=torch.float64) / half)
        angle = t1000.double()[:, None] * freq
        return torch.cat([angle.cos(), angle.sin()], 1).float()

    def forward(self, x, t1000, text, pad_count=None):
        """x [B, C, T, H, W]; t1000 [B] = 1000 t; text [B, L, text_dim] -> velocity [B, C, T, H, W].

        The published models attend over all 512 text rows, the zero rows after the prompt too, without a mask.
        All those rows give the same key and value, so with `pad_count` [B] the last row of `text` stands for that
        many equal rows: same result, far less work. `tap` keeps the stream after the second block for training.
        """
        batch, c, full_t, full_h, full_w = x.shape
        kt, kh, kw = self.patch
        t, h, w = full_t // kt, full_h // kh, full_w // kw
        tokens = x.view(batch, c, t, kt, h, kh, w, kw).permute(0, 2, 4, 6, 1, 3, 5, 7).reshape(batch, t * h * w, -1)
        tokens = self.patch_embedding(tokens)
        e = self.time_embedding(self.time_features(t1000))
        e6 = self.time_projection(e).view(batch, 6, self.dim)
        context = self.text_embedding(text)
        bias = None if pad_count is None else pad_bias(text, pad_count)
        rope = rope_table(self.dim // self.heads, t, h, w)
        for i, block in enumerate(self.blocks):
            tokens = block(tokens, e6, rope, context, bias)
            if i == 1:
                self.tap = tokens
        y = self.head(tokens, e)
        y = y.view(batch, t, h, w, kt, kh, kw, self.out_dim).permute(0, 7, 1, 4, 2, 5, 3, 6)
        return y.reshape(batch, self.out_dim, full_t, full_h, full_w)

    def use_sparse_attention(self, topk):
        """Adds what checkpoints with sparse-linear attention have beside these weights."""
        for block in self.blocks:
            block.self_attn.attn_op = AttentionOp(self.dim // self.heads, topk)

    def initialise(self):
        """The network starts by returning its noisy input, close to the wanted velocity at high noise: the first
        4*C channels of the stream carry the patch, the others a constant."""
        for name, p in self.named_parameters():
            if p.ndim == 2 and "modulation" not in name:
                nn.init.normal_(p, std=0.8 / p.shape[1] ** 0.5)
            elif name.endswith("bias"):
                nn.init.zeros_(p)
        for block in self.blocks:
            block.modulation.data.normal_(std=0.02)
            block.cross_attn.o.weight.data.mul_(0.1)
            block.modulation.data[:, [2, 5]] += 0.15
        self.head.modulation.data.zero_()
        self.time_projection[1].weight.data.mul_(0.1)
        k, constant = self.head.head.out_features, 2.0
        patch = self.patch_embedding
        patch.weight.data.mul_(0.1)
        patch.weight.data[:k, :k] = torch.eye(k)
        patch.bias.data[k:] = constant * torch.where(torch.arange(self.dim - k) % 2 == 0, 1.0, -1.0)
        rms = math.sqrt((k + (self.dim - k) * constant * constant) / self.dim)
        self.head.head.weight.data.mul_(0.02)
        channels = self.out_dim  # input columns are (channel, row, column), output rows (row, column, channel)
        for c in range(channels):
            for q in range(k // channels):
                self.head.head.weight.data[q * channels + c, c * (k // channels) + q] = rms


def pad_bias(text, pad_count):
    """Additive attention bias for (prompt rows ..., unused rows ..., one row for all padding)."""
    rows = text.shape[1]
    bias = torch.zeros(text.shape[0], rows)
    bias.masked_fill_(torch.arange(rows)[None] >= (512 - pad_count)[:, None], float("-inf"))
    bias[:, -1] = pad_count.float().log()
    return bias[:, None, None]
