"""Parts of a tokenizer.json, and the variants of tokenizers that they make."""

from __future__ import annotations

import struct
from typing import Any

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
        "bytes missing": {
            "model": {"vocab": few, "merges": few_merges},
            "added_tokens": [],
        },
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
    bases: set[int] = set()
    waiting = [(0, 0, root)]
    while waiting:
        place, label, node = waiting.pop(0)
        base = 1
        # Of two nodes with one base, each would have the children of the other.
        while base in bases or any(base ^ child in taken for child in node):
            base += 1
        bases.add(base)
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
            "first": {
                "normalizer": None,
                "pre_tokenizer": metaspace("first", split=False),
            },
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
        bert = {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
        }
        return {
            "cased": {"normalizer": bert | {"strip_accents": None, "lowercase": False}},
            "accents kept": {
                "normalizer": bert | {"strip_accents": False, "lowercase": True},
                "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": False},
            },
            "NFD": {
                "normalizer": chain(
                    "normalizers",
                    {"type": "NFD"},
                    {"type": "Lowercase"},
                    {"type": "StripAccents"},
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
                        {"type": "Punctuation", "behavior": behavior},
                        {"type": "Whitespace"},
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
    behaviors = (
        "Removed",
        "Isolated",
        "MergedWithPrevious",
        "MergedWithNext",
        "Contiguous",
    )
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
