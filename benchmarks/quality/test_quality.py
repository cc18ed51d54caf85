"""Tests of the judgement; no engine runs."""

from __future__ import annotations

import math

import pytest

import quality
from quality import Quality

REFERENCE = [{"best": [1, 2], "logprobs": [-1.0, -1.0]}, {"best": [3, 4], "logprobs": [-3.0, -3.0]}]


def test_agreement_and_perplexity_run_over_all_windows() -> None:
    found = quality.judge(
        [{"best": [1, 9], "logprobs": [-1.0, -2.0]}, {"best": [3, 4], "logprobs": [-2.0, -3.0]}],
        REFERENCE,
    )

    assert found.agreement == 0.75
    assert found.perplexity == pytest.approx(math.e**2)


def test_windows_of_other_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        quality.judge([{"best": [1], "logprobs": [0.0]}, REFERENCE[1]], REFERENCE)


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        (Quality(0.90, 10.0), True),
        (Quality(0.95, 10.03), True),
        (Quality(0.95, 9.97), True),
        (Quality(0.8999, 10.0), False),
        (Quality(0.95, 10.031), False),
    ],
)
def test_neither_agreement_nor_perplexity_may_be_worse(ours: Quality, expected: bool) -> None:
    assert quality.holds(ours, Quality(0.90, 10.0)) is expected
