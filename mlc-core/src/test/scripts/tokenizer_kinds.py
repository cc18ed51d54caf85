"""Small tokenizers of every kind, trained on made-up text."""

from __future__ import annotations

import json
import random

from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)

import tokenizer_makers
from tokenizer_texts import WORDS
from tokenizer_variants import REPLACEMENTS, Json, charsmap, template

CLIP = "<begin>|<end>|" + tokenizer_makers.CLIP_WORDS


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
    tokenizer, trainer = tokenizer_makers.clip(CLIP, vocab_size=700)
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
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer, trainer = tokenizer_makers.word_piece(specials, vocab_size=350)
    tokenizer.model.max_input_chars_per_word = 50
    tokenizer.train_from_iterator(WORDS * 3 + ["don ' t stop . ? ! , n't 's"], trainer)
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


BASES = {
    "llama": llama,
    "clip": clip,
    "continuing": continuing,
    "unigram": unigram,
    "word piece": word_piece,
    "word level": word_level,
}
