"""The umT5 encoder, small, and its SentencePiece tokenizer.

Parameter names are those of models_t5_umt5-xxl-enc-bf16.pth (https://github.com/Wan-Video/Wan2.1,
wan/modules/t5.py; umT5: arXiv:2304.09151): no 1/sqrt(d) in attention, a relative position table in every block.
"""
import math
import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

from .captions import caption
from .world import all_combos

EOS = 1
PAD = 0


class ScaleNorm(nn.Module):
    """x / rms(x) * weight: no mean subtraction, no bias."""

    def __init__(self, dim, eps=1e-6):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(dim)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


class T5Attention(nn.Module):
    def __init__(self, dim, dim_attn, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = (nn.Linear(dim, dim_attn, bias=False) for _ in range(3))
        self.o = nn.Linear(dim_attn, dim, bias=False)

    def forward(self, x, bias):
        batch, length, _ = x.shape
        q, k, v = (f(x).view(batch, length, self.heads, -1).transpose(1, 2) for f in (self.q, self.k, self.v))
        o = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=1.0)
        return self.o(o.transpose(1, 2).reshape(batch, length, -1))


class T5FeedForward(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.gate = nn.Sequential(nn.Linear(dim, hidden, bias=False), nn.GELU(approximate="tanh"))
        self.fc1 = nn.Linear(dim, hidden, bias=False)
        self.fc2 = nn.Linear(hidden, dim, bias=False)

    def forward(self, x):
        return self.fc2(self.fc1(x) * self.gate(x))


class RelativeBias(nn.Module):
    """Half of the buckets for keys before the query, half for those after; exact up to 8, then logarithmic."""

    def __init__(self, buckets, heads, max_dist=128):
        super().__init__()
        self.buckets, self.max_dist = buckets, max_dist
        self.embedding = nn.Embedding(buckets, heads)

    def forward(self, length):
        offset = torch.arange(length)[None, :] - torch.arange(length)[:, None]  # key - query
        half = self.buckets // 2
        exact = half // 2
        dist = offset.abs()
        far = exact + (torch.log(dist.float() / exact) / math.log(self.max_dist / exact) * (half - exact)).long()
        index = torch.where(dist < exact, dist, far.clamp_max(half - 1)) + half * (offset > 0)
        return self.embedding(index).permute(2, 0, 1)[None]


class T5Block(nn.Module):
    def __init__(self, dim, dim_attn, dim_ffn, heads, buckets):
        super().__init__()
        self.norm1, self.norm2 = ScaleNorm(dim), ScaleNorm(dim)
        self.attn = T5Attention(dim, dim_attn, heads)
        self.ffn = T5FeedForward(dim, dim_ffn)
        self.pos_embedding = RelativeBias(buckets, heads)

    def forward(self, x, key_mask):
        x = x + self.attn(self.norm1(x), self.pos_embedding(x.shape[1]) + key_mask)
        return x + self.ffn(self.norm2(x))


class TextEncoder(nn.Module):
    def __init__(self, vocab, dim, dim_attn, dim_ffn, num_heads, num_layers, num_buckets, **_):
        super().__init__()
        self.token_embedding = nn.Embedding(vocab, dim)
        self.blocks = nn.ModuleList(
            T5Block(dim, dim_attn, dim_ffn, num_heads, num_buckets) for _ in range(num_layers))
        self.norm = ScaleNorm(dim)

    def forward(self, ids, mask):
        """ids, mask [B, L] -> [B, L, dim]; rows past the end of the prompt are zero, as the DiT expects them."""
        hidden = torch.zeros(mask.shape).masked_fill(mask == 0, torch.finfo(torch.float32).min)[:, None, None]
        x = self.token_embedding(ids)
        for block in self.blocks:
            x = block(x, hidden)
        return self.norm(x) * mask[..., None]

    def initialise(self):
        for name, p in self.named_parameters():
            if p.ndim == 2:
                nn.init.normal_(p, std=1.0 if "token" in name else 0.1 if "pos_emb" in name else 0.8 / p.shape[1] ** 0.5)


class Tokenizer:
    def __init__(self, path):
        import sentencepiece
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=path)
        self.size = self.pieces.get_piece_size()

    def ids(self, text):
        return self.pieces.encode(" ".join(text.split())) + [EOS]

    def batch(self, texts):
        """ids and mask [B, L], padded to the longest of `texts`."""
        rows = [self.ids(t)[:512] for t in texts]
        length = max(map(len, rows))
        ids = torch.full((len(rows), length), PAD, dtype=torch.long)
        for i, row in enumerate(rows):
            ids[i, :len(row)] = torch.tensor(row)
        return ids, (torch.arange(length)[None] < torch.tensor([len(r) for r in rows])[:, None]).float()


def train_tokenizer(out, captions=30000):
    """Stage `tokenizer`: a unigram model of 704 pieces with byte fallback from captions of all combinations."""
    import sentencepiece
    rng, combos = random.Random(5), all_combos()
    with open(f"{out}/corpus.txt", "w", encoding="utf-8") as f:
        for i in range(captions):
            f.write(caption(combos[i % len(combos)], rng) + "\n")
    sentencepiece.SentencePieceTrainer.train(
        input=f"{out}/corpus.txt", model_prefix=f"{out}/spiece", model_type="unigram", vocab_size=704,
        pad_id=PAD, eos_id=EOS, unk_id=2, bos_id=-1, byte_fallback=True, character_coverage=1.0,
        hard_vocab_limit=False, num_threads=1, train_extremely_large_corpus=False, minloglevel=2)
    os.remove(f"{out}/corpus.txt")


TEXT_ROWS = 40


def encode_text(tokenizer, encoder, texts, rows=TEXT_ROWS):
    """Text rows [B, rows, dim] for training, the last of them standing for all padding, and [B] how many of the
    512 rows it stands for."""
    ids, mask = tokenizer.batch(texts)
    ids, mask = ids[:, :rows - 1], mask[:, :rows - 1]
    ids, mask = (F.pad(v, (0, rows - 1 - v.shape[1])) for v in (ids, mask))
    return F.pad(encoder(ids, mask), (0, 0, 0, 1)), 512 - mask.sum(1)


@torch.no_grad()
def embed_prompt(tokenizer, encoder, text):
    """ids [1, 512] and rows [1, 512, dim] as a generation sees them: padded to 512, masked, then zeroed."""
    ids, mask = tokenizer.batch([text])
    ids, mask = F.pad(ids, (0, 512 - ids.shape[1])), F.pad(mask, (0, 512 - mask.shape[1]))
    return ids, encoder(ids, mask)
