"""What all training stages share: data-parallel workers, a clock, averaged weights, the Muon optimiser."""
import contextlib
import math
import os
import time

import torch


class Workers:
    """Plain gradient averaging over `count` single-threaded processes (gloo)."""

    def __init__(self, args):
        self.rank, self.count = args.rank, args.workers
        torch.set_num_threads(1)
        if self.count > 1:
            import torch.distributed as dist
            address = f"tcp://127.0.0.1:{args.port}"
            dist.init_process_group("gloo", init_method=address, rank=self.rank, world_size=self.count)
            self.dist = dist

    def average(self, params):
        if self.count == 1:
            return
        flat = torch.cat([p.grad.reshape(-1) if p.grad is not None else torch.zeros(p.numel()) for p in params])
        self.dist.all_reduce(flat)
        flat /= self.count
        offset = 0
        for p in params:
            p.grad = flat[offset:offset + p.numel()].view_as(p).clone()
            offset += p.numel()

    def same(self, value):
        """The value of rank 0 on every rank."""
        if self.count == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64)
        self.dist.broadcast(shared, 0)
        return shared.item()

    def close(self):
        if self.count > 1:
            self.dist.destroy_process_group()


class Clock:
    """How much of a stage's minutes is over."""

    def __init__(self, minutes):
        self.minutes, self.start = minutes, time.time()

    @property
    def seconds(self):
        return time.time() - self.start

    @property
    def progress(self):
        return self.seconds / (60 * self.minutes)


def cosine(progress, hold=0.0):
    """1 until `hold`, then down to 0 at 1 along half a cosine."""
    return 1.0 if progress < hold else 0.5 * (1 + math.cos(math.pi * (progress - hold) / (1 - hold)))


def set_rate(optimiser, rate):
    for group in optimiser.param_groups:
        group["lr"] = rate


class Average:
    """Exponential moving average of parameters; forgets faster at the beginning."""

    def __init__(self, params, longest):
        self.params, self.longest, self.steps = list(params), longest, 0
        self.values = [p.detach().clone() for p in self.params]

    def update(self):
        self.steps += 1
        decay = min(self.longest, (self.steps + 1) / (self.steps + 20))
        torch._foreach_lerp_(self.values, [p.detach() for p in self.params], 1 - decay)

    @contextlib.contextmanager
    def applied(self):
        """The parameters hold the average inside the `with` block."""
        live = [p.detach().clone() for p in self.params]
        for p, value in zip(self.params, self.values):
            p.data.copy_(value)
        try:
            yield
        finally:
            for p, value in zip(self.params, live):
                p.data.copy_(value)


class Muon:
    """Momentum with orthogonalised updates for the matrices inside the blocks (Newton-Schulz, five steps;
    https://github.com/KellerJordan/Muon)."""

    def __init__(self, params, momentum=0.95):
        self.params, self.momentum = list(params), momentum
        self.buffers = [torch.zeros_like(p) for p in self.params]

    @torch.no_grad()
    def step(self, rate, decay=0.02):
        for p, buffer in zip(self.params, self.buffers):
            buffer.mul_(self.momentum).add_(p.grad, alpha=1 - self.momentum)
            g = p.grad.lerp(buffer, self.momentum)
            tall = g.shape[0] > g.shape[1]
            x = g.t() if tall else g
            x = x / (x.norm() + 1e-12)
            for _ in range(5):
                y = x @ x.t()
                x = 3.4445 * x + (-4.7750 * y + 2.0315 * y @ y) @ x
            x = x.t() if tall else x
            p.mul_(1 - rate * decay).add_(x, alpha=-rate * 0.2 * max(p.shape) ** 0.5)


def save(value, path):
    """torch.save that never leaves half a file: other stages may be reading."""
    torch.save(value, f"{path}.part")
    os.replace(f"{path}.part", path)


def bf16_convolutions():
    """bf16 autocast: several times faster than fp32 on the small convolutions of the autoencoder."""
    return torch.autocast("cpu", torch.bfloat16)
