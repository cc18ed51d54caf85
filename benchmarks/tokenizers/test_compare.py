"""Tests of the comparison itself; they need neither Java nor a reference."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent))

import compare
from texts import TextMaker
from vocabularies import Encoded


def test_the_same_seed_gives_the_same_texts() -> None:
    """A difference can be found again."""
    first, second = TextMaker(7, ["<s>"]), TextMaker(7, ["<s>"])
    texts = [first.make() for _ in range(500)]
    assert texts == [second.make() for _ in range(500)]
    assert any("<s>" in text for text in texts)
    assert len(set(texts)) > 400


def test_lone_surrogates_become_replacement_characters() -> None:
    """As they do in our tokenizer; a pair is a character."""
    assert compare.well_formed("a\ud800b\ud83d\ude80c\udc00") == "a\ufffdb\U0001f680c\ufffd"


def test_every_kind_of_difference_is_found() -> None:
    """Ids that are equal to those without options are left out of an answer."""
    request = {"text": "a"}
    encoded = Encoded([1], as_text=[2], around=[0, 1])
    same = {"ids": [1], "as_text": [2], "around": [0, 1]}
    assert not list(compare.check(request, encoded, same))
    found = compare.check(request, encoded, {"ids": [1]})
    assert [each.what for each in found] == ["encoding (as_text)", "encoding (around)"]
    assert not list(compare.check(request, Encoded([1]), {"ids": [1]}))
