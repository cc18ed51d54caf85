"""Byte-level BPE vocabularies in GGUF metadata as Hugging Face tokenizer files."""

import json
from collections.abc import Mapping
from typing import Any

from mlc_compiler.errors import ModelFileError

_CONTROL, _USER_DEFINED, _UNUSED = 3, 4, 5

_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_WORD_AND_REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_LLAMA3_PATTERN = rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}|{_WORD_AND_REST}"
_QWEN2_PATTERN = rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}|{_WORD_AND_REST}"


def _byte_level(use_regex: bool) -> dict[str, Any]:
    return {
        "type": "ByteLevel",
        "add_prefix_space": False,
        "trim_offsets": True,
        "use_regex": use_regex,
    }


def _sequence(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Sequence", "pretokenizers": list(steps)}


def _split(pattern: str) -> dict[str, Any]:
    split = {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": "Isolated",
        "invert": False,
    }
    return _sequence(split, _byte_level(use_regex=False))


_GPT2 = _byte_level(use_regex=True)
_DIGITS = _sequence({"type": "Digits", "individual_digits": True}, _byte_level(use_regex=True))
_PRE_TOKENIZERS = {
    "gpt-2": _GPT2,
    "smollm": _DIGITS,
    "starcoder": _DIGITS,
    "refact": _DIGITS,
    "command-r": _DIGITS,
    "llama-bpe": _split(_LLAMA3_PATTERN),
    "llama3": _split(_LLAMA3_PATTERN),
    "llama-v3": _split(_LLAMA3_PATTERN),
    "qwen2": _split(_QWEN2_PATTERN),
    "deepseek-r1-qwen": _split(_QWEN2_PATTERN),
}
"""Pre-tokenizers by `tokenizer.ggml.pre`, as the models' own tokenizer.json files have them."""
_IGNORES_MERGES = ("llama-bpe", "llama3", "llama-v3")
_NFC_NORMALIZED = ("qwen2", "deepseek-r1-qwen")


def tokenizer_files(metadata: Mapping[str, Any], origin: str) -> dict[str, bytes]:
    """`tokenizer.json` and `tokenizer_config.json`; `origin` names the file in errors."""
    vocabulary = _Vocabulary(metadata, origin)
    files = {
        "tokenizer.json": vocabulary.tokenizer_json(),
        "tokenizer_config.json": vocabulary.tokenizer_config(),
    }
    return {
        name: json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
        for name, value in files.items()
    }


class _Vocabulary:
    def __init__(self, metadata: Mapping[str, Any], origin: str) -> None:
        self._metadata = metadata
        self._origin = origin
        model = metadata.get("tokenizer.ggml.model")
        if model != "gpt2":
            raise ModelFileError(
                f"{origin} has a tokenizer of model {model!r}; only 'gpt2' (byte-level BPE) can "
                "be converted: convert from the model's Hugging Face folder"
            )
        self._pre = metadata.get("tokenizer.ggml.pre")
        if self._pre not in _PRE_TOKENIZERS:
            raise ModelFileError(
                f"{origin} has a tokenizer with pre-tokenizer {self._pre!r}; known are "
                f"{', '.join(_PRE_TOKENIZERS)}: convert from the model's Hugging Face folder"
            )
        self._tokens = self._strings("tokens")
        self._merges = self._strings("merges")
        self._types = metadata.get("tokenizer.ggml.token_type") or [1] * len(self._tokens)
        if not isinstance(self._types, list) or len(self._types) != len(self._tokens):
            raise self._malformed(f"token_type must have {len(self._tokens)} entries")
        if len(set(self._tokens)) != len(self._tokens):
            raise self._malformed("tokens has an entry twice")

    def tokenizer_json(self) -> dict[str, Any]:
        vocab = {
            token: index
            for index, token in enumerate(self._tokens)
            if self._types[index] != _UNUSED
        }
        self._check_merges(vocab)
        normalizer = {"type": "NFC"} if self._pre in _NFC_NORMALIZED else None
        return {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": self._added_tokens(),
            "normalizer": normalizer,
            "pre_tokenizer": _PRE_TOKENIZERS[self._pre],
            "post_processor": None,
            "decoder": _byte_level(use_regex=True),
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": None,
                "end_of_word_suffix": None,
                "fuse_unk": False,
                "byte_fallback": False,
                "ignore_merges": self._pre in _IGNORES_MERGES,
                "vocab": vocab,
                "merges": self._merges,
            },
        }

    def tokenizer_config(self) -> dict[str, Any]:
        config: dict[str, Any] = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "clean_up_tokenization_spaces": False,
            "add_bos_token": bool(self._metadata.get("tokenizer.ggml.add_bos_token", False)),
            "add_prefix_space": False,
        }
        for name, key in (("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding")):
            index = self._metadata.get(f"tokenizer.ggml.{key}_token_id")
            if index is None:
                continue
            if not isinstance(index, int) or not 0 <= index < len(self._tokens):
                raise self._malformed(f"{key}_token_id is {index!r}, not a token's id")
            config[f"{name}_token"] = self._tokens[index]
        chat_template = self._metadata.get("tokenizer.chat_template")
        if isinstance(chat_template, str):
            config["chat_template"] = chat_template
        return config

    def _added_tokens(self) -> list[dict[str, Any]]:
        return [
            {
                "id": index,
                "content": token,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": self._types[index] == _CONTROL,
            }
            for index, token in enumerate(self._tokens)
            if self._types[index] in (_CONTROL, _USER_DEFINED)
        ]

    def _check_merges(self, vocab: Mapping[str, int]) -> None:
        for merge in self._merges:
            left, separator, right = merge.partition(" ")
            if not separator or not {left, right, left + right} <= vocab.keys():
                raise self._malformed(f"merge {merge!r} is not two tokens that form a third")

    def _strings(self, key: str) -> list[str]:
        value = self._metadata.get(f"tokenizer.ggml.{key}")
        if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
            raise self._malformed(f"{key} must be an array of strings")
        return value

    def _malformed(self, what: str) -> ModelFileError:
        return ModelFileError(f"{self._origin} has a malformed tokenizer: tokenizer.ggml.{what}")
