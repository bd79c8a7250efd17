"""The few-step rCM sampler of TurboDiffusion (arXiv:2512.16093; rCM: arXiv:2510.08431) and loading of a model folder."""
import math

import torch

from .config import CONFIG, SAMPLER, latent_shape
from .dit import DiT
from .text_encoder import TextEncoder, Tokenizer, embed_prompt
from .vae import VAE


def time_steps(steps=4, sigma_max=80.0):
    """float64 [steps + 1]: rectified-flow times t = sin a / (cos a + sin a) of the TrigFlow angles a."""
    angle = torch.tensor([math.atan(sigma_max), *SAMPLER["mid_t"][:steps - 1], 0.0], dtype=torch.float64)
    return angle.sin() / (angle.cos() + angle.sin())


# 0.98765, 0.93378, 0.85293, 0.60898: where the sampler evaluates the network
SAMPLER_TIMES = [round(t, 5) for t in time_steps()[:-1].tolist()]


def draw_noise(seed, shape, steps):
    """The start and one tensor a step, from one CPU generator."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=torch.float32) for _ in range(steps + 1)]


@torch.no_grad()
def sample(dit, text, noise, steps=4, sigma_max=80.0, bf16=False, trace=None):
    """x' = (1 - t') (x - t v) + t' noise, from x = t0 noise; the state is float64, the network sees float32.

    noise[0] starts, noise[i + 1] is added after step i (also drawn, times 0, after the last one). With `bf16`
    network, input and time are bf16, as on a GPU. `trace` (a dictionary) receives v_pred_i and state_i.
    """
    ts = time_steps(steps, sigma_max)
    x = noise[0].double() * ts[0]
    for i in range(steps):
        t, following = ts[i], ts[i + 1]
        seen, time = x.float(), (t.float() * torch.ones(x.shape[0])) * 1000
        if bf16:
            seen, time = seen.bfloat16().float(), time.bfloat16().float()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            v = dit(seen, time, text).double()
        x = (1 - following) * (x - t * v) + following * noise[i + 1]
        if trace is not None:
            trace[f"v_pred_{i}"], trace[f"state_{i}"] = v.float(), x.clone()
    return x.float()


def load_models(folder, topk=0.34):
    """tokenizer, text encoder, DiT and VAE of a model folder, weights widened to float32.

    A DiT that has the weights of sparse-linear attention runs with it, over the share `topk` of the key blocks."""
    tokenizer = Tokenizer(f"{folder}/spiece.model")
    encoder, dit, vae = TextEncoder(tokenizer.size, **CONFIG["t5"]), DiT(**CONFIG["dit"]), VAE(**CONFIG["vae"])
    for module, name in ((encoder, "t5.pth"), (dit, "dit.pth"), (vae, "vae.pth")):
        weights = torch.load(f"{folder}/{name}")
        if any("proj_l" in key for key in weights):
            module.use_sparse_attention(topk)
        module.load_state_dict({k: v.float() for k, v in weights.items()})
        module.eval()
    return tokenizer, encoder, dit, vae


@torch.no_grad()
def generate(models, prompt, seed, steps=4, bf16=False, fast_decode=False):
    """float32 [3, 17, 96, 96], not clamped; `fast_decode` decodes in bf16 (for measuring many prompts)."""
    tokenizer, encoder, dit, vae = models
    _, text = embed_prompt(tokenizer, encoder, prompt)
    z = sample(dit, text, draw_noise(seed, latent_shape(), steps), steps, bf16=bf16)
    with torch.autocast("cpu", torch.bfloat16, enabled=fast_decode):
        return vae.decode(z)[0].float()
