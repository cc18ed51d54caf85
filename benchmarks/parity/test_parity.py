"""Tests of the comparison; neither llama.cpp nor the engine runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import parity

REFERENCE = {
    "prompt": "p",
    "prompt_tokens": [1],
    "tokens": [5, 6, 7],
    "margins": [2.0, 0.05, 0.3],
    "runners_up": [8, 9, 10],
}


def test_equal_replies_have_no_difference() -> None:
    assert parity.compare(REFERENCE, [5, 6, 7]) == parity.Comparison("p", 3, True, False)


@pytest.mark.parametrize(
    ("ours", "equal_tokens", "near_tie"),
    [
        ([5, 9, 0], 1, True),
        ([5, 4, 7], 1, False),
        ([5, 6, 10], 2, False),
        ([5], 1, False),
    ],
    ids=["second choice", "other token", "wide margin", "too short"],
)
def test_only_the_second_choice_of_close_logits_is_a_near_tie(
    ours: list[int], equal_tokens: int, near_tie: bool
) -> None:
    found = parity.compare(REFERENCE, ours)

    assert (found.equal_tokens, found.equal, found.near_tie) == (equal_tokens, False, near_tie)


@pytest.mark.parametrize(
    ("differences", "bad", "expected"), [(0, 0, True), (2, 0, True), (3, 0, False), (1, 1, False)]
)
def test_nine_of_ten_must_be_equal_and_the_rest_near_ties(
    differences: int, bad: int, expected: bool
) -> None:
    equal, tie, other = ([5, 6, 7], [5, 9, 7], [4, 6, 7])
    replies = [other] * bad + [tie] * (differences - bad) + [equal] * (20 - differences)

    assert parity.is_parity([parity.compare(REFERENCE, reply) for reply in replies]) is expected


@pytest.mark.parametrize(("reply", "status"), [([5, 6, 7], 0), ([4, 6, 7], 1)])
def test_an_engine_is_run_on_the_references_prompt_tokens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], reply: list[int], status: int
) -> None:
    reference, result = tmp_path / "reference.jsonl", tmp_path / "result.json"
    reference.write_text(json.dumps(REFERENCE), encoding="utf-8")
    engine = tmp_path / "engine.py"
    engine.write_text(
        "import json, sys\n"
        "for line in map(json.loads, sys.stdin):\n"
        "    assert line == {'prompt_tokens': [1], 'max_tokens': 48}\n"
        f"    print(json.dumps({{'tokens': {reply}}}))\n",
        encoding="utf-8",
    )

    command = f"'{sys.executable}' '{engine}'"
    arguments = ["--reference", str(reference), "--engine", command, "--json", str(result)]

    assert parity.main(arguments) == status
    outcome: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    assert outcome["parity"] == (status == 0)
    assert outcome["prompts"][0]["equal_tokens"] == (3 if status == 0 else 0)
    assert ("NO PARITY" in capsys.readouterr().out) == (status == 1)


def test_a_missing_reply_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference, ours = tmp_path / "reference.jsonl", tmp_path / "ours.jsonl"
    reference.write_text(json.dumps(REFERENCE), encoding="utf-8")
    ours.write_text("", encoding="utf-8")

    assert parity.main(["--reference", str(reference), "--ours", str(ours)]) == 1
    assert "expected 1 replies of the engine, found 0" in capsys.readouterr().err
