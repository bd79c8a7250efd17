#!/usr/bin/env python3
"""Compares lib/text's tokenizer with the Hugging Face tokenizers library; exit 1 on any difference.

    python3 tools/ftfy/compare_tokenizer.py build/tests/clean_filter spiece.model [--count 20000] [--seed 0]

The Hugging Face tokenizer is put together from the SentencePiece model as transformers does it for T5. Needs the
packages of tools/ftfy/requirements.txt.
"""

import argparse
import sys

from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

from broken_text import BrokenText
from compare import clean_prompt, run_filter

UNKNOWN, CONTROL, USER_DEFINED = 2, 3, 4


def reference_tokenizer(path):
    with open(path, "rb") as file:
        proto = sentencepiece_model_pb2.ModelProto.FromString(file.read())
    vocabulary = [(piece.piece, piece.score) for piece in proto.pieces]
    unknown = next(index for index, piece in enumerate(proto.pieces) if piece.type == UNKNOWN)
    tokenizer = Tokenizer(models.Unigram(vocabulary, unknown, byte_fallback=proto.trainer_spec.byte_fallback))
    steps = [normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "\u2581")]
    if proto.normalizer_spec.precompiled_charsmap:
        steps.insert(0, normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap))
    tokenizer.normalizer = normalizers.Sequence(steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always", split=True)
    special = (UNKNOWN, CONTROL, USER_DEFINED)
    tokenizer.add_special_tokens([AddedToken(piece.piece, normalized=False, special=True)
                                  for piece in proto.pieces if piece.type in special])
    return tokenizer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("filter", help="the built program tests/clean_filter")
    parser.add_argument("model", help="a SentencePiece .model file")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    generator = BrokenText(arguments.seed)
    texts = [clean_prompt(generator.text()) for _ in range(arguments.count)]
    literals = ["</s>", "<pad>", "<unk>", "<s>", " ", "  ", "\u2581", "<0x41>", "\u200b", "\u200d", "\ufe64/s\ufe65"]
    for index in range(0, len(texts), 5):
        at = generator.random.randrange(len(texts[index]) + 1)
        texts[index] = texts[index][:at] + generator.pick(literals) + generator.pick(literals) + texts[index][at:]
    texts = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]

    reference = reference_tokenizer(arguments.model)
    end = reference.token_to_id("</s>")
    results = run_filter(arguments.filter, ["ids", arguments.model], texts)
    different = 0
    for text, result in zip(texts, results):
        ids = [int.from_bytes(result[at:at + 4], "little", signed=True) for at in range(0, len(result), 4)]
        expected = reference.encode(text).ids + [end]
        if ids != expected:
            different += 1
            if different <= 20:
                print(f"{text[:200]!a}\n  expected {expected[:40]}\n  got      {ids[:40]}")
    print(f"tokenizer: {len(texts)} strings, {different} differences")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
