"""GGUF vocabularies become tokenizers that cut text as the originals do."""

import json

import pytest
from model_files import gguf_metadata
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

from mlc_compiler.errors import ModelFileError
from mlc_compiler.loader.gguf_tokenizer import tokenizer_files

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CORPUS = [
    "The quick brown fox jumps over the lazy dog, doesn't it? I'LL SEE; they've seen.",
    "In 1984 there were 123456 words, 3.14159 numbers and a few more: 007, 2024-01-31.",
    "def area(radius):\n    return 3.14 * radius ** 2\n\n\nprint(area(2))\n",
    "Größe, naïve café, ﬁne, Ⅷ, ½, ٣٤ 日本語のテキスト。 Привет, мир! 🙂👍🏽",
    "   leading,  double and trailing spaces   \n\t tabs\r\nand line ends  ",
] * 3
TEXTS = [
    *CORPUS[:5],
    "",
    " ",
    "don't DON'T I'm it's we'd '' ''s",
    "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
    "x<|im_end|>y <|im_end|> z<|im_e",
    "1 12 123 1234 12345 a1b22c333",
    "e\u0301 \u00e9 \u212b \ufb01",
    "\x00\x01\x7f\u0080\u00a0\u2028\u3000\ufeff",
]

DIGITS = pre_tokenizers.Sequence(
    [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False)]
)
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def split(pattern: str):
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(False, use_regex=False),
        ]
    )


ORIGINALS = {
    "gpt-2": (pre_tokenizers.ByteLevel(False), False),
    "smollm": (DIGITS, False),
    "llama-bpe": (split(LLAMA3), False),
    "qwen2": (split(LLAMA3.replace("{1,3}", "")), True),
}


def train(pre: str) -> Tokenizer:
    """A tokenizer with the pre-tokenizer that models of this kind ship in tokenizer.json."""
    pre_tokenizer, nfc = ORIGINALS[pre]
    tokenizer = Tokenizer(BPE(ignore_merges=pre == "llama-bpe"))
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    if nfc:
        tokenizer.normalizer = normalizers.NFC()
    trainer = BpeTrainer(
        vocab_size=700,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_tokens([AddedToken("<|tool|>", normalized=False)])
    return tokenizer


def as_gguf(tokenizer: Tokenizer, pre: str) -> dict:
    model = json.loads(tokenizer.to_str())["model"]
    tokens = [tokenizer.id_to_token(index) for index in range(tokenizer.get_vocab_size())]
    types = [3 if token in SPECIAL else 4 if token == "<|tool|>" else 1 for token in tokens]
    return gguf_metadata(
        tokenizer__ggml__pre=pre,
        tokenizer__ggml__tokens=[*tokens, "[PAD]"],
        tokenizer__ggml__merges=[" ".join(merge) for merge in model["merges"]],
        tokenizer__ggml__token_type=[*types, 5],
        tokenizer__chat_template="{{ messages }}",
    )


@pytest.mark.parametrize("pre", ORIGINALS)
def test_converted_tokenizer_equals_the_original(pre):
    original = train(pre)
    files = tokenizer_files(as_gguf(original, pre), "test.gguf")
    converted = Tokenizer.from_str(files["tokenizer.json"].decode())

    assert converted.get_vocab() == original.get_vocab()
    for text in [*TEXTS, *(f"{a}{b}" for a in TEXTS for b in TEXTS)]:
        expected = original.encode(text, add_special_tokens=False).ids
        assert converted.encode(text, add_special_tokens=False).ids == expected, repr(text)
        decoded = converted.decode(expected, skip_special_tokens=False)
        assert decoded == original.decode(expected, skip_special_tokens=False)


def test_control_tokens_are_special_and_user_defined_ones_are_not():
    files = tokenizer_files(as_gguf(train("smollm"), "smollm"), "test.gguf")
    added = json.loads(files["tokenizer.json"])["added_tokens"]
    flags = {token["content"]: token["special"] for token in added}
    assert flags == {**dict.fromkeys(SPECIAL, True), "<|tool|>": False}


def test_tokenizer_config_names_the_special_tokens():
    files = tokenizer_files(as_gguf(train("smollm"), "smollm"), "test.gguf")
    config = json.loads(files["tokenizer_config.json"])
    assert config["bos_token"] == "<|im_start|>"
    assert config["eos_token"] == "<|im_end|>"
    assert config["chat_template"] == "{{ messages }}"
    assert config["add_bos_token"] is False


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tokenizer__ggml__model": "llama"}, "model 'llama'; only 'gpt2'"),
        ({"tokenizer__ggml__pre": "viking"}, "pre-tokenizer 'viking'; known are gpt-2, smollm"),
        ({"tokenizer__ggml__pre": None}, "pre-tokenizer None"),
        ({"tokenizer__ggml__tokens": None}, "tokens must be an array of strings"),
        ({"tokenizer__ggml__tokens": [1, 2]}, "tokens must be an array of strings"),
        ({"tokenizer__ggml__tokens": ["a"]}, "token_type must have 1 entries"),
        ({"tokenizer__ggml__merges": ["ab"]}, "merge 'ab' is not two tokens"),
        ({"tokenizer__ggml__merges": ["a zz"]}, "merge 'a zz' is not two tokens"),
        ({"tokenizer__ggml__eos_token_id": 260}, "eos_token_id is 260, not a token's id"),
    ],
)
def test_malformed_vocabularies_are_refused(changes, message):
    with pytest.raises(ModelFileError, match=message):
        tokenizer_files(gguf_metadata(**changes), "test.gguf")
