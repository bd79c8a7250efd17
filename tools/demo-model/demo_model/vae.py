"""The Wan 2.1 video autoencoder, small: causal 3-D convolutions, 8x in space, 4x in time, 16 latent channels.

Parameter names and layouts are those of Wan2.1_VAE.pth (https://github.com/Wan-Video/Wan2.1, wan/modules/vae.py).
The whole clip goes through at once; the result is that of the published chunked form with its caches.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F

from .config import MEAN, STD


class CausalConv3d(nn.Conv3d):
    """Same padding in space, past-only padding in time."""

    def __init__(self, cin, cout, k, stride=1, time_pad=True):
        k = (k, k, k) if isinstance(k, int) else k
        super().__init__(cin, cout, k, stride, padding=(0, k[1] // 2, k[2] // 2))
        self.past = k[0] - 1 if time_pad else 0

    def forward(self, x):
        if self.past:
            x = F.pad(x, (0, 0, 0, 0, self.past, 0))
        return super().forward(x)


class ChannelNorm(nn.Module):
    """x / ||x||_2 over channels, times sqrt(C), times gamma."""

    def __init__(self, dim, image=False):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(dim, *([1] * (2 if image else 3))))
        self.root = dim ** 0.5

    def forward(self, x):
        norm = x.pow(2).sum(1, keepdim=True).sqrt().clamp_min(1e-12)
        return x * (self.root / norm) * self.gamma


class ResidualBlock(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.residual = nn.Sequential(
            ChannelNorm(cin), nn.SiLU(), CausalConv3d(cin, cout, 3),
            ChannelNorm(cout), nn.SiLU(), nn.Identity(), CausalConv3d(cout, cout, 3))
        self.shortcut = CausalConv3d(cin, cout, 1) if cin != cout else nn.Identity()

    def forward(self, x):
        return self.shortcut(x) + self.residual(x)


class FrameAttention(nn.Module):
    """One head over the pixels of each frame."""

    def __init__(self, dim):
        super().__init__()
        self.norm = ChannelNorm(dim, image=True)
        self.to_qkv = nn.Conv2d(dim, 3 * dim, 1)
        self.proj = nn.Conv2d(dim, dim, 1)
        nn.init.zeros_(self.proj.weight)

    def forward(self, x):
        batch, c, t, h, w = x.shape
        f = x.transpose(1, 2).reshape(batch * t, c, h, w)
        q, k, v = self.to_qkv(self.norm(f)).flatten(2).transpose(1, 2).chunk(3, -1)
        o = F.scaled_dot_product_attention(q[:, None], k[:, None], v[:, None])[:, 0]
        o = self.proj(o.transpose(1, 2).reshape(batch * t, c, h, w))
        return x + o.reshape(batch, t, c, h, w).transpose(1, 2)


class Resample(nn.Module):
    """Halves or doubles space, and time as well when `temporal`. The first frame is never merged with or split
    into others, hence 4n+1 frames <-> n+1 latent frames."""

    def __init__(self, dim, up, temporal):
        super().__init__()
        self.up, self.temporal = up, temporal
        if up:
            self.resample = nn.Sequential(nn.Identity(), nn.Conv2d(dim, dim // 2, 3, padding=1))
            if temporal:
                self.time_conv = CausalConv3d(dim, 2 * dim, (3, 1, 1))
        else:
            self.resample = nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(dim, dim, 3, 2))
            if temporal:
                self.time_conv = CausalConv3d(dim, dim, (3, 1, 1), (2, 1, 1), time_pad=False)

    def forward(self, x):
        batch, c, t, h, w = x.shape
        if self.up and self.temporal and t > 1:
            tail = self.time_conv(x[:, :, 1:])
            tail = tail.reshape(batch, 2, c, t - 1, h, w).permute(0, 2, 3, 1, 4, 5)
            x = torch.cat([x[:, :, :1], tail.reshape(batch, c, 2 * t - 2, h, w)], 2)
            t = x.shape[2]
        f = x.transpose(1, 2).reshape(batch * t, c, h, w)
        if self.up:
            f = f.repeat_interleave(2, -1).repeat_interleave(2, -2)
        f = self.resample(f)
        x = f.reshape(batch, t, *f.shape[1:]).transpose(1, 2)
        if not self.up and self.temporal and t > 1:
            x = torch.cat([x[:, :, :1], self.time_conv(x)], 2)
        return x


class Encoder(nn.Module):
    def __init__(self, dim, z, mult, residuals, temporal):
        super().__init__()
        dims = [dim] + [dim * m for m in mult]
        self.conv1 = CausalConv3d(3, dims[0], 3)
        layers = []
        for i in range(len(mult)):
            for j in range(residuals):
                layers.append(ResidualBlock(dims[i] if j == 0 else dims[i + 1], dims[i + 1]))
            if i < len(mult) - 1:
                layers.append(Resample(dims[i + 1], False, temporal[i]))
        top = dims[-1]
        self.downsamples = nn.Sequential(*layers)
        self.middle = nn.Sequential(ResidualBlock(top, top), FrameAttention(top), ResidualBlock(top, top))
        self.head = nn.Sequential(ChannelNorm(top), nn.SiLU(), CausalConv3d(top, z, 3))

    def forward(self, x):
        return self.head(self.middle(self.downsamples(self.conv1(x))))


class Decoder(nn.Module):
    def __init__(self, dim, z, mult, residuals, temporal):
        super().__init__()
        dims = [dim * mult[-1]] + [dim * m for m in mult[::-1]]
        top = dims[0]
        self.conv1 = CausalConv3d(z, top, 3)
        self.middle = nn.Sequential(ResidualBlock(top, top), FrameAttention(top), ResidualBlock(top, top))
        layers = []
        for i in range(len(mult)):
            cin = dims[i] if i == 0 else dims[i] // 2
            for j in range(residuals + 1):
                layers.append(ResidualBlock(cin if j == 0 else dims[i + 1], dims[i + 1]))
            if i < len(mult) - 1:
                layers.append(Resample(dims[i + 1], True, temporal[i]))
        self.upsamples = nn.Sequential(*layers)
        self.head = nn.Sequential(ChannelNorm(dims[-1]), nn.SiLU(), CausalConv3d(dims[-1], 3, 3))

    def forward(self, x):
        return self.head(self.upsamples(self.middle(self.conv1(x))))


class VAE(nn.Module):
    """video [B, 3, 4n+1, H, W] in [-1, 1] <-> latent [B, 16, n+1, H/8, W/8] of about unit variance."""

    def __init__(self, dim, z_dim, dim_mult, num_res_blocks, temporal_downsample):
        super().__init__()
        self.encoder = Encoder(dim, 2 * z_dim, dim_mult, num_res_blocks, temporal_downsample)
        self.conv1 = CausalConv3d(2 * z_dim, 2 * z_dim, 1)
        self.conv2 = CausalConv3d(z_dim, z_dim, 1)
        self.decoder = Decoder(dim, z_dim, dim_mult, num_res_blocks, temporal_downsample[::-1])

    @staticmethod
    def _statistics(like):
        return (torch.tensor(v, dtype=like.dtype).view(1, -1, 1, 1, 1) for v in (MEAN, STD))

    def encode(self, video):
        mu, _ = self.conv1(self.encoder(video)).chunk(2, 1)
        mean, std = self._statistics(mu)
        return (mu - mean) / std

    def decode(self, z):
        mean, std = self._statistics(z)
        return self.decoder(self.conv2(z * std + mean))
