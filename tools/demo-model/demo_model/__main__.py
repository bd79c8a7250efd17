"""python -m demo_model STAGE: trains, exports, measures and checks the built-in model `demo`.

`train` runs everything in order; the other stages are its steps, for working on one of them alone.
"""
import argparse
import sys

from . import crosscheck, latents, recipe, text_encoder
from .classify import classify_files


def _stages():
    from . import evaluate, export, train_decoder, train_dit, train_sla, train_text, train_vae
    return {
        "train": recipe.train, "tokenizer": lambda a: text_encoder.train_tokenizer(a.out, a.captions),
        "vae": train_vae.train_vae, "freeze": train_vae.freeze_encoder, "decoder": train_vae.tune_decoder,
        "latents": latents.make_latents, "narrow": recipe.narrow, "text": train_text.pretrain_text,
        "dit": train_dit.train_dit, "wording": train_text.teach_wording, "refine": train_decoder.refine_decoder,
        "sla": train_sla.train_sla, "export": export.export, "reference": export.write_reference, "evaluate": evaluate.evaluate,
        "prompts": evaluate.write_prompts, "classify": classify_files, "fixture": crosscheck.write_fixture,
        "crosscheck": crosscheck.crosscheck}


def _parser(stages):
    parser = argparse.ArgumentParser(prog="demo_model", description=__doc__.split("\n")[0])
    parser.add_argument("stage", choices=stages)
    parser.add_argument("files", nargs="*", help="classify, crosscheck: clips (.npy, .mp4) or their folder")
    add = parser.add_argument
    add("--out", default="out", help="working folder of a training")
    add("--dest", default="out/demo", help="model folder: written by export, read by reference and evaluate")
    add("--source", default="../../models/demo", help="sla: model folder to start from")
    add("--start", default="", help="sla: model folder of an earlier run to go on from")
    add("--topk", type=float, default=0.34, help="sla: share of the key blocks attended to exactly")
    add("--link", action="store_true", help="sla: link to the other files of --source instead of copying them")
    add("--quick", action="store_true", help="train: every stage for seconds only, as a test")
    add("--workers", type=int, default=1, help="processes, one core each")
    add("--rank", type=int, default=0, help="which of the workers this is")
    add("--port", type=int, default=29512, help="where the workers meet")
    add("--minutes", type=float, default=1.0, help="length of a training stage")
    add("--steps", type=int, default=4, help="evaluate: sampler steps; wording: training steps")
    add("--batch", type=int, default=16, help="dit: clips in a batch, for each worker")
    add("--lr", type=float, default=2e-3, help="dit, refine: learning rate")
    add("--resume", default="dit_text.pt", help="dit: file in --out to start from")
    add("--refine", action="store_true", help="dit: the last part of the training")
    add("--from-to", type=float, default=0.0, help="dit: share of 'from ... to ...' captions")
    add("--spread", type=float, default=1.0, help="latents, refine: how much place and size vary")
    add("--count", type=int, default=40, help="latents: files; crosscheck: clips")
    add("--clips", type=int, default=100, help="latents: clips in a file; freeze: clips to measure")
    add("--captions", type=int, default=30000, help="tokenizer: captions to learn from")
    add("--seed", type=int, default=0, help="crosscheck: which clips")
    add("--program", default="build/test-bin/classify_clip", help="crosscheck: the C++ classifier")
    add("--path", default="", help="reference, prompts, fixture: file to write")
    add("--prompts", default="", help="evaluate, classify: evaluation file, JSON lines")
    add("--sets", default="shipped,held-out,reworded,from-to", help="evaluate: sets of prompts")
    add("--limit", type=int, default=0, help="evaluate: only the first prompts of a set")
    add("--bf16", action="store_true", help="evaluate: network and time in bf16")
    add("--vae", action="store_true", help="evaluate: the autoencoder alone, too")
    add("--sheet", default="", help="evaluate: contact sheet to write, PNG")
    return parser


def main():
    stages = _stages()
    args = _parser(stages).parse_intermixed_args()
    if args.stage == "train":
        args.dest = args.dest if args.dest != "out/demo" else f"{args.out}/demo"
    return stages[args.stage](args)


if __name__ == "__main__":
    sys.exit(main())
