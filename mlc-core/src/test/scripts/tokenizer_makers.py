"""Untrained tokenizers in the manner of published ones, and what trains them."""

from __future__ import annotations

from collections.abc import Sequence

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

CLIP_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
CLIP_SUFFIX = "</w>"


def clip(words: str, vocab_size: int) -> tuple[Tokenizer, trainers.BpeTrainer]:
    """Returns a BPE whose tokens say where a word ends, for words that a pattern finds."""
    tokenizer = Tokenizer(models.BPE(unk_token="<end>", end_of_word_suffix=CLIP_SUFFIX))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(words), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("<end>", 1), ("<begin>", 0))
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=["<begin>", "<end>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        end_of_word_suffix=CLIP_SUFFIX,
        show_progress=False,
    )
    return tokenizer, trainer


def word_piece(
    specials: Sequence[str], vocab_size: int, cased: bool = False, cleanup: bool = True
) -> tuple[Tokenizer, trainers.WordPieceTrainer]:
    """Returns a model like BERT's; the specials begin with [PAD], [UNK], [CLS] and [SEP]."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=not cased)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(cleanup=cleanup)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size, special_tokens=list(specials), show_progress=False
    )
    return tokenizer, trainer
