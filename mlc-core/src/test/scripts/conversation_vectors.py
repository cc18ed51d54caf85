"""Renders conversations with every registered template, for the Java tests to compare with.

Usage: conversation_vectors.py OUT.json TEMPLATES.json...

Written from MLC's documented rules, apart from the Java code. TEMPLATES.json maps a name to a
template in MLC's JSON, where a missing field has its default. OUT.json has the conversations and,
by template and conversation, the expected prompt, or null where the template lacks a role. The
conversation "functions" is rendered with FUNCTIONS in the place of {function_string}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Content = str | list[str] | None
Message = tuple[str, Content]

CONVERSATIONS: dict[str, list[Message]] = {
    "question": [("user", "Hi")],
    "turns": [("user", "Hi"), ("assistant", "Hello"), ("user", "Why?"), ("user", "Go on")],
    "own system": [
        ("system", "Be brief."),
        ("user", "Häs 日本 \U0001f600\n?"),
        ("assistant", "<think>\nhm</think>\n\nYes</think>\nno"),
        ("user", "Why {function_string}?"),
    ],
    "no system": [("system", ""), ("user", "{user_message} {system_message}"), ("assistant", "")],
    "tool": [
        ("user", "a"),
        ("assistant", "<think>b</think>c"),
        ("tool", "{tool_message}4 $1 \\n"),
        ("assistant", "<think>d</think>e"),
    ],
    "assistant first": [("assistant", "{function_string}x</think>"), ("user", "{function_string}")],
    "parts": [("user", ["one ", "{user_message}"]), ("assistant", "<think>"), ("user", [""])],
    "functions": [("user", "Use {function_string} or {function_string}."), ("assistant", "f()")],
}
FUNCTIONS = json.dumps([{"description": "Ä", "name": "f", "parameters": {"type": "object"}}])


def without_reasoning(messages: list[Message]) -> list[Message]:
    """Returns the messages with thoughts cut from answers that precede the last question."""
    last_question = max((i for i, (role, _) in enumerate(messages) if role == "user"), default=-1)
    kept: list[Message] = []
    for i, (role, content) in enumerate(messages):
        if role == "assistant" and isinstance(content, str) and i < last_question:
            _, mark, rest = content.rpartition("</think>")
            content = rest.lstrip("\n") if mark else content
        kept.append((role, content))
    return kept


def fill(template: str, placeholder: str, value: str) -> str:
    """Returns the template with every occurrence of the placeholder replaced."""
    return value.join(template.split("{" + placeholder + "}"))


def render(template: dict[str, Any], conversation: list[Message]) -> str | None:
    """Returns the prompt's text, or None if the template lacks one of the roles."""
    history = list(conversation)
    system = template.get("system_message", "")
    if history[0][0] == "system":
        system = history.pop(0)[1] or ""
    history = [(role, text) for role, text in template.get("messages", [])] + history
    history.append(("assistant", None))
    if any(role not in template["roles"] for role, _ in history):
        return None
    if template.get("strip_reasoning_in_history", False):
        history = without_reasoning(history)

    head = fill(template.get("system_template", "{system_message}"), "system_message", system)
    parts = [head]
    for i, (role, content) in enumerate(history):
        name = template["roles"][role]
        if content is None:
            parts.append(name + template.get("role_empty_sep", ""))
            continue
        if i > 0 or head == "" or template.get("add_role_after_system_message", True):
            parts.append(name + template.get("role_content_sep", ""))
        around = template.get("role_templates", {}).get(role, "{" + role + "_message}")
        for text in [content] if isinstance(content, str) else content:
            parts.append(fill(around, role + "_message", text))
        parts.append(template["seps"][-1 if role == "assistant" else 0])

    before, mark, after = "".join(parts).rpartition("{function_string}")
    functions = template.get("function_string", "") if mark else ""
    return fill(before + functions + after, "function_string", "")


def prompts(template: dict[str, Any]) -> dict[str, str | None]:
    """Returns the prompt of each conversation."""
    with_functions = {**template, "function_string": FUNCTIONS}
    return {
        title: render(with_functions if title == "functions" else template, talk)
        for title, talk in CONVERSATIONS.items()
    }


def main(out: Path, files: Sequence[Path]) -> None:
    """Writes the expected prompts of all templates."""
    registered: dict[str, dict[str, Any]] = {}
    for file in files:
        registered |= json.loads(file.read_text(encoding="utf-8"))
    vectors = {
        "conversations": CONVERSATIONS,
        "functions": FUNCTIONS,
        "prompts": {name: prompts(template) for name, template in registered.items()},
    }
    out.write_text(json.dumps(vectors, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
