"""Writes the reference vectors of the tokenizer tests with the `tokenizers` package (PyPI).

    python tokenizer_vectors.py small ../resources/org/mlcengine/tokenizer/huggingface
    python tokenizer_vectors.py model tokenizer.json \
        ../resources/org/mlcengine/tokenizer/huggingface/smollm2-vectors.jsonl

`small` trains a byte-level BPE on made-up text, and writes it as small-tokenizer.json with
small-vectors.jsonl, one variant of the tokenizer per line. `model` writes the vectors of an
existing tokenizer as one such line. A line is an object:

    name    what the variant shows
    patch   members of tokenizer.json that it replaces; those of "model" one by one
    encode  [text, ids] pairs
    decode  [ids, text] pairs
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

Json = dict[str, Any]

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
GPT4O = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
    r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
MADE_UP = (
    "the river runs under an old stone bridge where seven grey herons wait for fish while "
    "children count boats and sing about rain on the market square every morning it's they'll "
    "we're naïve café Straße über год река мост 日本語 橋の下 नदी पुल 강물 다리 שלום سلام 🚀 👩‍👩‍👧 "
    "def return import class public static final int x = y + 1; if (a != b) { c -= 2; } 0 1 2 42 "
    "1999 3.14"
)
WORDS = MADE_UP.split(" ")
TEXTS = [
    "",
    " ",
    "   ",
    "\n",
    "\r\n\r\n  \t x",
    "the river runs under an old stone bridge",
    "  leading and trailing  ",
    "It's they'LL we'Re I'm 'tis 's 'ſ don'T y'all",
    "naïve café e\u0301 o\u0308 \u1e9b\u0323 Straße İ ı ﬁ",
    "日本語のテキスト。中文，测试！한국어 \u1100\u1161\u11a8",
    "العربية ١٢٣٤ हिन्दी १२३ ไทย ๑๒๓ Ⅷ ² ½ ¼x",
    "👩‍👩‍👧‍👦 👍🏽 🇩🇪 ☺️ \U0001d400\U0001d7ce \U000e0100",
    "a\u200db\u00a0d\u2028e\u3000g\u1680h\u0085i\u180ej\ufeffk",
    "123 4567 89.01 1,234,567 1a2b 20261121",
    "\x00\x01\x1b[31m\x7f\x80\x9f\ufffd\uffff\U0010ffff",
    "    def f(x):\n        return x**2  # hi\n\n\n    \tend",
    "if (a && b) { c->d(); } // !!! ??? ... === <<>>",
    "Ġtest Ċ Ã©",
    "a" * 300,
    " " * 100 + "x",
    "-" * 99 + "\n" * 9,
    "<|im_start|>user\nthe river<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|><|im_start|> <|im_start <|im_end|",
    "x <tool> y<tool>z <tool>  ",
    "abc  <mask>  def<mask>ghi\n<mask>",
    "word wordy sword word. (word) word",
    "caf\u00e9 cafe\u0301 caf",
]


def random_texts(seed: int, count: int) -> list[str]:
    """Returns texts of words, of odd white space, and of code points from everywhere."""
    rnd = random.Random(seed)
    spaces = [" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "'s", "'LL", " '", "\u0301"]
    planes = [(0x20, 0x7F), (0, 0x370), (0x370, 0x1200), (0x1E00, 0x3200), (0x1F300, 0x1FB00)]
    texts = []
    for _ in range(count):
        parts = []
        for _ in range(rnd.randint(1, 12)):
            low, high = rnd.choice(planes)
            parts.append(rnd.choice([rnd.choice(WORDS), chr(rnd.randrange(low, high))]))
            parts.append(rnd.choice(["", " ", rnd.choice(spaces)]))
        texts.append("".join(parts))
    return texts


def vectors(name: str, tokenizer: Tokenizer, patch: Json, texts: list[str]) -> Json:
    """Returns one line of a vector file: the texts encoded, and random ids decoded."""
    rnd = random.Random(name)
    size = tokenizer.get_vocab_size()
    ids = [
        [rnd.randrange(size if rnd.random() < 0.4 else min(size, 280)) for _ in range(length)]
        for length in range(1, 25)
    ]
    return {
        "name": name,
        "patch": patch,
        "encode": [[text, tokenizer.encode(text, add_special_tokens=False).ids] for text in texts],
        "decode": [[some, tokenizer.decode(some, skip_special_tokens=False)] for some in ids],
    }


def train() -> Json:
    """Returns the tokenizer.json of a byte-level BPE with about a thousand tokens."""
    rnd = random.Random(20261121)
    lines = [" ".join(rnd.choices(WORDS, k=12)) for _ in range(2000)]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1000,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    return json.loads(tokenizer.to_str())


def added(content: str, **options: bool) -> Json:
    """Returns an entry of `added_tokens`."""
    names = ("single_word", "lstrip", "rstrip", "normalized", "special")
    return {"id": 0, "content": content} | {name: options.get(name, False) for name in names}


def byte_level(**options: bool) -> Json:
    """Returns a ByteLevel pre-tokenizer."""
    defaults = {"add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {"type": "ByteLevel"} | defaults | options


def sequence(*members: Json) -> Json:
    """Returns a pre-tokenizer that applies the members one after the other."""
    return {"type": "Sequence", "pretokenizers": list(members)}


def split(pattern: Json, behavior: str = "Isolated", invert: bool = False) -> Json:
    """Returns a Split pre-tokenizer."""
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def variants(base: Json) -> dict[str, Json]:
    """Returns the patches of `small-tokenizer.json` that are tested, by name."""
    raw = byte_level(use_regex=False)
    specials = base["added_tokens"]
    vocab = dict(base["model"]["vocab"])
    merges = base["model"]["merges"]
    few = {token: i for i, token in enumerate(t for t in vocab if t not in ("e", "Ġ", "Ã"))}
    few_merges = [m for m in merges if all(part in few for part in (*m, "".join(m)))]
    return {
        "GPT-2": {},
        "SmolLM2": {
            "pre_tokenizer": sequence({"type": "Digits", "individual_digits": True}, byte_level())
        },
        "runs of digits": {
            "pre_tokenizer": sequence({"type": "Digits", "individual_digits": False}, raw)
        },
        "Llama 3": {
            "pre_tokenizer": sequence(split({"Regex": LLAMA3}), raw),
            "model": {"ignore_merges": True},
        },
        "Qwen 2": {
            "normalizer": {"type": "NFC"},
            "pre_tokenizer": sequence(split({"Regex": LLAMA3.replace("{1,3}", "")}), raw),
        },
        "GPT-4o": {"pre_tokenizer": sequence(split({"Regex": GPT4O}, "Removed", True), raw)},
        "space removed": {"pre_tokenizer": sequence(split({"String": " "}, "Removed"), raw)},
        "prefix space": {"pre_tokenizer": byte_level(add_prefix_space=True)},
        "no words": {"pre_tokenizer": raw},
        "NFKC": {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}]}},
        "merges as text": {"model": {"merges": [" ".join(merge) for merge in merges]}},
        "whole words": {
            "model": {"ignore_merges": True, "merges": merges[:300]},
        },
        "bytes missing": {"model": {"vocab": few, "merges": few_merges}, "added_tokens": []},
        "unknown token": {
            "model": {"vocab": few, "merges": few_merges, "unk_token": "a"},
            "added_tokens": [],
        },
        "added tokens": {
            "normalizer": {"type": "NFC"},
            "added_tokens": [
                *specials,
                added("<tool>"),
                added("<mask>", lstrip=True, rstrip=True, special=True),
                added("word", single_word=True),
                added("caf\u00e9", normalized=True),
                added("  "),
                added("<|im_start|><|im_start|>", special=True),
            ],
        },
    }


def write_small(folder: Path) -> None:
    """Writes the small tokenizer and its vectors."""
    base = train()
    (folder / "small-tokenizer.json").write_text(json.dumps(base, ensure_ascii=False) + "\n")
    texts = TEXTS + random_texts(1, 12)
    with (folder / "small-vectors.jsonl").open("w") as file:
        for name, patch in variants(base).items():
            patched = base | patch | {"model": base["model"] | patch.get("model", {})}
            tokenizer = Tokenizer.from_str(json.dumps(patched))
            file.write(json.dumps(vectors(name, tokenizer, patch, texts)) + "\n")


def write_model(tokenizer_json: Path, target: Path) -> None:
    """Writes the vectors of an existing tokenizer."""
    tokenizer = Tokenizer.from_file(str(tokenizer_json))
    texts = TEXTS + random_texts(2, 150)
    target.write_text(json.dumps(vectors("as it is", tokenizer, {}, texts)) + "\n")


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description="Writes reference vectors.")
    commands = parser.add_subparsers(dest="command", required=True)
    small = commands.add_parser("small")
    small.add_argument("folder", type=Path)
    model = commands.add_parser("model")
    model.add_argument("tokenizer", type=Path)
    model.add_argument("target", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "small":
        write_small(arguments.folder)
    else:
        write_model(arguments.tokenizer, arguments.target)


if __name__ == "__main__":
    main()
