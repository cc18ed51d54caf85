"""Tests of the conversations: a template can only be compared on what makes sense."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conversations import CONVERSATIONS

ALL = pytest.mark.parametrize("variables", CONVERSATIONS.values(), ids=list(CONVERSATIONS))


@ALL
def test_a_conversation_reaches_the_engine_as_it_is(variables: dict[str, Any]) -> None:
    """The engine gets it as a line of JSON."""
    line = json.dumps({**variables, "add_generation_prompt": True})
    assert "\n" not in line
    assert json.loads(line) == {**variables, "add_generation_prompt": True}


@ALL
def test_a_result_is_of_a_call_before_it(variables: dict[str, Any]) -> None:
    """Some templates refuse other results, and would then be compared by their refusal alone."""
    called: dict[str, str] = {}
    for message in variables["messages"]:
        for asked in message.get("tool_calls", []):
            assert asked["id"] not in called
            called[asked["id"]] = asked["function"]["name"]
        if message["role"] == "tool":
            assert called.pop(message["tool_call_id"]) == message["name"]


@ALL
def test_a_call_is_of_an_offered_tool(variables: dict[str, Any]) -> None:
    """Only where the conversation offers any."""
    offered = {tool["function"]["name"] for tool in variables.get("tools") or []}
    for message in variables["messages"]:
        for asked in message.get("tool_calls", []) if offered else []:
            assert asked["function"]["name"] in offered
