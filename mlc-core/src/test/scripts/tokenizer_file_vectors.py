"""Writes the reference vectors of tokenizers that are not in a tokenizer.json.

    tokenizer_file_vectors.py KIND FOLDER

KIND is sentencepiece, tiktoken, rwkv or byte-level; FOLDER is the one of that name in
../resources/org/mlcengine/tokenizer, and its folder files for byte-level. Small tokenizers are made
of made-up text, and FOLDER/vectors.jsonl says what the reference package of the kind
(`sentencepiece`, `tiktoken`, `rwkv`, `tokenizers` of PyPI) makes of texts with them. A line is an
object:

    name    what the tokenizer shows
    file    the tokenizer's file in Base64, or an object of such files by name
    encode  [text, ids] pairs
    decode  [ids, text] pairs
"""

from __future__ import annotations

import argparse
import base64
import io
import itertools
import json
import random
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tokenizer_texts import CHARACTERS, CONTRACTIONS, RUNS, SHORT, WORDS, random_texts
from tokenizer_variants import LLAMA3, Json

MARK = "\u2581"
TEXTS = [
    *SHORT,
    "  leading and  inner  and trailing   ",
    CONTRACTIONS,
    "naïve café e\u0301 o\u0308 \u1e9b\u0323 Straße İ ı ﬁ ｱｲｳ ＡＢＣ ① ½",
    *CHARACTERS,
    "\u2581 \u2581\u2581river\u2581 \u2047 <unk> <s></s> <0x41> <pad>",
    *RUNS,
    "<sep>the<sep>  <sep> river <tool>x<tool ><cls>a b<b>",
    "river rivers riverriver bridgebridges ab abc abcd",
    "<|im_start|>user\nthe river<|im_end|>\n<|im_start|>assistant<|endoftext|>\n",
    "x   \n   y\n\n  z\t\t \r\n",
]


def lines() -> list[str]:
    """Returns the text that tokenizers are trained on."""
    rnd = random.Random(20261124)
    return [" ".join(rnd.choices(WORDS, k=12)) for _ in range(1500)]


def vectors(
    name: str,
    file: str | dict[str, str],
    encode: Callable[[str], list[int]],
    decode: Callable[[list[int]], str],
    ids: Iterable[int],
    texts: list[str],
) -> Json:
    """Returns one line of a vector file: the texts encoded, and random ids decoded."""
    rnd = random.Random(name)
    known = list(ids)
    some = [
        rnd.choices(known if rnd.random() < 0.5 else known[:280], k=length)
        for length in range(1, 31)
    ]
    return {
        "name": name,
        "file": file,
        "encode": [[text, encode(text)] for text in texts],
        "decode": [[chosen, decode(chosen)] for chosen in some],
    }


def text_of(content: bytes) -> str:
    """Returns bytes in Base64."""
    return base64.b64encode(content).decode("ascii")


def write(folder: Path, all_vectors: Iterable[Json]) -> None:
    """Writes vectors.jsonl."""
    with (folder / "vectors.jsonl").open("w") as file:
        for line in all_vectors:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


RULES = """\
FF21\t41
FF22\t42
FB01\t66 69
BD\t31 2044 32
E9\t65
65 301\t65
DF\t73 73
2581\t20
3000\t20
9\t20
A\t20
A0\t20
200B\t
"""
SPACE_ONLY = "9\t20\nA\t20\n"
DENORMALIZATION = "72 69 76\t52 49 56\n65 72 73\t45\n20 20\t5F\n"

SENTENCEPIECE: dict[str, Json] = {
    "unigram": {},
    "unigram with byte fallback": {"byte_fallback": True, "vocab_size": 420},
    "unigram with symbols": {
        "user_defined_symbols": ["<sep>", "<tool>", "a b", "ab", "abc", "\u2581\u2581"],
        "control_symbols": ["<cls>", "x"],
        "normalization_rule_tsv": RULES,
    },
    "unigram without normalization": {
        "add_dummy_prefix": False,
        "remove_extra_whitespaces": False,
        "allow_whitespace_only_pieces": True,
    },
    "unigram with spaces behind words": {"treat_whitespace_as_suffix": True},
    "unigram with unused pieces": {"unused": range(20, 300, 3)},
    "unigram with equal scores": {"scores": True, "byte_fallback": True, "vocab_size": 420},
    "unigram that leaves spaces": {"escape": False, "normalization_rule_tsv": SPACE_ONLY},
    "BPE": {"model_type": "bpe"},
    "BPE as Llama": {
        "model_type": "bpe",
        "byte_fallback": True,
        "vocab_size": 500,
        "remove_extra_whitespaces": False,
        "allow_whitespace_only_pieces": True,
        "split_digits": True,
    },
    "BPE with symbols": {
        "model_type": "bpe",
        "user_defined_symbols": ["<sep>", "<tool>", "a b", "ab", "abc", "\u2581\u2581"],
        "control_symbols": ["<cls>", "x"],
        "normalization_rule_tsv": RULES,
        "byte_fallback": True,
        "vocab_size": 500,
    },
    "BPE with spaces behind words": {
        "model_type": "bpe",
        "treat_whitespace_as_suffix": True,
        "remove_extra_whitespaces": False,
    },
    "BPE with unused pieces": {"model_type": "bpe", "unused": range(20, 300, 3)},
    "BPE with equal scores": {"model_type": "bpe", "scores": True},
    "BPE without a dummy prefix": {
        "model_type": "bpe",
        "add_dummy_prefix": False,
        "unk_surface": "(?)",
    },
    "word": {"model_type": "word", "byte_fallback": False},
    "char": {"model_type": "char", "user_defined_symbols": ["<sep>", "ver"]},
    "denormalization": {
        "denormalization_rule_tsv": DENORMALIZATION,
        "remove_extra_whitespaces": False,
        "byte_fallback": True,
        "vocab_size": 420,
    },
}


def train_sentencepiece(options: Json) -> bytes:
    """Returns a model of SentencePiece."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    chosen = {
        "vocab_size": 300,
        "normalization_rule_name": "identity",
        "hard_vocab_limit": False,
        "minloglevel": 2,
        "num_threads": 1,
    } | {k: v for k, v in options.items() if k not in ("unused", "scores", "escape")}
    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        for rules in ("normalization_rule_tsv", "denormalization_rule_tsv"):
            if rules in chosen:
                path = Path(folder) / rules
                path.write_text(chosen[rules])
                chosen[rules] = str(path)
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines()), model_writer=model, **chosen
        )
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    kinds = sentencepiece_model_pb2.ModelProto.SentencePiece
    for i in options.get("unused", ()):
        if i < len(proto.pieces) and proto.pieces[i].type == kinds.NORMAL:
            proto.pieces[i].type = kinds.UNUSED
    for i, piece in enumerate(proto.pieces):
        if options.get("scores") and piece.type == kinds.NORMAL:
            piece.score = -(i % 3)
    if not options.get("escape", True):
        proto.normalizer_spec.escape_whitespaces = False
        for piece in proto.pieces:
            piece.piece = piece.piece.replace("\u2581", " ")
    for spec in (proto.normalizer_spec, proto.denormalizer_spec):
        spec.ClearField("normalization_rule_tsv")
    return proto.SerializeToString()


def sentencepiece_vectors() -> Iterable[Json]:
    """Returns the vectors of models of every option."""
    import sentencepiece

    texts = TEXTS + random_texts(3, 18, MARK)
    for name, options in SENTENCEPIECE.items():
        content = train_sentencepiece(options)
        model = sentencepiece.SentencePieceProcessor(model_proto=content)

        def decode(ids: list[int], model: Any = model) -> str:
            return model.decode(ids)

        # A control piece that the text spells is an error of the reference.
        fine = [text for text in texts if "x" not in text or "symbols" not in name]
        ids = range(model.get_piece_size())
        yield vectors(name, text_of(content), model.encode, decode, ids, fine)


def rwkv_vocabulary() -> list[bytes]:
    """Returns tokens: all bytes, words, and what takes the greedy search astray."""
    tokens = [bytes([b]) for b in range(256)]
    tokens += [word.encode() for word in sorted(set(WORDS)) if len(word.encode()) > 1]
    tokens += [f" {word}".encode() for word in WORDS[:40]]
    tokens += [b"\r\n", b"\n\n", b"  ", b"    ", b"' \"", b"'\"'", b"\\x41", b"\xe6\x97"]
    tokens += [
        b"abc",
        b"abcdef",
        b"\xf0\x9f",
        "日本語のテ".encode(),
        "a\u200b".encode(),
        b"\xff\xfe",
    ]
    return list(dict.fromkeys(tokens))


def rwkv_vectors() -> Iterable[Json]:
    """Returns the vectors of a vocabulary in each form of its file."""
    import msgpack
    from rwkv.rwkv_tokenizer import TRIE_TOKENIZER

    tokens = dict(enumerate(rwkv_vocabulary(), start=1))
    tokens[max(tokens) + 3] = b"behind a gap"
    lines = []
    readable: Json = {}
    for i, token in tokens.items():
        try:
            literal: str | bytes = token.decode()
        except UnicodeDecodeError:
            literal = token
        lines.append(f"{i} {literal!r} {len(token)}\n")
        readable[str(i)] = literal if isinstance(literal, str) else list(literal)
    files = {
        "tokenizer_model": msgpack.packb(tokens),
        "rwkv_vocab_v20230424.txt": "".join(lines).encode(),
        "rwkv_vocab_v20230424.json": json.dumps(readable).encode(),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vocabulary.txt"
        path.write_text("".join(lines), encoding="utf-8")
        model = TRIE_TOKENIZER(str(path))

    def decode(ids: list[int]) -> str:
        return model.decodeBytes(ids).decode("utf-8", "replace")

    def encode(text: str) -> list[int]:
        return model.encode(text) if text else []

    texts = [*TEXTS, *random_texts(4, 20, MARK), "abcde abcdef abcabcd", "'\" '\"'' \\x41 \\\\"]
    for name, content in files.items():
        yield vectors(name, {name: text_of(content)}, encode, decode, tokens, texts)


def train_ranks(count: int) -> dict[bytes, int]:
    """Returns ranks: the bytes, and what a byte pair encoding of the made-up text merges."""
    words = [list(f" {word}".encode()) for word in WORDS for _ in range(3)]
    tokens = {bytes([b]): b for b in range(256)}
    parts = [[bytes([b]) for b in word] for word in words]
    while len(tokens) < count:
        pairs: dict[bytes, int] = {}
        for word in parts:
            for left, right in itertools.pairwise(word):
                pairs[left + right] = pairs.get(left + right, 0) + 1
        best = min((pair for pair in pairs if pair not in tokens), key=lambda p: (-pairs[p], p))
        tokens[best] = len(tokens)
        for word in parts:
            i = 0
            while i + 1 < len(word):
                if word[i] + word[i + 1] == best:
                    word[i : i + 2] = [best]
                i += 1
    return tokens


def tiktoken_vectors() -> Iterable[Json]:
    """Returns the vectors of small ranks with the pattern of every published encoding."""
    import tiktoken
    import tiktoken_ext.openai_public as published

    # The published ranks stay where they are: only patterns and special tokens are wanted.
    published.load_tiktoken_bpe = lambda *_, **__: {}
    ranks = train_ranks(420)
    lines = b"".join(
        base64.b64encode(token) + f" {rank}\n".encode() for token, rank in ranks.items()
    )
    specials = {"<|endoftext|>": 500, "<|im_start|>": 501, "<|im_end|>": 510}
    config = {
        "added_tokens_decoder": {
            str(i): {"content": token, "special": True} for token, i in specials.items()
        }
    }
    qwen = LLAMA3.replace("{1,3}", "")
    kinds = {
        "r50k_base": ("r50k_base.tiktoken", published.r50k_base()["pat_str"], {}),
        "cl100k_base": ("cl100k_base.tiktoken", published.cl100k_base()["pat_str"], {}),
        "o200k_base": ("o200k_base.tiktoken", published.o200k_base()["pat_str"], {}),
        "QWen": ("some.tiktoken", qwen, {"tokenizer_class": "QWenTokenizer"}),
        "Llama 3": ("tokenizer.model", LLAMA3, {"tokenizer_class": "ChatGLM4Tokenizer"}),
    }
    texts = [*TEXTS, *random_texts(5, 20, MARK), "<|im_end|><|im_start|> <|im_", "<|endoftext|><|"]
    for name, (file, pattern, more) in kinds.items():
        model = tiktoken.Encoding(
            name=name, pat_str=pattern, mergeable_ranks=ranks, special_tokens=specials
        )
        files = {
            file: text_of(lines),
            "tokenizer_config.json": text_of(json.dumps(config | more).encode()),
        }

        def encode(text: str, model: Any = model) -> list[int]:
            return model.encode(text, allowed_special="all")

        def decode(ids: list[int], model: Any = model) -> str:
            return model.decode(ids, errors="replace")

        ids = [*ranks.values(), *specials.values()]
        yield vectors(name, files, encode, decode, ids, texts)


def byte_level_vectors() -> Iterable[Json]:
    """Returns the vectors of merges.txt, vocab.json and their companions."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    trained.train_from_iterator(lines(), trainer)
    model = json.loads(trained.to_str())["model"]
    added = {"<|im_start|>": 500, "<|im_end|>": 501, "<tool>": 502}
    merges = "#version: 0.2\n" + "".join(" ".join(merge) + "\n" for merge in model["merges"])
    files = {
        "vocab.json": json.dumps(model["vocab"]).encode(),
        "merges.txt": merges.encode(),
        "added_tokens.json": json.dumps(added).encode(),
    }
    kinds: dict[str, tuple[bool, Json]] = {
        "merges.txt": (False, {}),
        "merges.txt with a prefix space": (
            True,
            {"tokenizer_config.json": json.dumps({"add_prefix_space": True}).encode()},
        ),
    }
    for name, (prefix, more) in kinds.items():
        tokenizer = Tokenizer(models.BPE(model["vocab"], [tuple(m) for m in model["merges"]]))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.add_special_tokens(
            [AddedToken(token, normalized=False) for token in ["<|endoftext|>", *added]]
        )

        def encode(text: str, tokenizer: Any = tokenizer) -> list[int]:
            return tokenizer.encode(text, add_special_tokens=False).ids

        def decode(ids: list[int], tokenizer: Any = tokenizer) -> str:
            return tokenizer.decode(ids, skip_special_tokens=False)

        content = {file: text_of(data) for file, data in (files | more).items()}
        texts = [*TEXTS, *random_texts(6, 20, MARK)]
        yield vectors(name, content, encode, decode, range(tokenizer.get_vocab_size()), texts)


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description="Writes reference vectors.")
    commands = parser.add_subparsers(dest="command", required=True)
    kinds = {
        "sentencepiece": sentencepiece_vectors,
        "tiktoken": tiktoken_vectors,
        "rwkv": rwkv_vectors,
        "byte-level": byte_level_vectors,
    }
    for name in kinds:
        command = commands.add_parser(name)
        command.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    write(arguments.folder, kinds[arguments.command]())


if __name__ == "__main__":
    main()
