"""The conversations with which templates are compared, as variables of the template."""

from __future__ import annotations

from typing import Any


def user(content: Any) -> dict[str, Any]:
    """A message of the user."""
    return {"role": "user", "content": content}


def assistant(content: Any, **more: Any) -> dict[str, Any]:
    """A message of the assistant."""
    return {"role": "assistant", "content": content, **more}


def call(identifier: str, name: str, arguments: Any) -> dict[str, Any]:
    """A call that an assistant's message asks for."""
    return {
        "id": identifier,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


def result(identifier: str, name: str, content: Any) -> dict[str, Any]:
    """The answer to a call."""
    return {"role": "tool", "tool_call_id": identifier, "name": name, "content": content}


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Gets the weather of a city, e.g. 'Zürich' & <others>.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "The city's name"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
                "days": {
                    "type": ["integer", "null"],
                    "minimum": 1,
                    "maximum": 18446744073709551615,
                },
                "at": {
                    "type": "object",
                    "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}},
                    "required": ["lat"],
                },
                "tags": {"type": "array", "items": {"type": "string"}},
                "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            },
            "required": ["city"],
        },
        "return": {"type": "object", "properties": {"t": {"type": "number"}}},
    },
}
TIME = {
    "type": "function",
    "function": {
        "name": "get_time",
        "description": "Tells the time.",
        "parameters": {"type": "object", "properties": {}},
    },
}
ARGUMENTS = {"city": "Zürich", "days": 3, "exact": True, "at": {"lat": 47.37, "lon": 8.5e-05}}
SYSTEM = {"role": "system", "content": "Be brief.\nAnd kind."}
TURNS = [user("Hi there"), assistant("Hello! How can I help?"), user("  Tell me a joke. \n")]
CALLS = [
    user("Weather in Zürich?"),
    assistant("", tool_calls=[call("abcdefgh1", "get_weather", ARGUMENTS)]),
    result("abcdefgh1", "get_weather", '{"t": 21.5, "sky": "clear"}'),
]
TWO_CALLS = [
    user("Weather and time?"),
    assistant(
        None,
        tool_calls=[
            call("abcdefgh1", "get_weather", ARGUMENTS),
            call("abcdefgh2", "get_time", {}),
        ],
    ),
    result("abcdefgh1", "get_weather", "rain"),
    result("abcdefgh2", "get_time", "12:30"),
    assistant("It rains; it is half past twelve."),
    user("Thanks"),
]
THOUGHTS = [
    user("2+2?"),
    assistant("<think>\nEasy: 4.\n</think>\n\n4"),
    user("Sure?"),
    assistant("Yes.", reasoning_content="Checked it.", thinking="Checked it."),
    user("Really?"),
]
PARTS = [
    user([{"type": "text", "text": "First."}, {"type": "text", "text": " Second."}]),
    assistant([{"type": "text", "text": "Both seen."}]),
    user("Good"),
]

CONVERSATIONS: dict[str, dict[str, Any]] = {
    "one question": {"messages": [user("Hello?")]},
    "system": {"messages": [SYSTEM, user("Hello?")]},
    "empty system": {"messages": [{"role": "system", "content": ""}, user("Hello?")]},
    "developer": {"messages": [{"role": "developer", "content": "Obey."}, user("Hello?")]},
    "turns": {"messages": TURNS},
    "system and turns": {"messages": [SYSTEM, *TURNS]},
    "ends with an answer": {"messages": [SYSTEM, *TURNS, assistant("Knock knock.")]},
    "begins with an answer": {"messages": [assistant("Welcome"), user("Hi")]},
    "two questions": {"messages": [user("One"), user("Two")]},
    "nothing": {"messages": []},
    "empty texts": {"messages": [user(""), assistant(""), user("")]},
    "characters": {
        "messages": [
            user("日本 \U0001f600 'q' \"d\" <b>&amp;</b> {{ x }} {% y %} \\n\t\u2028é\x07")
        ]
    },
    "tools": {"messages": [user("Weather?")], "tools": [WEATHER, TIME]},
    "tools and system": {"messages": [SYSTEM, user("Weather?")], "tools": [WEATHER]},
    "no tools": {"messages": [SYSTEM, user("Weather?")], "tools": None},
    "empty tools": {"messages": [user("Weather?")], "tools": []},
    "call": {"messages": CALLS, "tools": [WEATHER, TIME]},
    "call and system": {"messages": [SYSTEM, *CALLS], "tools": [WEATHER]},
    "call without tools": {"messages": CALLS},
    "call with text": {
        "messages": [
            user("Time?"),
            assistant("Let me see.", tool_calls=[call("abcdefgh3", "get_time", {})]),
            result("abcdefgh3", "get_time", "noon"),
        ],
        "tools": [TIME],
    },
    "call as JSON text": {
        "messages": [
            user("Weather?"),
            assistant("", tool_calls=[call("abcdefgh1", "get_weather", '{"city": "Bern"}')]),
            result("abcdefgh1", "get_weather", "sun"),
        ],
        "tools": [WEATHER],
    },
    "two calls": {"messages": TWO_CALLS, "tools": [WEATHER, TIME]},
    "two calls and system": {"messages": [SYSTEM, *TWO_CALLS], "tools": [WEATHER, TIME]},
    "open call": {"messages": TWO_CALLS[:2], "tools": [WEATHER, TIME]},
    "result as a dict": {
        "messages": [*CALLS[:2], result("abcdefgh1", "get_weather", {"t": 1.0, "ok": None})],
        "tools": [WEATHER],
    },
    "thoughts": {"messages": THOUGHTS},
    "thoughts on": {"messages": THOUGHTS, "enable_thinking": True, "thinking": True},
    "thoughts off": {"messages": THOUGHTS, "enable_thinking": False, "thinking": False},
    "effort": {"messages": [SYSTEM, *THOUGHTS], "reasoning_effort": "high"},
    "thoughts and calls": {
        "messages": [
            user("Weather?"),
            assistant(
                "",
                reasoning_content="I should call.",
                thinking="I should call.",
                tool_calls=[call("abcdefgh1", "get_weather", ARGUMENTS)],
            ),
            result("abcdefgh1", "get_weather", "sun"),
        ],
        "tools": [WEATHER],
    },
    "parts": {"messages": PARTS},
    "parts and system": {"messages": [SYSTEM, *PARTS]},
    "image": {"messages": [user([{"type": "image"}, {"type": "text", "text": "What is it?"}])]},
    "unknown role": {"messages": [{"role": "narrator", "content": "Once"}, user("Go on")]},
    "no content": {"messages": [user("Hi"), {"role": "assistant"}, user("Hm")]},
    "documents": {
        "messages": [user("Who?")],
        "documents": [{"title": "T", "text": "A text.", "doc_id": 1}],
    },
    "date": {"messages": [user("When?")], "date_string": "26 Jul 2026", "today": "2026-07-26"},
}
