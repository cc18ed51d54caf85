"""Tokenizers of kinds that no npm package has, trained with the `tokenizers` package."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2] / "mlc-native" / "scripts"))
sys.path.append(str(Path(__file__).resolve().parents[2] / "mlc-core" / "src" / "test" / "scripts"))

import mlc_home

from texts import CODE, ENGLISH, OTHER_LANGUAGES, TextMaker

TEXTS = 6_000
VOCAB_SIZE = 6_000
VERSION = 1


def unigram(byte_fallback: bool) -> Any:
    """Returns an untrained model in the manner of T5 and XLM-R, and its trainer."""
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

    tokenizer = Tokenizer(models.Unigram(byte_fallback=byte_fallback))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    if byte_fallback:
        tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    specials = ["<s>", "</s>", "<unk>", "<mask>"]
    if byte_fallback:
        specials += [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.UnigramTrainer(
        vocab_size=VOCAB_SIZE, special_tokens=specials, unk_token="<unk>", show_progress=False
    )
    return tokenizer, trainer


def word_piece(cased: bool) -> Any:
    """Returns an untrained model in the manner of BERT, and its trainer."""
    import tokenizer_makers

    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return tokenizer_makers.word_piece(specials, VOCAB_SIZE, cased, cleanup=not cased)


def clip() -> Any:
    """Returns an untrained model in the manner of CLIP, and its trainer."""
    import tokenizer_makers

    return tokenizer_makers.clip(tokenizer_makers.CLIP_WORDS, VOCAB_SIZE)


def word_level() -> Any:
    """Returns an untrained model with a token for each word, and its trainer."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=False)]
    )
    trainer = trainers.WordLevelTrainer(
        vocab_size=4_000, special_tokens=["[UNK]"], show_progress=False
    )
    return tokenizer, trainer


def trained(name: str, make: Callable[[], Any]) -> Callable[[], Path]:
    """Returns what trains a tokenizer into `MLC_HOME/tokenizers`, unless it is there."""

    def fetch() -> Path:
        folder = mlc_home.mlc_home() / "tokenizers" / f"trained-{name.replace(' ', '-')}-{VERSION}"
        file = folder / "tokenizer.json"
        if not file.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            texts = TextMaker(VERSION, [])
            tokenizer, trainer = make()
            known = set(" ".join(ENGLISH + OTHER_LANGUAGES + CODE))
            lines = [
                text for text in (texts.make() for _ in range(TEXTS)) if known.issuperset(text)
            ]
            tokenizer.train_from_iterator(lines, trainer)
            partial = folder / "partial.json"
            tokenizer.save(str(partial))
            partial.rename(file)
        return folder

    return fetch
