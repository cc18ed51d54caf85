"""Tokenizers of kinds that no npm package has, trained with the `tokenizers` package."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[2] / "mlc-native" / "scripts"))

import mlc_home

from texts import CODE, ENGLISH, OTHER_LANGUAGES, TextMaker

TEXTS = 6_000
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
        vocab_size=6_000, special_tokens=specials, unk_token="<unk>", show_progress=False
    )
    return tokenizer, trainer


def word_piece(cased: bool) -> Any:
    """Returns an untrained model in the manner of BERT, and its trainer."""
    from tokenizers import (
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
        trainers,
    )

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=not cased)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(cleanup=not cased)
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(
        vocab_size=6_000, special_tokens=specials, show_progress=False
    )
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer, trainer


def clip() -> Any:
    """Returns an untrained model in the manner of CLIP, and its trainer."""
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

    suffix = "</w>"
    tokenizer = Tokenizer(models.BPE(unk_token="<end>", end_of_word_suffix=suffix))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    words = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(words), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("<end>", 1), ("<begin>", 0))
    trainer = trainers.BpeTrainer(
        vocab_size=6_000,
        special_tokens=["<begin>", "<end>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        end_of_word_suffix=suffix,
        show_progress=False,
    )
    return tokenizer, trainer


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
