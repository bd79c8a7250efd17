"""The whole training, in order: `python -m demo_model train --out OUT`."""
import os
import subprocess
import sys
import time

# (stage, options). A stage with minutes runs that long; `parallel` stages run on --workers cores, and every
# worker brings a batch of its own.
STAGES = [
    ("tokenizer", {}),
    ("vae", {"minutes": 25, "parallel": True}),        # video autoencoder, windows then whole clips
    ("freeze", {"clips": 96}),                         # unit-variance latents; the encoder is final from here on
    ("decoder", {"minutes": 10}),                      # decoder at full size
    ("latents", {"minutes": 8, "count": 40, "spread": 0.65}),
    ("text", {"minutes": 2}),                          # text encoder warm-up
    ("dit", {"minutes": 40, "parallel": True, "resume": "dit_text.pt", "batch": 16}),
    ("wording", {"steps": 2000}),                      # "from left to right"
    ("narrow", {}),                                    # the clips so far make room for clips that vary less
    ("latents", {"minutes": 8, "count": 9, "spread": 0.15}),
    ("dit", {"minutes": 14, "parallel": True, "resume": "dit_wording.pt", "batch": 32, "lr": 1e-3, "refine": True,
             "from_to": 0.2}),
    ("refine", {"minutes": 12, "lr": 5e-4, "spread": 0.15}),  # corners
    ("export", {}),
    ("reference", {"path": "reference.safetensors"}),
    ("evaluate", {"vae": True}),
]
QUICK = {"tokenizer": {"captions": 8000}, "freeze": {"clips": 4}, "latents": {"count": 2, "clips": 8, "minutes": 1},
         "wording": {"steps": 20}, "dit": {"batch": 4}, "evaluate": {"limit": 2, "vae": True}}
QUICK_MINUTES = 0.05


def narrow(args):
    """Stage `narrow`: removes the widely spread latents."""
    for name in os.listdir(args.out):
        if name.startswith("latents_"):
            os.remove(f"{args.out}/{name}")


def _flags(options):
    flags = []
    for name, value in options.items():
        name = "--" + name.replace("_", "-")
        flags += [name] if value is True else [name, str(value)]
    return flags


def _run(stage, options, args):
    options = dict(options)
    parallel = options.pop("parallel", False) and args.workers > 1
    command = [sys.executable, "-m", "demo_model", stage, "--out", args.out, "--dest", args.dest, *_flags(options)]
    ranks = [[*command, "--workers", str(args.workers), "--rank", str(r)] for r in range(args.workers)]
    running = [subprocess.Popen(c) for c in (ranks if parallel else [command])]
    if any([process.wait() for process in running]):
        raise SystemExit(f"stage {stage} failed")


def train(args):
    """Runs every stage in a process of its own; `args.quick` runs each for seconds, to see that all of it works."""
    if os.path.exists(args.out) and os.listdir(args.out):
        raise SystemExit(f"{args.out} is not empty: a training starts from nothing")
    os.makedirs(args.out, exist_ok=True)
    start = time.time()
    for number, (stage, options) in enumerate(STAGES, 1):
        options = dict(options)
        if args.quick:
            options.update({"minutes": QUICK_MINUTES} if "minutes" in options else {})
            options.update(QUICK.get(stage, {}))
        print(f"== {number}/{len(STAGES)} {stage} ({(time.time() - start) / 60:.1f} min so far)", flush=True)
        _run(stage, options, args)
    print(f"model in {args.dest} after {(time.time() - start) / 60:.1f} min")
