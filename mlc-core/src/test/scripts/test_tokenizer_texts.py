"""Tests of the texts that tokenizers are compared on."""

from __future__ import annotations

import tokenizer_texts as texts


def test_the_same_seed_gives_the_same_texts() -> None:
    made = texts.random_texts(3, 20, "<m>")
    assert made == texts.random_texts(3, 20, "<m>")
    assert made != texts.random_texts(4, 20, "<m>")
    assert len(made) == 20


def test_the_mark_and_every_plane_occur() -> None:
    text = "".join(texts.random_texts(1, 2000, "<m>"))
    assert "<m>" in text
    for low, high in texts.PLANES:
        assert any(low <= ord(character) < high for character in text), hex(low)


def test_every_text_can_be_written() -> None:
    for text in [*texts.random_texts(1, 2000, ""), *texts.CHARACTERS, *texts.RUNS, *texts.SHORT]:
        assert text.encode("utf-8").decode("utf-8") == text
