"""Renders conversations with every registered template, for the Java tests to compare with.

Usage: conversation_vectors.py TEMPLATES.json OUT.json

Written from MLC's documented rules, apart from the Java code. TEMPLATES.json maps a name to a
template in MLC's JSON, where a missing field has its default. OUT.json has the conversations and,
by template and conversation, the expected prompt, or null where the template lacks a role.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

Message = tuple[str, str | None]

CONVERSATIONS: dict[str, list[Message]] = {
    "question": [("user", "Hi")],
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
}


def without_reasoning(messages: list[Message]) -> list[Message]:
    """Returns the messages with thoughts cut from answers that precede the last question."""
    last_question = max((i for i, (role, _) in enumerate(messages) if role == "user"), default=-1)
    kept: list[Message] = []
    for i, (role, content) in enumerate(messages):
        if role == "assistant" and content is not None and i < last_question:
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
        parts.append(fill(around, role + "_message", content))
        parts.append(template["seps"][-1 if role == "assistant" else 0])

    before, mark, after = "".join(parts).rpartition("{function_string}")
    functions = template.get("function_string", "") if mark else ""
    return fill(before + functions + after, "function_string", "")


def main(templates: Path, out: Path) -> None:
    """Writes the expected prompts of all templates."""
    registered = json.loads(templates.read_text(encoding="utf-8"))
    prompts = {
        name: {title: render(template, talk) for title, talk in CONVERSATIONS.items()}
        for name, template in registered.items()
    }
    vectors = {"conversations": CONVERSATIONS, "prompts": prompts}
    out.write_text(json.dumps(vectors, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
