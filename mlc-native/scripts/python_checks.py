"""Runs ruff and pytest over folders, in the compiler's environment.

    python_checks.py FOLDER...

The folders are relative to mlc-native. Each is linted, checked for its format, and tested.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
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
    """Runs every tool over every folder; StepFailed names those that found something."""
    python = environment.make_environment(testing=True)
    failed = [
        f"{tool[0]} ({folder})"
        for folder in folders
        for tool in TOOLS
        if subprocess.run(
            [str(python), "-m", *tool, "."], cwd=MODULE / folder, check=False
        ).returncode
    ]
    if failed:
        raise StepFailed(f"these checks failed: {', '.join(failed)}")


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
