"""Writes the reference vectors of the tokenizer tests with the `tokenizers` package (PyPI).

    python tokenizer_vectors.py small ../resources/org/mlcengine/tokenizer/huggingface
    python tokenizer_vectors.py kinds ../resources/org/mlcengine/tokenizer/huggingface
    python tokenizer_vectors.py model tokenizer.json \
        ../resources/org/mlcengine/tokenizer/huggingface/smollm2-vectors.jsonl

`small` trains a byte-level BPE on made-up text, and writes it as small-tokenizer.json with
small-vectors.jsonl, one variant of the tokenizer per line. `kinds` trains a tokenizer of each other
kind, and writes them as kinds-tokenizers.jsonl with kinds-vectors.jsonl and splits-vectors.jsonl.
`model` writes the vectors of an existing tokenizer as one such line. A line is an object:

    name    what the variant shows
    base    the tokenizer that it changes, if there are several
    patch   members of tokenizer.json that it replaces; those of "model" one by one
    encode  [text, ids] pairs
    decode  [ids, text] pairs
    around  [text, ids] pairs with the special tokens that the file puts around a text
    bare    [ids, text] pairs without special tokens
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from tokenizers import Tokenizer

from tokenizer_kinds import BASES, train
from tokenizer_texts import CHARACTERS, CONTRACTIONS, RUNS, SHORT, random_texts
from tokenizer_variants import Json, model_variants, splits, variants

MARK = "\u0301"
TEXTS = [
    *SHORT,
    "  leading and trailing  ",
    CONTRACTIONS,
    "naïve café e\u0301 o\u0308 \u1e9b\u0323 Straße İ ı ﬁ",
    *CHARACTERS,
    "if (a && b) { c->d(); } // !!! ??? ... === <<>>",
    "Ġtest Ċ Ã©",
    *RUNS,
    "<|im_start|>user\nthe river<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|><|im_start|> <|im_start <|im_end|",
    "x <tool> y<tool>z <tool>  ",
    "abc  <mask>  def<mask>ghi\n<mask>",
    "word wordy sword word. (word) word",
    "caf\u00e9 cafe\u0301 caf",
]


def vectors(
    name: str,
    tokenizer: Tokenizer,
    patch: Json,
    texts: list[str],
    ids: int = 24,
    around: bool = False,
) -> Json:
    """Returns one line of a vector file: the texts encoded, and random ids decoded."""
    rnd = random.Random(name)
    size = tokenizer.get_vocab_size()
    some_ids = [
        [rnd.randrange(size if rnd.random() < 0.4 else min(size, 280)) for _ in range(length)]
        for length in range(1, ids + 1)
    ]
    line = {
        "name": name,
        "patch": patch,
        "encode": [[text, tokenizer.encode(text, add_special_tokens=False).ids] for text in texts],
        "decode": [[some, tokenizer.decode(some, skip_special_tokens=False)] for some in some_ids],
    }
    if around:
        line["around"] = [[text, tokenizer.encode(text).ids] for text in texts[:6]]
        line["bare"] = [[some, tokenizer.decode(some)] for some in some_ids[:8]]
    return line


def patched(base: Json, patch: Json) -> Tokenizer:
    """Returns a tokenizer with some members replaced, those of "model" one by one."""
    return Tokenizer.from_str(
        json.dumps(base | patch | {"model": base["model"] | patch.get("model", {})})
    )


def write_small(folder: Path) -> None:
    """Writes the small tokenizer and its vectors."""
    base = train()
    (folder / "small-tokenizer.json").write_text(json.dumps(base, ensure_ascii=False) + "\n")
    texts = TEXTS + random_texts(1, 12, MARK)
    with (folder / "small-vectors.jsonl").open("w") as file:
        for name, patch in variants(base).items():
            line = vectors(name, patched(base, patch), patch, texts)
            file.write(json.dumps(line) + "\n")


def write_kinds(folder: Path) -> None:
    """Writes a small tokenizer of each other kind, and their vectors."""
    bases = {name: make() for name, make in BASES.items()}
    lines = "".join(
        json.dumps({"name": name, "tokenizer": base}, ensure_ascii=False) + "\n"
        for name, base in bases.items()
    )
    (folder / "kinds-tokenizers.jsonl").write_text(lines)
    with (folder / "kinds-vectors.jsonl").open("w") as file:
        for name, base in bases.items():
            patches = {"as it is": {}} | model_variants(name, base)
            for variant, patch in patches.items():
                texts = [text for text in TEXTS if len(text) < 90] + random_texts(3, 4, MARK)
                tokenizer = patched(base, patch)
                line = vectors(f"{name}, {variant}", tokenizer, patch, texts, around=True)
                file.write(json.dumps({"base": name} | line) + "\n")
    with (folder / "splits-vectors.jsonl").open("w") as file:
        for variant, patch in splits().items():
            texts = [
                "",
                "  Every river, er!  ",
                "a--b ?! 12 xx3 45",
                "o",
                "-",
                "über 橋. .x",
            ]
            texts += random_texts(4, 2, MARK)
            line = vectors(variant, patched(bases["llama"], patch), patch, texts, ids=4)
            file.write(json.dumps({"base": "llama"} | line) + "\n")


def write_model(tokenizer_json: Path, target: Path) -> None:
    """Writes the vectors of an existing tokenizer."""
    tokenizer = Tokenizer.from_file(str(tokenizer_json))
    texts = TEXTS + random_texts(2, 150, MARK)
    target.write_text(json.dumps(vectors("as it is", tokenizer, {}, texts)) + "\n")


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description="Writes reference vectors.")
    commands = parser.add_subparsers(dest="command", required=True)
    small = commands.add_parser("small")
    small.add_argument("folder", type=Path)
    kinds = commands.add_parser("kinds")
    kinds.add_argument("folder", type=Path)
    model = commands.add_parser("model")
    model.add_argument("tokenizer", type=Path)
    model.add_argument("target", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "small":
        write_small(arguments.folder)
    elif arguments.command == "kinds":
        write_kinds(arguments.folder)
    else:
        write_model(arguments.tokenizer, arguments.target)


if __name__ == "__main__":
    main()
