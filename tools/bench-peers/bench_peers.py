"""Compares turbodiff with diffusers on the same checkpoint and the same input, in one run.

For each case (one DiT evaluation, one VAE decode) both programs read the same safetensors input and write their
output; a timing counts only beside the relative distance of the two outputs. Exit status 1 when a distance is
missing or above the limit. Core-seconds (user + system over all threads, OMP_WAIT_POLICY=passive) compare engines
even where the machine is shared; wall seconds do not.
"""
import argparse
import json
import math
import os
import pathlib
import subprocess
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

HERE = pathlib.Path(__file__).parent
LIMIT = 0.02  # relative L2 distance of the outputs above which a timing is void
INT8_LIMIT = 0.05  # the same with int8 layers on our side
LATENT_CHANNELS = 16


def checkpoint_files(folder):
    """{"dit": path, "vae": path} of the files in `folder`, told apart by their tensors."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as f:
                names = set(f.keys())
        elif path.suffix == ".pth":
            names = set(torch.load(path, mmap=True, weights_only=True))
        else:
            continue
        for case, name in (("dit", "patch_embedding.weight"), ("vae", "decoder.conv1.weight")):
            if name in names:
                found[case] = path
    return found


def text_dim(path):
    if path.suffix == ".pth":
        return torch.load(path, mmap=True, weights_only=True)["text_embedding.0.weight"].shape[1]
    with safe_open(path, "pt") as f:
        return f.get_slice("text_embedding.0.weight").get_shape()[1]


def write_input(case, checkpoint, args, path):
    """A fixed random input; the DiT's is at the second sampler time, with 512 text rows of which 40 are a prompt."""
    generator = torch.Generator().manual_seed(1)
    width, height = (int(v) for v in args.size.split("x"))
    latent = torch.randn(1, LATENT_CHANNELS, (args.frames + 3) // 4, height // 8, width // 8, generator=generator)
    if case == "vae":
        tensors = {"latent": latent}
    else:
        context = torch.zeros(1, 512, text_dim(checkpoint))
        context[:, :40] = torch.randn(1, 40, context.shape[2], generator=generator)
        tensors = {"x": latent, "timesteps": torch.full((1, 1), 932.0), "context": context}
    save_file(tensors, str(path))


def run(command, environment):
    """The JSON object a measured program prints."""
    done = subprocess.run([str(c) for c in command], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout)


def relative_distance(ours, theirs):
    """||ours - theirs|| / ||theirs||, pixels clamped as both show them; NaN where there is nothing to compare."""
    a, b = (load_file(str(p))["out"].double() if p.exists() else None for p in (ours, theirs))
    if a is None or b is None or a.shape != b.shape:
        return math.nan
    if a.shape[1] == 3:
        a, b = a.clamp(-1, 1), b.clamp(-1, 1)
    return float((a - b).norm() / b.norm())


def measure(case, checkpoint, args, environment):
    """One row of the table for each engine, and the distance of their outputs."""
    given, ours, theirs = (args.work / f"{case}.{part}.safetensors" for part in ("in", "turbodiff", "diffusers"))
    for stale in (ours, theirs):
        stale.unlink(missing_ok=True)
    write_input(case, checkpoint, args, given)
    dtype = args.vae_dtype if case == "vae" else "bf16"
    turbodiff = [args.turbodiff, "bench", "--peer-case", given, ours, f"--{case}", checkpoint, "--dtype", dtype,
                 "--threads", args.threads, "--json"]
    if case == "dit" and args.quant_linear:
        turbodiff.append("--quant-linear")
    diffusers = [sys.executable, HERE / "diffusers_side.py", checkpoint, given, theirs, "--dtype", dtype,
                 "--head-dim", args.head_dim, "--threads", args.threads]
    results = {"turbodiff": [], "diffusers": []}
    for _ in range(args.repeats):  # in turn, so that both meet the same neighbours
        results["turbodiff"].append(run(turbodiff, environment))
        results["diffusers"].append(run(diffusers, environment))
    best = {name: min(runs, key=lambda r: r["core_s"]) for name, runs in results.items()}
    return best, relative_distance(ours, theirs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--turbodiff", default="build/bin/turbodiff")
    add("--checkpoint", type=pathlib.Path, required=True, help="folder; made with random weights where it is missing")
    add("--work", type=pathlib.Path, required=True, help="folder for inputs and outputs")
    add("--cases", default="dit,vae")
    add("--size", default="256x256")
    add("--frames", type=int, default=17)
    add("--threads", type=int, default=os.cpu_count())
    add("--repeats", type=int, default=2)
    add("--vae-dtype", choices=("bf16", "fp32"), default="bf16")
    add("--head-dim", type=int, default=128)
    add("--quant-linear", action="store_true", help="the DiT's linear layers in int8 on our side")
    args = parser.parse_args()
    environment = dict(os.environ, OMP_WAIT_POLICY="passive")
    args.work.mkdir(parents=True, exist_ok=True)
    if not args.checkpoint.exists():
        subprocess.run([args.turbodiff, "bench", "--make-checkpoint", "wan2.1-1.3b", args.checkpoint], check=True)
    files = checkpoint_files(args.checkpoint)

    void = False
    print(f"{args.size}, {args.frames} frames, {args.threads} threads, best of {args.repeats}")
    print(f"{'case':5} {'engine':10} {'wall s':>8} {'core s':>8} {'peak GB':>8} {'rel_l2':>9}")
    for case in args.cases.split(","):
        if case not in files:
            raise SystemExit(f"{args.checkpoint}: no {case} checkpoint in it")
        best, distance = measure(case, files[case], args, environment)
        limit = INT8_LIMIT if case == "dit" and args.quant_linear else LIMIT
        valid = distance <= limit
        void = void or not valid
        for engine, r in best.items():
            shown = f"{distance:9.5f}" if engine == "turbodiff" else ""
            print(f"{case:5} {engine:10} {r['wall_s']:8.2f} {r['core_s']:8.2f} {r['peak_rss_bytes'] / 1e9:8.2f} {shown}")
        ratio = best["turbodiff"]["core_s"] / best["diffusers"]["core_s"]
        print(f"{case:5} " + (f"turbodiff / diffusers core-seconds: {ratio:.2f}" if valid
                              else f"void: rel_l2 must be known and at most {limit}"), flush=True)
    return 1 if void else 0


if __name__ == "__main__":
    sys.exit(main())
