"""Runs ruff and pytest over Python, and clang-format over C, in the compiler's environment.

    python_checks.py FOLDER...

The folders are relative to mlc-native. Python is linted, checked for its format, and tested; C is
checked for its format.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import environment
import mlc_home
from mlc_home import StepFailed

MODULE = Path(__file__).resolve().parents[1]
TOOLS = (
    ("ruff", "check", "--quiet"),
    ("ruff", "format", "--check", "--quiet"),
    ("pytest", "-q", "-p", "no:cacheprovider"),
)


def check(folders: Sequence[str]) -> None:
    """Runs every tool that suits a folder over it; StepFailed names those that found something."""
    python = environment.make_environment(testing=True)
    failed = [
        f"{name} ({folder})"
        for folder in folders
        for name, command in commands(python, MODULE / folder)
        if subprocess.run(command, cwd=MODULE / folder, check=False).returncode
    ]
    if failed:
        raise StepFailed(f"these checks failed: {', '.join(failed)}")


def commands(python: Path, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """The checks of a folder's Python and C files: a name and a command for each."""
    if any(folder.rglob("*.py")):
        for tool in TOOLS:
            yield tool[0], [str(python), "-m", *tool, "."]
    sources = sorted(str(f.relative_to(folder)) for f in folder.rglob("*.[ch]"))
    if sources:
        formatter = python.with_name(f"clang-format{python.suffix}")
        yield "clang-format", [str(formatter), "--dry-run", "-Werror", *sources]


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    folders = parser.parse_args(arguments).folders
    return mlc_home.run_step(lambda: check(folders))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
