"""What mlc-chat-config.json says of the tokenizer, found in tokenizer.json."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlc_compiler.errors import ModelFileError

_WORD_START = "\u2581"


@dataclass(frozen=True)
class Vocabulary:
    """Facts of a tokenizer: `size` is the highest id plus one, `added` the added tokens' ids."""

    size: int
    added: Mapping[str, int]
    tokenizer_info: Mapping[str, Any]


def read_vocabulary(tokenizer: Mapping[str, Any]) -> Vocabulary:
    """Reads the object of a tokenizer.json; raises `ModelFileError` for a wrong structure."""
    try:
        entries = tokenizer["model"]["vocab"]
        added = {token["content"]: int(token["id"]) for token in tokenizer["added_tokens"] or ()}
        ids = entries.values() if isinstance(entries, Mapping) else range(len(entries))
        size = max([-1, *map(int, ids), *added.values()]) + 1
        info = _tokenizer_info(tokenizer)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(
            f"tokenizer.json lacks a usable model, vocab or token: {error!r}"
        ) from (error)
    if len(added) != len(tokenizer["added_tokens"] or ()):
        raise ModelFileError("tokenizer.json lists an added token twice; remove one of the entries")
    return Vocabulary(size, added, info)


def _tokenizer_info(tokenizer: Mapping[str, Any]) -> dict[str, Any]:
    """How tokens become text, by the rules of MLC's engine."""
    decoders = _steps(tokenizer.get("decoder"), "decoders")
    normalizers = _steps(tokenizer.get("normalizer"), "normalizers")
    methods = {"ByteLevel": "byte_level", "ByteFallback": "byte_fallback"}
    found = [methods[step["type"]] for step in decoders if step["type"] in methods]
    return {
        "token_postproc_method": found[-1] if found else "byte_fallback",
        "prepend_space_in_encode": any(
            step["type"] == "Prepend" and step.get("prepend") == _WORD_START for step in normalizers
        ),
        "strip_space_in_decode": any(
            step["type"] == "Strip"
            and (step.get("content"), step.get("start"), step.get("stop")) == (" ", 1, 0)
            for step in decoders
        ),
    }


def _steps(step: Mapping[str, Any] | None, members: str) -> list[Mapping[str, Any]]:
    """The step itself, or the members of a sequence."""
    if step is None:
        return []
    return list(step[members]) if step["type"] == "Sequence" else [step]
