"""Tests of how the reference prompts are rendered."""

from __future__ import annotations

import json
from pathlib import Path

from conversation_vectors import fill, main, prompts, render, without_reasoning

SOURCES = Path(__file__).resolve().parents[2]
RESOURCES = Path("resources", "org", "mlcengine", "conversation")

TEMPLATE = {
    "system_template": "<s>{system_message}</s>",
    "system_message": "Be kind.",
    "roles": {"user": "U", "assistant": "A"},
    "role_content_sep": ": ",
    "role_empty_sep": ":",
    "seps": ["|", "#"],
}


def test_turns_have_their_role_and_their_end() -> None:
    talk = [("user", "Hi"), ("assistant", "Hello"), ("user", "Why?")]
    assert render(TEMPLATE, talk) == "<s>Be kind.</s>U: Hi|A: Hello#U: Why?|A:"


def test_a_system_message_replaces_that_of_the_template() -> None:
    assert render(TEMPLATE, [("system", "Be brief."), ("user", "Hi")]) == "<s>Be brief.</s>U: Hi|A:"


def test_a_role_that_is_missing_has_no_prompt() -> None:
    assert render(TEMPLATE, [("tool", "4")]) is None


def test_the_parts_of_a_message_are_one_text() -> None:
    assert render(TEMPLATE, [("user", ["a", "b"])]) == "<s>Be kind.</s>U: ab|A:"


def test_functions_stand_where_they_are_named_last() -> None:
    template = TEMPLATE | {"function_string": "[f]"}
    talk = [("user", "{function_string} or {function_string}")]
    assert render(template, talk) == "<s>Be kind.</s>U:  or [f]|A:"


def test_thoughts_before_the_last_question_are_cut() -> None:
    answer = "<think>\nhm</think>\n\nyes"
    talk = [("user", "a"), ("assistant", answer), ("user", "b"), ("assistant", answer)]
    assert [text for _, text in without_reasoning(talk)] == ["a", "yes", "b", answer]


def test_a_value_is_not_filled_in_again() -> None:
    assert fill("{a}{b}{a}", "a", "{a}") == "{a}{b}{a}"


def test_every_conversation_has_a_prompt_or_none() -> None:
    made = prompts(TEMPLATE)
    assert made["question"] == "<s>Be kind.</s>U: Hi|A:"
    assert made["tool"] is None


def test_the_vectors_of_the_java_tests_are_those_that_are_made(tmp_path: Path) -> None:
    made = tmp_path / "vectors.json"
    main(made, sorted((SOURCES / "main" / RESOURCES).glob("*conv_templates.json")))
    kept = SOURCES / "test" / RESOURCES / "vectors.json"
    assert json.loads(made.read_text("utf-8")) == json.loads(kept.read_text("utf-8"))
