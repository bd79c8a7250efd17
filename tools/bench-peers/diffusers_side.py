"""One case of the comparison, run by diffusers: `python diffusers_side.py CHECKPOINT IN OUT`.

IN (safetensors) holds either x [1, 16, T, H, W], timesteps [1, 1] (0..1000) and context [1, L, text_dim] for one
evaluation of the DiT, or latent [1, 16, T, h, w] (normalised) for a VAE decode; all float32. OUT receives `out`
(float32), and stdout one JSON object: the best of the repeats and the peak memory of the process.
CHECKPOINT has Wan's own tensor names (.safetensors or .pth); they are renamed in memory.
"""
import argparse
import json
import os
import resource
import sys
import time

import torch
from diffusers import AutoencoderKLWan, WanTransformer3DModel
from diffusers.loaders.single_file_utils import convert_wan_transformer_to_diffusers, convert_wan_vae_to_diffusers
from diffusers.models.transformers.transformer_wan import WanRotaryPosEmbed
from safetensors.torch import load_file, save_file

DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}


def read_checkpoint(path):
    if path.endswith(".safetensors"):
        return load_file(path)
    return dict(torch.load(path, mmap=True, weights_only=True))


def load_dit(weights, dtype, head_dim):
    """WanTransformer3DModel with its sizes read off the tensor shapes; as diffusers loads it, norms, modulation and
    time embedding stay in float32."""
    patch = weights["patch_embedding.weight"]
    dim = patch.shape[0]
    if patch.ndim == 2:  # TurboDiffusion stores a Linear
        weights["patch_embedding.weight"] = patch.view(dim, -1, 1, 2, 2)
    config = {
        "num_attention_heads": dim // head_dim, "attention_head_dim": head_dim,
        "in_channels": weights["patch_embedding.weight"].shape[1], "out_channels": weights["head.head.bias"].numel() // 4,
        "text_dim": weights["text_embedding.0.weight"].shape[1], "freq_dim": weights["time_embedding.0.weight"].shape[1],
        "ffn_dim": weights["blocks.0.ffn.0.bias"].numel(),
        "num_layers": 1 + max(int(k.split(".")[1]) for k in weights if k.startswith("blocks."))}
    with torch.device("meta"):
        model = WanTransformer3DModel(**config)
    model.rope = WanRotaryPosEmbed(head_dim, (1, 2, 2), 1024)  # a table, not in the checkpoint
    weights = convert_wan_transformer_to_diffusers(weights)
    kept = model._keep_in_fp32_modules
    model.load_state_dict({k: v.to(torch.float32 if any(part in k.split(".") for part in kept) else dtype)
                           for k, v in weights.items()}, assign=True)
    return model.eval()


def load_vae(weights, dtype):
    base = weights["encoder.conv1.weight"].shape[0]
    with torch.device("meta"):
        model = AutoencoderKLWan(base_dim=base, decoder_base_dim=weights["decoder.head.0.gamma"].numel())
    weights = convert_wan_vae_to_diffusers(weights)
    model.load_state_dict({k: v.to(dtype) for k, v in weights.items()}, assign=True)
    return model.eval()


def dit_case(checkpoint, case, dtype, head_dim):
    model = load_dit(checkpoint, dtype, head_dim)
    x, context, time_step = case["x"].to(dtype), case["context"].to(dtype), case["timesteps"].flatten()
    return lambda: model(x, time_step, context, return_dict=False)[0]


def vae_case(checkpoint, case, dtype):
    model = load_vae(checkpoint, dtype)
    mean, std = (torch.tensor(v).view(1, -1, 1, 1, 1) for v in (model.config.latents_mean, model.config.latents_std))
    z = (case["latent"] * std + mean).to(dtype)
    return lambda: model.decode(z, return_dict=False)[0]


def core_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


@torch.inference_mode()
def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoint")
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--dtype", choices=DTYPES, default="bf16")
    parser.add_argument("--head-dim", type=int, default=128)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--repeats", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    case, checkpoint = load_file(args.input), read_checkpoint(args.checkpoint)
    dtype = DTYPES[args.dtype]
    run = vae_case(checkpoint, case, dtype) if "latent" in case else dit_case(checkpoint, case, dtype, args.head_dim)
    times = []
    for _ in range(args.repeats):
        wall, core = time.perf_counter(), core_seconds()
        out = run()
        times.append((core_seconds() - core, time.perf_counter() - wall))
    save_file({"out": out.float().contiguous()}, args.output)
    core_s, wall_s = min(times)
    print(json.dumps({"wall_s": wall_s, "core_s": core_s,
                      "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


if __name__ == "__main__":
    sys.exit(main())
