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
import struct
from pathlib import Path
from typing import Any

from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

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
CLIP = r"<begin>|<end>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
REPLACEMENTS = {
    "ﬁ": "fi",
    "Ａ": "A",
    "e\u0301": "é",
    "\u1e9b\u0323": "ṩ",
    "\u00a0": " ",
    "\u3000": " ",
    "\t": " ",
    "\n": " ",
    "\r": "",
    "²": "2",
    "½": "1⁄2",
    "…": "...",
}
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


def llama() -> Json:
    """Returns a BPE over characters with byte fallback; the tokens of bytes come first."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    words = [f"▁{word}" for word in WORDS]
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<unk>", "<s>", "</s>"], show_progress=False
    )
    tokenizer.train_from_iterator(words * 3, trainer)
    json_form = json.loads(tokenizer.to_str())
    vocab = json_form["model"]["vocab"]
    merges = json_form["model"]["merges"]
    rare = {"橋", "ï", "ß", "🚀"} & {*vocab} - {part for merge in merges for part in merge}
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    tokens += [token for token in vocab if token not in {*tokens} | rare]
    json_form["model"]["vocab"] = {token: i for i, token in enumerate(tokens)}
    json_form["post_processor"] = template("<s>", None)
    return json_form


def clip() -> Json:
    """Returns a BPE whose tokens say where a word ends."""
    tokenizer = Tokenizer(models.BPE(unk_token="<end>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CLIP), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("<end>", 1), ("<begin>", 0))
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=["<begin>", "<end>"],
        initial_alphabet=alphabet,
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(WORDS * 3, trainer)
    return json.loads(tokenizer.to_str())


def continuing() -> Json:
    """Returns a BPE whose tokens say where a word goes on."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", continuing_subword_prefix="##"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<unk>"],
        continuing_subword_prefix="##",
        show_progress=False,
    )
    tokenizer.train_from_iterator(WORDS * 3, trainer)
    return json.loads(tokenizer.to_str())


def unigram() -> Json:
    """Returns a unigram model."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Precompiled(charsmap(REPLACEMENTS)),
            normalizers.Strip(left=False, right=True),
            normalizers.Replace(Regex(" {2,}"), "▁"),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=200,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        unk_token="<unk>",
        show_progress=False,
    )
    tokenizer.train_from_iterator([" ".join(WORDS[i : i + 6]) for i in range(0, 80, 3)], trainer)
    json_form = json.loads(tokenizer.to_str())
    json_form["post_processor"] = template("<s>", "</s>")
    return json_form


def word_piece() -> Json:
    """Returns a WordPiece model."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=50))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=350, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"], show_progress=False
    )
    tokenizer.train_from_iterator(WORDS * 3 + ["don ' t stop . ? ! , n't 's"], trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return json.loads(tokenizer.to_str())


def word_level() -> Json:
    """Returns a model with one token for each word."""
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.WordLevelTrainer(
        vocab_size=150, special_tokens=["<unk>", "<pad>", "|"], show_progress=False
    )
    tokenizer.train_from_iterator(WORDS * 3, trainer)
    return json.loads(tokenizer.to_str())


def template(first: str, last: str | None) -> Json:
    """Returns a post-processor that puts the tokens with the ids 0 to 2 around a text."""
    ids = {"<s>": 1 if last is None else 0, "</s>": 2}
    pieces: list[Json] = [{"SpecialToken": {"id": first, "type_id": 0}}]
    pieces.append({"Sequence": {"id": "A", "type_id": 0}})
    if last is not None:
        pieces.append({"SpecialToken": {"id": last, "type_id": 0}})
    return {
        "type": "TemplateProcessing",
        "single": pieces,
        "pair": [*pieces, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {
            name: {"id": name, "ids": [number], "tokens": [name]} for name, number in ids.items()
        },
    }


def charsmap(replacements: dict[str, str]) -> bytes:
    """Returns SentencePiece's form of replacements: a double-array trie, and their texts."""
    texts = bytearray()
    root: dict[int, Any] = {}
    for key, replacement in replacements.items():
        node = root
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[0] = len(texts)
        texts += replacement.encode() + b"\0"
    units: dict[int, int] = {}
    taken = {0}
    waiting = [(0, 0, root)]
    while waiting:
        place, label, node = waiting.pop(0)
        base = 1
        while any(base ^ child in taken for child in node):
            base += 1
        taken |= {base ^ child for child in node}
        units[place] = (place ^ base) << 10 | (0 in node) << 8 | label
        for child, value in node.items():
            if child == 0:
                units[base] = 1 << 31 | value
            else:
                waiting.append((base ^ child, child, value))
    array = [units.get(place, 0) for place in range(max(units) + 257)]
    return struct.pack(f"<I{len(array)}I", 4 * len(array), *array) + bytes(texts)


def metaspace(scheme: str, **options: bool) -> Json:
    """Returns a Metaspace pre-tokenizer or decoder."""
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme} | options


def chain(kind: str, *members: Json) -> Json:
    """Returns a sequence of normalizers or decoders."""
    return {"type": "Sequence", kind: list(members)}


def model_variants(base: str, json_form: Json) -> dict[str, Json]:
    """Returns the patches of a base that are tested, by name."""
    spaces = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    shown = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
    fallback, fuse = {"type": "ByteFallback"}, {"type": "Fuse"}
    strip = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
    vocab = json_form["model"]["vocab"]
    if base == "llama":
        few = {token: i for i, token in enumerate(t for t in vocab if t != "<0xE2>")}
        return {
            "gemma": {
                "normalizer": spaces,
                "pre_tokenizer": split({"String": " "}, "MergedWithPrevious"),
                "decoder": chain("decoders", shown, fallback, fuse),
            },
            "first": {"normalizer": None, "pre_tokenizer": metaspace("first", split=False)},
            "always": {
                "normalizer": None,
                "pre_tokenizer": metaspace("always"),
                "decoder": chain("decoders", metaspace("always"), fallback),
            },
            "byte missing": {"model": {"vocab": few}},
            "unknown apart": {"model": {"byte_fallback": False, "fuse_unk": False}},
            "unknown fused": {"model": {"byte_fallback": False}},
            "whole words": {"model": {"ignore_merges": True}},
            "strip at both ends": {
                "decoder": chain("decoders", shown, fuse, {**strip, "start": 2, "stop": 0}, strip)
            },
            "replace behind fuse": {"decoder": chain("decoders", fallback, fuse, shown, strip)},
            "added tokens": {
                "added_tokens": [
                    *json_form["added_tokens"],
                    added("river", normalized=True),
                    added("<x>", normalized=True, special=True, lstrip=True),
                    added("▁", normalized=False, rstrip=True),
                ]
            },
        }
    if base == "clip":
        return {
            "suffix": {"decoder": {"type": "BPEDecoder", "suffix": "</w>"}},
            "bytes as text": {
                "normalizer": {"type": "ByteLevel"},
                "pre_tokenizer": None,
            },
        }
    if base == "unigram":
        return {
            "never": {
                "pre_tokenizer": metaspace("never"),
                "decoder": metaspace("never"),
                "normalizer": {"type": "Nmt"},
            },
            "no pieces": {"normalizer": spaces, "pre_tokenizer": None},
            "by words": {
                "pre_tokenizer": sequence({"type": "WhitespaceSplit"}, metaspace("always"))
            },
            "bytes": {
                "model": {
                    "byte_fallback": True,
                    "vocab": [*vocab, *([f"<0x{b:02X}>", -20.0] for b in range(256))],
                },
                "decoder": chain("decoders", fallback, metaspace("always")),
            },
        }
    if base == "word piece":
        bert = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True}
        return {
            "cased": {"normalizer": bert | {"strip_accents": None, "lowercase": False}},
            "accents kept": {
                "normalizer": bert | {"strip_accents": False, "lowercase": True},
                "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": False},
            },
            "NFD": {
                "normalizer": chain(
                    "normalizers", {"type": "NFD"}, {"type": "Lowercase"}, {"type": "StripAccents"}
                )
            },
            "NFKD": {"normalizer": {"type": "NFKD"}},
        }
    if base == "word level":
        isolated = split({"Regex": "[0-9]+|o"}, "Isolated")
        return {
            "CTC": {
                "decoder": {
                    "type": "CTC",
                    "pad_token": "<pad>",
                    "word_delimiter_token": "|",
                    "cleanup": True,
                }
            },
            **{
                f"punctuation {behavior}": {
                    "pre_tokenizer": sequence(
                        {"type": "Punctuation", "behavior": behavior}, {"type": "Whitespace"}
                    )
                }
                for behavior in ("Isolated", "Removed", "Contiguous")
            },
            "scripts": {"pre_tokenizer": {"type": "UnicodeScripts"}},
            "delimiter": {"pre_tokenizer": {"type": "CharDelimiterSplit", "delimiter": "e"}},
            "isolated": {"pre_tokenizer": isolated},
        }
    return {}


def splits() -> dict[str, Json]:
    """Returns patches of the llama base that cut text in every way."""
    patterns = [{"Regex": r"\s+|[aeo]"}, {"String": "er"}, {"Regex": "x*"}]
    behaviors = ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")
    found = {
        f"split {i} {behavior} {invert}": split(pattern, behavior, invert)
        for i, pattern in enumerate(patterns)
        for behavior in behaviors
        for invert in (False, True)
    }
    found |= {
        f"punctuation {behavior}": {"type": "Punctuation", "behavior": behavior}
        for behavior in behaviors
    }
    found["fixed length"] = {"type": "FixedLength", "length": 3}
    found["digits"] = {"type": "Digits", "individual_digits": True}
    return {name: {"normalizer": None, "pre_tokenizer": value} for name, value in found.items()}


BASES = {
    "llama": llama,
    "clip": clip,
    "continuing": continuing,
    "unigram": unigram,
    "word piece": word_piece,
    "word level": word_level,
}


def patched(base: Json, patch: Json) -> Tokenizer:
    """Returns a tokenizer with some members replaced, those of "model" one by one."""
    return Tokenizer.from_str(
        json.dumps(base | patch | {"model": base["model"] | patch.get("model", {})})
    )


def write_small(folder: Path) -> None:
    """Writes the small tokenizer and its vectors."""
    base = train()
    (folder / "small-tokenizer.json").write_text(json.dumps(base, ensure_ascii=False) + "\n")
    texts = TEXTS + random_texts(1, 12)
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
                texts = [text for text in TEXTS if len(text) < 90] + random_texts(3, 4)
                tokenizer = patched(base, patch)
                line = vectors(f"{name}, {variant}", tokenizer, patch, texts, around=True)
                file.write(json.dumps({"base": name} | line) + "\n")
    with (folder / "splits-vectors.jsonl").open("w") as file:
        for variant, patch in splits().items():
            texts = ["", "  Every river, er!  ", "a--b ?! 12 xx3 45", "o", "-", "über 橋. .x"]
            texts += random_texts(4, 2)
            line = vectors(variant, patched(bases["llama"], patch), patch, texts, ids=4)
            file.write(json.dumps({"base": "llama"} | line) + "\n")


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
